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

/** Applies a function to every value below a node; gives the node itself when nothing changes. */
export function mapFields(node: TreeNode, map: (value: DuckdbJson) => DuckdbJson): TreeNode {
  let changed: Record<string, DuckdbJson> | undefined
  for (const [field, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null) continue
    const mapped = map(value)
    if (mapped === value) continue
    changed ??= { ...node }
    changed[field] = mapped
  }
  return changed ?? node
}

/** Like `mapFields`, for the elements of a list. */
export function mapElements(
  list: readonly DuckdbJson[],
  map: (value: DuckdbJson) => DuckdbJson,
): readonly DuckdbJson[] {
  let changed: DuckdbJson[] | undefined
  list.forEach((value, index) => {
    const mapped = map(value)
    if (mapped === value) return
    changed ??= [...list]
    changed[index] = mapped
  })
  return changed ?? list
}

/** Maps every object of a tree, the inner ones first. */
export function mapNodes(value: DuckdbJson, map: (node: TreeNode) => TreeNode): DuckdbJson {
  if (Array.isArray(value)) return mapElements(value, (element) => mapNodes(element, map))
  if (!isTreeNode(value)) return value
  return map(mapFields(value, (field) => mapNodes(field, map)))
}

/** Calls `visit` for every object of a tree, the outer ones first. */
export function visitNodes(value: DuckdbJson, visit: (node: TreeNode) => void): void {
  if (Array.isArray(value)) {
    for (const element of value) visitNodes(element, visit)
  } else if (isTreeNode(value)) {
    visit(value)
    for (const field of Object.values(value)) {
      if (typeof field === 'object' && field !== null) visitNodes(field, visit)
    }
  }
}
