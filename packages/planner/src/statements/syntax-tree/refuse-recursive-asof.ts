/** A combination that DuckDB 1.5.6 does not survive. */
import { queryError } from '@arbalest/common'
import type { SyntaxTree } from './syntax-tree.js'
import { visitNodes } from './tree-node.js'

/**
 * An ASOF join in the rounds of a recursive CTE is refused by DuckDB itself when it would sort for it, and
 * corrupts its memory otherwise. Which one it is hangs on estimates.
 * @throws QueryError NOT_IN_THIS_VERSION
 */
export function refuseRecursiveAsof(tree: SyntaxTree): void {
  let isRecursive = false
  let hasAsof = false
  visitNodes(tree.root, (node) => {
    isRecursive ||= node['type'] === 'RECURSIVE_CTE_NODE'
    hasAsof ||= node['ref_type'] === 'ASOF'
  })
  if (!isRecursive || !hasAsof) return
  const what = 'ASOF JOIN in a query with a recursive CTE'
  throw queryError('NOT_IN_THIS_VERSION', { what, instead: 'write the rows of one of them into a table first' })
}
