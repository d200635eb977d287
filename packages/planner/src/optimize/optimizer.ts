/** Logical plan to logical plan: the passes of `pass-order.ts` one after another. */
import { checkPlan, type Plan } from '@arbalest/plan'
import { passOrder } from './pass-order.js'

/** What a pass did: its name, the names of the rules that fired in it, and the plan after it. */
export interface PassReport {
  readonly pass: string
  readonly rules: readonly string[]
  readonly plan: Plan
}

/**
 * A plan with the same rows. `onPass` is told of every pass that changed the plan, for EXPLAIN and tests.
 *
 * @throws AssertionFailed when a pass broke a law of plans.
 */
export function optimize(plan: Plan, onPass: (report: PassReport) => void = () => undefined): Plan {
  let current = plan
  for (const pass of passOrder) {
    const rules = new Set<string>()
    const next = pass.run(current, (rule) => rules.add(rule))
    if (next !== current) onPass({ pass: pass.name, rules: [...rules], plan: next })
    current = next
  }
  checkPlan(current)
  return current
}
