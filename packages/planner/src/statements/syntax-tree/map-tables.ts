/** Walks a syntax tree with the names its WITH clauses define, and maps each table reference. */
import type { DuckdbJson } from '../../duckdb-json.js'
import { isTreeNode, listOf, textOf, withFields, type TreeNode } from './tree-node.js'

/** Names of the WITH queries that can be seen, in lower case. */
export type CteScope = ReadonlySet<string>

export type MapTable = (node: TreeNode, scope: CteScope) => TreeNode

/**
 * Maps every `BASE_TABLE` that is no WITH query, and every `TABLE_FUNCTION`, wherever it stands:
 * joins, subqueries, expressions, pivots. Gives the value itself when nothing changes.
 */
export function mapTables(
  value: DuckdbJson,
  map: MapTable,
  scope: CteScope = new Set(),
): DuckdbJson {
  if (Array.isArray(value)) {
    let changed: DuckdbJson[] | undefined
    for (let index = 0; index < value.length; index += 1) {
      const element = value[index] as DuckdbJson
      const mapped = mapTables(element, map, scope)
      if (mapped !== element) (changed ??= [...(value as readonly DuckdbJson[])])[index] = mapped
    }
    return changed ?? value
  }
  if (!isTreeNode(value)) return value
  const changed = new Map<string, DuckdbJson>()
  let inner = scope
  if (isTreeNode(value['cte_map'])) {
    const [cteMap, seen] = mapCtes(value['cte_map'], map, scope)
    if (cteMap !== value['cte_map']) changed.set('cte_map', cteMap)
    inner = seen
  }
  for (const field in value) {
    const part = value[field] as DuckdbJson
    if (typeof part !== 'object' || part === null || field === 'cte_map') continue
    const mapped = mapTables(part, map, scopeOfField(value, field, inner))
    if (mapped !== part) changed.set(field, mapped)
  }
  const mapped = withFields(value, changed)
  const isReference = value['type'] === 'BASE_TABLE' || value['type'] === 'TABLE_FUNCTION'
  return isReference && !isCteReference(value, scope) ? map(mapped, scope) : mapped
}

/** A WITH query sees the ones before it, not itself; what follows sees all of them. */
function mapCtes(cteMap: TreeNode, map: MapTable, outer: CteScope): [TreeNode, CteScope] {
  const entries = listOf(cteMap, 'map')
  if (entries.length === 0) return [cteMap, outer]
  const seen = new Set(outer)
  const mapped = entries.map((entry) => {
    const result = mapTables(entry, map, new Set(seen))
    if (isTreeNode(entry)) seen.add(textOf(entry, 'key').toLowerCase())
    return result
  })
  const isChanged = mapped.some((entry, index) => entry !== entries[index])
  return [isChanged ? { ...cteMap, map: mapped } : cteMap, seen]
}

/** Only the repeated side of a recursive query sees the rows found so far. */
function scopeOfField(node: TreeNode, field: string, scope: CteScope): CteScope {
  if (node['type'] !== 'RECURSIVE_CTE_NODE' || field !== 'right') return scope
  return new Set([...scope, textOf(node, 'cte_name').toLowerCase()])
}

/** `recurring.r` names all rows that the recursive query `r` has found. */
function isCteReference(node: TreeNode, scope: CteScope): boolean {
  if (node['type'] !== 'BASE_TABLE' || textOf(node, 'catalog_name') !== '') return false
  const schema = textOf(node, 'schema_name').toLowerCase()
  if (schema !== '' && schema !== 'recurring') return false
  return scope.has(textOf(node, 'table_name').toLowerCase())
}
