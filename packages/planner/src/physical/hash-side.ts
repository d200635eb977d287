/**
 * The side of a join that is hashed, as far as rows are counted. Only the order of the sides is written
 * down: DuckDB hashes the right one unless its own estimates, from the same counts, say otherwise.
 */
import type { Fragment } from './fragment.js'

/** Whether the left side is known to have fewer rows than the right one. */
export function hashesLeft(left: Fragment, right: Fragment): boolean {
  const [leftRows, rightRows] = [knownRows(left), knownRows(right)]
  return leftRows !== undefined && rightRows !== undefined && leftRows < rightRows
}

/** Written rows, and those of a table without a predicate; undefined where they are estimated. */
function knownRows({ plan, rows }: Fragment): number | undefined {
  let below = plan
  while (below.kind === 'project') below = below.input
  const leaf = below.kind === 'replicated-scan' ? below.scan : below
  const isCounted = leaf.kind === 'scan' ? leaf.predicate === undefined : leaf.kind === 'shuffle-read'
  return isCounted ? rows : undefined
}
