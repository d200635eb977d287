import { childrenOf, transformUp, type CteScan, type Plan } from '@arbalest/plan'
import type { Rule } from '../rule.js'

/**
 * A recursive CTE that is read once is computed where it is read: a limit there ends its rounds, of which
 * there may be no end.
 *
 *   Cte 0               ->   Limit 10
 *     RecursiveCte 1           RecursiveCte 1
 *     Limit 10
 *       CteScan 0
 */
export const inlineRecursiveCte: Rule<'cte'> = {
  name: 'inline-recursive-cte',
  on: 'cte',
  apply(cte) {
    const { definition, body, cteId } = cte
    if (definition.kind !== 'recursive-cte') return cte
    const [scan, second] = scansOf(body, cteId)
    if (scan === undefined || second !== undefined || isInRounds(body, scan)) return cte
    return transformUp(body, (node) => (node.id === scan.id ? { ...definition, live: scan.live } : node))
  },
}

function scansOf(plan: Plan, cteId: number): readonly CteScan[] {
  if (plan.kind === 'cte-scan') return plan.cteId === cteId ? [plan] : []
  return childrenOf(plan).flatMap((child) => scansOf(child, cteId))
}

/** Whether it would be computed again in each round of another recursive CTE. */
function isInRounds(plan: Plan, scan: CteScan): boolean {
  if (plan.kind === 'recursive-cte' && scansOf(plan.step, scan.cteId).length > 0) return true
  return childrenOf(plan).some((child) => isInRounds(child, scan))
}
