/** The fields that calls of `struct_update` write: DuckDB's plan has their values without sure names. */
import { updateFunction } from '@arbalest/plan'
import type { SyntaxTree } from './syntax-tree.js'
import { isTreeNode, listOf, textOf, visitNodes } from './tree-node.js'

/** The names of each call, those of equal calls once. */
export function updatedFields({ root }: SyntaxTree): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>()
  visitNodes(root, (node) => {
    if (node['class'] !== 'FUNCTION' || textOf(node, 'function_name').toLowerCase() !== updateFunction) return
    const names = listOf(node, 'children').slice(1).map((value) => (isTreeNode(value) ? textOf(value, 'alias') : ''))
    found.set(JSON.stringify(names), names)
  })
  return [...found.values()]
}
