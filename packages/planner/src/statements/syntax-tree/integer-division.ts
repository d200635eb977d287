/**
 * `/` between integers as `//`. DuckDB's parser decides by the setting `integer_division` which of the two a
 * division is; a serialized tree is parsed without settings, so that what was meant is written into it.
 */
import type { SyntaxTree } from './syntax-tree.js'
import { isTreeNode, mapNodes, textOf } from './tree-node.js'

export function withIntegerDivision(tree: SyntaxTree): SyntaxTree {
  const root = mapNodes(tree.root, (node) => {
    const isOperator = node['type'] === 'FUNCTION' && node['is_operator'] === true
    return isOperator && textOf(node, 'function_name') === '/' ? { ...node, function_name: '//' } : node
  })
  return isTreeNode(root) ? { ...tree, root } : tree
}
