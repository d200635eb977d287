/**
 * How many different values an expression has, from the statistics of the table its column comes from. They
 * hold for the table without filters.
 */
import { isInteger } from '@arbalest/common'
import { typeOf, type Expr, type Plan } from '@arbalest/plan'
import { keyColumn } from './key-columns.js'
import type { PlanFacts } from './plan-facts.js'

/** Undefined where nothing is known; `plan` is the logical plan that gives the expression's columns. */
export function distinctValues(plan: Plan, expr: Expr, facts: PlanFacts): number | undefined {
  const { sources, originOf, scans } = facts
  const column = keyColumn(expr)
  if (plan.kind === 'set-operation' && expr.kind === 'column') return valuesOfAll(plan.inputs, expr, facts)
  const origin = column === undefined ? undefined : originOf(plan, column)
  const scan = origin === undefined ? undefined : scans.get(origin.scan)
  const source = scan === undefined ? undefined : sources[scan.source]
  const found = origin === undefined ? undefined : source?.columns[origin.column]
  if (source === undefined || found === undefined) return undefined
  const { distinct, min, max } = source.statistics[found.name] ?? {}
  if (distinct !== undefined) return Math.max(1, Math.min(source.rows, distinct))
  const isDiscrete = isInteger(typeOf(expr)) || (found.type.kind === 'simple' && found.type.name === 'DATE')
  if (!isDiscrete || min === undefined || max === undefined) return undefined
  return Math.max(1, Math.min(source.rows, max - min + 1))
}

/** Inputs of a set operation mostly have the same values: as many as the one that has most. */
function valuesOfAll(inputs: readonly Plan[], expr: Expr, facts: PlanFacts): number | undefined {
  const values = inputs.reduce((most, input) => Math.max(most, distinctValues(input, expr, facts) ?? NaN), 0)
  return Number.isNaN(values) ? undefined : values
}
