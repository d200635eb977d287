/** Whether a serialized text is exactly one SELECT. */
import { isTreeNode, listOf, type TreeNode } from './tree-node.js'

/** DuckDB serializes SELECT only, so that one statement with a query node is one SELECT. */
export function isSingleSelect(root: TreeNode): boolean {
  const [only, ...others] = listOf(root, 'statements')
  return others.length === 0 && isTreeNode(only) && isTreeNode(only['node'])
}
