/** `current_schema()` as the name that it gives: where a query runs, nobody knows the session's schema. */
import { isTreeNode, listOf, mapNodes, textOf } from './tree-node.js'
import type { SyntaxTree } from './syntax-tree.js'

/** Whether a text may ask for the schema. */
export const asksForSchema = (sql: string): boolean => /\bcurrent_schema\b/i.test(sql)

export function withSchemaName(tree: SyntaxTree, schema: string): SyntaxTree {
  const root = mapNodes(tree.root, (node) => {
    const isCall = node['class'] === 'FUNCTION' && listOf(node, 'children').length === 0
    if (!isCall || textOf(node, 'function_name').toLowerCase() !== 'current_schema') return node
    return {
      class: 'CONSTANT',
      type: 'VALUE_CONSTANT',
      alias: textOf(node, 'alias'),
      query_location: node['query_location'] ?? null,
      value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: schema },
    }
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}
