/** Logical plan to logical plan: the passes of `pass-order.ts` one after another. */
import { checkPlan, type Plan } from '@arbalest/plan'
import { passOrder } from './pass-order.js'

/**
 * A plan with the same rows. `onPass` is told of every pass that changed the plan, for EXPLAIN and tests.
 *
 * @throws AssertionFailed when a pass broke a law of plans.
 */
export function optimize(plan: Plan, onPass: (name: string, plan: Plan) => void = () => undefined): Plan {
  let current = plan
  for (const pass of passOrder) {
    const next = pass.run(current)
    if (next !== current) onPass(pass.name, next)
    current = next
  }
  checkPlan(current)
  return current
}
