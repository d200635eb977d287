/** What tests of rules use: the rule applied until it rests, as printed plan. */
import { integerType, varcharType } from '@arbalest/common'
import { printPlan, type Plan } from '@arbalest/plan'
import { planBuilder } from '@arbalest/plan/testing'
import { applyRules } from '../apply-rules.js'
import type { AnyRule } from '../rule.js'

export const applied = (rule: AnyRule, plan: Plan): Plan => applyRules(rule.name, [rule]).run(plan)

export const printed = (rule: AnyRule, plan: Plan): string => printPlan(applied(rule, plan))

/** A builder with two tables of three columns. */
export function tables() {
  const p = planBuilder()
  const scan = (table: string) =>
    p.scan(table, [
      { name: `${table}_id`, type: integerType },
      { name: `${table}_k`, type: integerType },
      { name: `${table}_s`, type: varcharType },
    ])
  return { p, t: scan('t'), u: scan('u') }
}
