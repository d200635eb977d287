/** Objects of a serialized syntax tree, and how their fields are read. */
import { isLongNumber, type DuckdbJson } from '../../duckdb-json.js'

/** One object of the tree: a query node, table reference, expression, or a part of one. */
export interface TreeNode {
  readonly [key: string]: DuckdbJson
}

export function isTreeNode(value: DuckdbJson | undefined): value is TreeNode {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !isLongNumber(value)
  )
}

/** The text of a field; empty when it is absent or no text. */
export function textOf(node: TreeNode, field: string): string {
  const value = node[field]
  return typeof value === 'string' ? value : ''
}

export function listOf(node: TreeNode, field: string): readonly DuckdbJson[] {
  const value = node[field]
  return Array.isArray(value) ? value : []
}

/** Byte offset in the text DuckDB parsed; undefined for nodes that stand nowhere in it. */
export function byteOffsetOf(node: TreeNode): number | undefined {
  const location = node['query_location']
  return typeof location === 'number' ? location : undefined
}

/** What replaces the fields or elements of a value that a map changed. */
export function withFields(node: TreeNode, changed: ReadonlyMap<string, DuckdbJson>): TreeNode {
  return changed.size === 0 ? node : { ...node, ...Object.fromEntries(changed) }
}

/** Gets a node whose inner nodes are mapped, and the node as it was. */
export type MapNode = (node: TreeNode, original: TreeNode) => TreeNode

/**
 * Maps every object of a tree, the inner ones first; gives the value itself when nothing changes.
 * One stack frame a level: trees are as deep as DuckDB lets expressions be.
 */
export function mapNodes(value: DuckdbJson, map: MapNode): DuckdbJson {
  if (Array.isArray(value)) {
    let changed: DuckdbJson[] | undefined
    for (let index = 0; index < value.length; index += 1) {
      const element = value[index] as DuckdbJson
      const mapped = mapNodes(element, map)
      if (mapped !== element) (changed ??= [...(value as readonly DuckdbJson[])])[index] = mapped
    }
    return changed ?? value
  }
  if (!isTreeNode(value)) return value
  let changed: Map<string, DuckdbJson> | undefined
  for (const field in value) {
    const inner = value[field] as DuckdbJson
    if (typeof inner !== 'object' || inner === null) continue
    const mapped = mapNodes(inner, map)
    if (mapped !== inner) (changed ??= new Map()).set(field, mapped)
  }
  return map(changed ? withFields(value, changed) : value, value)
}

/** Calls `visit` for every object of a tree, the outer ones first. */
export function visitNodes(value: DuckdbJson, visit: (node: TreeNode) => void): void {
  if (Array.isArray(value)) {
    for (const element of value as readonly DuckdbJson[]) visitNodes(element, visit)
  } else if (isTreeNode(value)) {
    visit(value)
    for (const field in value) {
      const inner = value[field] as DuckdbJson
      if (typeof inner === 'object' && inner !== null) visitNodes(inner, visit)
    }
  }
}
