/**
 * `x IN (SELECT …)` over large sides. Whether a value without a match is FALSE or NULL hangs on NULLs anywhere
 * among the values, so the values are written first, divided by their hash, and a stage of its own looks for
 * NULLs in them; then a task need not see them all.
 */
import { booleanType, present } from '@arbalest/common'
import {
  someExpr, type Distinct, type Expr, type Filter, type Join, type JoinCondition, type Plan,
} from '@arbalest/plan'
import { distinctKeys } from './distinct-keys.js'
import { materialize, readAll, repartition, runStage } from './exchange.js'
import { hasNoRows } from './fold-empty.js'
import { isDivided, type Fragment } from './fragment.js'
import { broadcastCost, divideCost, fitsBroadcast, isClearBroadcast } from './join-costs.js'
import { followed } from './join-keys.js'
import type { UnfoldContext } from './unfold-context.js'

export interface MarkSides {
  readonly left: Fragment
  readonly right: Fragment
  /** Whether there are NULLs among the values, which are not on the right then; undefined where all tasks see all. */
  readonly hasNulls: boolean | undefined
}

/** The sides as they are to be joined; undefined where a broadcast of the values is the best there is. */
export function divideMarkJoin(
  plan: Join,
  left: Fragment,
  right: Fragment,
  context: UnfoldContext,
): MarkSides | 'pending' | undefined {
  const [condition, second] = plan.conditions
  if (condition?.operator !== '=' || second !== undefined || isVolatile(condition)) return undefined
  const isPlain = plan.joinType === 'mark' && plan.residual.length === 0 && plan.delim === undefined
  if (!isPlain || !isDivided(left) || !isDivided(right)) return undefined
  const isInPlace = liesBy(condition, left, 'left')
  const keys = distinctKeys(plan, right, context)
  if (isClearBroadcast(keys, divideCost(left, isInPlace), context)) return undefined
  const written = writeValues(plan, condition, keys, context)
  if (written === 'pending') return written
  if (hasNoRows(written.plan)) return { left, right: written, hasNulls: undefined }
  const about = `join ${plan.id}`
  const facts = `${Math.round(written.rows)} values against ${Math.round(left.rows)} rows`
  if (fitsBroadcast(written, context) && broadcastCost(written, context) <= divideCost(left, isInPlace)) {
    context.decide({ about, choice: 'broadcast the values', facts })
    return { left, right: readAll(written), hasNulls: undefined }
  }
  context.decide({ about, choice: 'divide both sides', facts })
  return divideSides(plan, condition, { left, written, isInPlace }, context)
}

const isVolatile = ({ left, right }: JoinCondition): boolean =>
  [left, right].some((side) => someExpr(side, (expr) => expr.kind === 'function' && expr.isVolatile))

/** Whether rows are divided by the hash of the one key. */
const liesBy = (condition: JoinCondition, fragment: Fragment, side: 'left' | 'right'): boolean =>
  fragment.partitioning.kind === 'hash' && fragment.partitioning.keys.length === 1 &&
  followed(fragment, [condition], side) !== undefined

function writeValues(plan: Join, condition: JoinCondition, keys: Fragment, context: UnfoldContext) {
  const request = { key: `${plan.id}:values`, reason: 'values of IN' } as const
  return liesBy(condition, keys, 'right')
    ? materialize(context, keys, { ...request, exchange: 'materialize' })
    : repartition(context, keys, [condition.right], request)
}

function divideSides(
  plan: Join,
  condition: JoinCondition,
  sides: { readonly left: Fragment; readonly written: Fragment; readonly isInPlace: boolean },
  context: UnfoldContext,
): MarkSides | 'pending' {
  const { left, written, isInPlace } = sides
  const filtered = (operator: 'is-null' | 'is-not-null'): Filter => {
    const predicate: Expr = { kind: 'operator', operator, args: [condition.right], type: booleanType }
    const { types, live } = written.plan
    return { kind: 'filter', id: context.freshId(), types, live, input: written.plan, predicates: [predicate] }
  }
  const nulls = runStage(context, { ...written, plan: once(filtered('is-null'), context) }, {
    key: `${plan.id}:nulls`, exchange: 'gather', reason: 'NULLs among the values of IN', isReadWhole: true,
  })
  const probe = isInPlace ? left : repartition(context, left, [condition.left], {
    key: `${plan.id}:probe`, reason: 'rows to be looked for among the values of IN',
  })
  if (nulls === 'pending' || probe === 'pending') return 'pending'
  return { left: probe, right: { ...written, plan: filtered('is-not-null') }, hasNulls: !hasNoRows(nulls.plan) }
}

function once(input: Plan, context: UnfoldContext): Distinct {
  const { types, live } = input
  return { kind: 'distinct', id: context.freshId(), types, live, input, on: undefined, orders: [] }
}

/** The mark of each row, over a join that knows only which values are there. */
export function markWithNulls(plan: Join, join: Fragment, hasNulls: boolean, context: UnfoldContext): Fragment {
  const at = plan.left.types.length
  const key = present(plan.conditions[0], 'a mark join has a condition').left
  const mark: Expr = { kind: 'column', index: at, type: booleanType }
  const unknown: Expr = { kind: 'constant', type: booleanType, value: { kind: 'null' } }
  const isNull: Expr = { kind: 'operator', operator: 'is-null', args: [key], type: booleanType }
  const branch = hasNulls ? { when: mark, then: mark } : { when: isNull, then: unknown }
  const told: Expr = {
    kind: 'case', branches: [branch], otherwise: hasNulls ? unknown : mark, type: booleanType,
  }
  const exprs = plan.types.map((type, index): Expr => (index === at ? told : { kind: 'column', index, type }))
  const { types, live } = plan
  return { ...join, plan: { kind: 'project', id: context.freshId(), types, live, input: join.plan, exprs } }
}
