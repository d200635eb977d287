/** Whether computing a plan again gives the same rows: what may be computed in several tasks. */
import { childrenOf, exprsOf, someExpr, type Plan } from '@arbalest/plan'

/** False for volatile functions and for LIMIT that no sort decides. */
export function isRepeatable(plan: Plan): boolean {
  if (plan.kind === 'limit' && plan.input.kind !== 'sort') return false
  if (exprsOf(plan).some((expr) => someExpr(expr, (e) => e.kind === 'function' && e.isVolatile))) return false
  return childrenOf(plan).every(isRepeatable)
}
