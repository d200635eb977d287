/** Values that a statement leaves open (`?`, `$1`, `$name`): there is nobody yet who fills them in. */
import { queryError } from '@arbalest/common'
import type { SyntaxTree } from './syntax-tree.js'
import { visitNodes } from './tree-node.js'

/** Throws NOT_IN_THIS_VERSION; DuckDB does not tell where parameters stand. */
export function refuseParameters(tree: SyntaxTree): void {
  visitNodes(tree.root, (node) => {
    if (node['class'] !== 'PARAMETER') return
    const fields = { what: 'a parameter in a statement', instead: 'write the value into the text' }
    throw queryError('NOT_IN_THIS_VERSION', fields)
  })
}
