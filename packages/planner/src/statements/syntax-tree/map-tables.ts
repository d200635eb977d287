/** Walks a syntax tree with the names its WITH clauses define, and maps each reference to a table. */
import type { DuckdbJson } from '../../duckdb-json.js'
import { isTreeNode, listOf, mapElements, mapFields, textOf, type TreeNode } from './tree-node.js'

/** Names of the WITH queries that can be seen, in lower case. */
export type CteScope = ReadonlySet<string>

export type MapTable = (node: TreeNode, scope: CteScope) => TreeNode

/**
 * Maps every `BASE_TABLE` that is no WITH query, and every `TABLE_FUNCTION`, wherever it stands:
 * joins, subqueries, expressions, pivots. Gives the value itself when nothing changes.
 */
export function mapTables(value: DuckdbJson, map: MapTable, scope: CteScope = new Set()): DuckdbJson {
  if (Array.isArray(value)) {
    return mapElements(value, (element) => mapTables(element, map, scope))
  }
  if (!isTreeNode(value)) return value
  if (isTreeNode(value['cte_map'])) return mapQueryNode(value, value['cte_map'], map, scope)
  const isReference = value['type'] === 'BASE_TABLE' || value['type'] === 'TABLE_FUNCTION'
  const inner = mapFields(value, (field) => mapTables(field, map, scope))
  return isReference && !isCteReference(value, scope) ? map(inner, scope) : inner
}

/** A WITH query sees the ones before it, not itself; the body sees all of them. */
function mapQueryNode(
  node: TreeNode,
  cteMap: TreeNode,
  map: MapTable,
  outer: CteScope,
): TreeNode {
  let scope = outer
  const entries = mapElements(listOf(cteMap, 'map'), (entry) => {
    if (!isTreeNode(entry)) return entry
    const mapped = mapFields(entry, (field) => mapTables(field, map, scope))
    scope = new Set([...scope, textOf(entry, 'key').toLowerCase()])
    return mapped
  })
  const isRecursive = node['type'] === 'RECURSIVE_CTE_NODE'
  const name = textOf(node, 'cte_name').toLowerCase()
  const body: Record<string, DuckdbJson> = {}
  for (const [field, value] of Object.entries(node)) {
    // Only the repeated side of a recursive query sees the rows found so far.
    const seen = isRecursive && field === 'right' ? new Set([...scope, name]) : scope
    body[field] = field === 'cte_map' ? value : mapTables(value, map, seen)
  }
  if (entries !== cteMap['map']) body['cte_map'] = { ...cteMap, map: entries }
  const isChanged = Object.keys(body).some((field) => body[field] !== node[field])
  return isChanged ? body : node
}

/** `recurring.r` names all rows that the recursive query `r` has found. */
function isCteReference(node: TreeNode, scope: CteScope): boolean {
  if (node['type'] !== 'BASE_TABLE' || textOf(node, 'catalog_name') !== '') return false
  const schema = textOf(node, 'schema_name').toLowerCase()
  if (schema !== '' && schema !== 'recurring') return false
  return scope.has(textOf(node, 'table_name').toLowerCase())
}
