/** A pass of local rules: bottom-up over the plan, again and again until none of them fires. */
import { assert, limits } from '@arbalest/common'
import { maxId, transformUp, type Plan } from '@arbalest/plan'
import type { AnyRule, Pass, PlanKind, Rule, RuleContext } from './rule.js'

export const applyRules = (name: string, rules: readonly AnyRule[]): Pass => ({
  name,
  run: (plan, fired = () => undefined) => applied(plan, rules, { name, fired }),
})

interface Run {
  readonly name: string
  readonly fired: (rule: string) => void
}

function applied(plan: Plan, rules: readonly AnyRule[], { name, fired }: Run): Plan {
  let last = maxId(plan)
  const context: RuleContext = { nextId: () => ++last }
  const applyAll = (node: Plan): Plan =>
    rules.reduce((before, rule) => {
      const after = applyOne(rule, before, context)
      if (after !== before) fired(rule.name)
      return after
    }, node)
  let current = plan
  for (let round = 0; round < limits.optimizerRoundsMax; round++) {
    const next = transformUp(current, applyAll)
    if (next === current) return current
    current = next
  }
  assert(false, `pass ${name} comes to rest within ${limits.optimizerRoundsMax} rounds`)
  return current
}

function applyOne(rule: AnyRule, plan: Plan, context: RuleContext): Plan {
  // the kinds are equal: the compiler cannot follow that for a union of rules
  return plan.kind === rule.on ? (rule as Rule<PlanKind>).apply(plan, context) : plan
}
