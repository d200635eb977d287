/** Refuses expressions that are no constants. */
import { queryError } from '@arbalest/common'
import { positionIn, type SyntaxTree } from './syntax-tree.js'
import { isSequenceCall } from './sequence-calls.js'
import { byteOffsetOf, visitNodes } from './tree-node.js'

const inputs = new Set(['COLUMN_REF', 'SUBQUERY', 'STAR', 'PARAMETER'])

/** Throws BINDER_ERROR where a query names a column, a table or a sequence, or asks another query. */
export function refuseInputs(tree: SyntaxTree): void {
  visitNodes(tree.root, (node) => {
    const isInput = (typeof node['class'] === 'string' && inputs.has(node['class'])) || isSequenceCall(node)
    if (!isInput && node['type'] !== 'BASE_TABLE' && node['type'] !== 'TABLE_FUNCTION') return
    const position = positionIn(tree, byteOffsetOf(node))
    const reason = 'columns, tables and sequences have no place in it'
    throw queryError('BINDER_ERROR', { reason }, position === undefined ? {} : { position })
  })
}
