/** What a query's columns are called, where its text and the names of its tables' columns tell it for sure. */
import type { DuckdbJson } from '../../duckdb-json.js'
import type { SyntaxTree } from './syntax-tree.js'
import { isTreeNode, listOf, textOf, visitNodes, type TreeNode } from './tree-node.js'

/**
 * The names of all columns, or `undefined` where they hang on more: on what `*` stands for, on a text that DuckDB
 * makes, on a function of rows. `tableColumns` are those of all tables that the query names. A name without alias is
 * written as the table, or the inner alias, that it comes from: it is told where there is one way to write it.
 */
export function outputNames(tree: SyntaxTree, tableColumns: Iterable<string>): readonly string[] | undefined {
  const select = selectOf(tree)
  if (select === undefined) return undefined
  const names = listOf(select, 'select_list').map((column) => (isTreeNode(column) ? nameOf(column) : undefined))
  const references = new Map<string, string>()
  for (const name of names) {
    if (name === undefined) return undefined
    if (name.isAlias) continue
    const known = references.get(name.text.toLowerCase())
    if (known !== undefined && known !== name.text) return undefined
    references.set(name.text.toLowerCase(), name.text)
  }
  if (!areWrittenOneWay(tree, references, tableColumns)) return undefined
  return names.flatMap((name) => name?.text ?? [])
}

/** The one SELECT that the query is. */
function selectOf({ root }: SyntaxTree): TreeNode | undefined {
  const [statement, ...others] = listOf(root, 'statements')
  if (others.length > 0 || !isTreeNode(statement) || !isTreeNode(statement['node'])) return undefined
  const { node } = statement
  return node['type'] === 'SELECT_NODE' && !makesNames(node) ? node : undefined
}

/** Functions of rows call their columns as they like, and `unnest` of a struct those of the struct's fields. */
function makesNames(select: TreeNode): boolean {
  let makes = false
  visitNodes(select, (node) => {
    if (node['type'] === 'TABLE_FUNCTION' || node['type'] === 'PIVOT' || node['type'] === 'SHOW_REF') makes = true
    if (/^(unnest|unlist)$/i.test(textOf(node, 'function_name'))) makes = true
  })
  for (const column of listOf(select, 'select_list')) {
    visitNodes(column, (node) => {
      if (node['class'] === 'STAR') makes = true
    })
  }
  return makes
}

function nameOf(column: TreeNode): { readonly text: string; readonly isAlias: boolean } | undefined {
  const alias = textOf(column, 'alias')
  if (alias !== '') return { text: alias, isAlias: true }
  if (column['class'] !== 'COLUMN_REF') return undefined
  const text = listOf(column, 'column_names').at(-1)
  return typeof text === 'string' ? { text, isAlias: false } : undefined
}

/** Whether each name is found elsewhere, and nowhere in capitals where it has none. */
function areWrittenOneWay(
  tree: SyntaxTree,
  references: ReadonlyMap<string, string>,
  tableColumns: Iterable<string>,
): boolean {
  if (references.size === 0) return true
  const found = new Set<string>()
  let differs = false
  const look = (value: DuckdbJson | undefined): void => {
    if (typeof value !== 'string') return
    const reference = references.get(value.toLowerCase())
    if (reference !== undefined && reference !== value) differs = true
  }
  for (const column of tableColumns) {
    look(column)
    found.add(column)
  }
  visitNodes(tree.root, (node) => {
    for (const field in node) {
      const value = node[field]
      if (Array.isArray(value)) for (const element of value as readonly DuckdbJson[]) look(element)
      else look(value)
    }
    const alias = textOf(node, 'alias')
    if (alias !== '') found.add(alias)
  })
  return !differs && [...references.values()].every((name) => found.has(name))
}
