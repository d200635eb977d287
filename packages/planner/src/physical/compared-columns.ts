/** Which columns of scans the operators of a plan compare: what divides the scans well divides those too. */
import type { Expr, Plan } from '@arbalest/plan'
import type { ColumnOrigin, OriginOf } from './column-origins.js'
import { keyColumn } from './key-columns.js'

/** Columns of scans that a join wants to be equal, those of its left side first. */
export function equalColumns(plan: Plan, originOf: OriginOf): readonly (readonly [ColumnOrigin, ColumnOrigin])[] {
  if (plan.kind !== 'join') return []
  return plan.conditions.flatMap(({ left, right, operator }) => {
    if (operator !== '=' && operator !== 'IS NOT DISTINCT FROM') return []
    const [one, two] = [origin(plan.left, left, originOf), origin(plan.right, right, originOf)]
    return one === undefined || two === undefined ? [] : [[one, two] as const]
  })
}

/** Columns whose equal values an operator wants in one task. */
export function groupingColumns(plan: Plan, originOf: OriginOf): readonly ColumnOrigin[] {
  const over = (input: Plan, exprs: readonly Expr[]) => exprs.flatMap((expr) => origin(input, expr, originOf) ?? [])
  if (plan.kind === 'aggregate' && plan.groupingSets === undefined) return over(plan.input, plan.groups)
  if (plan.kind === 'window') return over(plan.input, plan.calls.flatMap((call) => call.partitions))
  if (plan.kind !== 'distinct') return []
  if (plan.on !== undefined) return over(plan.input, plan.on)
  return plan.types.flatMap((_, index) => originOf(plan.input, index) ?? [])
}

function origin(input: Plan, expr: Expr, originOf: OriginOf): ColumnOrigin | undefined {
  const column = keyColumn(expr)
  return column === undefined ? undefined : originOf(input, column)
}
