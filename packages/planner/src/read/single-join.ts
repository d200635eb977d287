/** Scalar subqueries: joins whose right side may have at most one row for a left one. */
import { assertNever, bigintType, booleanType, varcharType, type DataType } from '@arbalest/common'
import {
  typeOf, type Aggregate, type AggregateCall, type Case, type ColumnRef, type Expr, type Join, type Plan,
  type Project,
} from '@arbalest/plan'
import { allOf } from './pick-columns.js'
import type { ReadState } from './read-state.js'
import { checkChoice } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

/**
 * The join itself when the right side has one row for each key. Else DuckDB fails the query on the
 * second match, and so must we:
 *
 *   single join          Project(left, CASE WHEN n > 1 THEN error(…) ELSE first END)
 *     left         ->      single join on the keys
 *     right                  left
 *                            Aggregate(keys; first(column) …, n = count())
 *                              right
 */
export function checkedSingleJoin(state: ReadState, join: Join): Plan {
  const keys = join.conditions.map(condition => condition.right)
  const isByKeys = join.residual.length === 0 && join.conditions.every(isEquality)
  if (!isByKeys) return unreadable('scalar subquery by another comparison')
  if (hasOneRowPerKey(join.right, columnsAmong(keys))) return join
  const { right, left } = join
  right.types.forEach(checkChoice)
  const firsts = right.types.map((type, index): AggregateCall => (
    { ...noOptions, name: 'first', args: [{ kind: 'column', index, type }], type }
  ))
  const count: AggregateCall = { ...noOptions, name: 'count', args: [], type: bigintType }
  const aggregates = [...firsts, count]
  const grouped: Aggregate = {
    kind: 'aggregate',
    id: state.nextId(),
    input: right,
    groups: keys,
    groupingSets: undefined,
    aggregates,
    groupingFunctions: [],
    ...columnsOf([...keys, ...aggregates].map(typeOf)),
  }
  const checked: Join = {
    ...join,
    right: grouped,
    conditions: join.conditions.map((condition, i) => ({ ...condition, right: columnAt(grouped.types, i, 0) })),
    ...columnsOf([...left.types, ...grouped.types]),
  }
  return withCheck(state, checked, { leftWidth: left.types.length, keyCount: keys.length, types: right.types })
}

interface Shape { readonly leftWidth: number; readonly keyCount: number; readonly types: readonly DataType[] }

const message =
  'More than one row returned by a subquery used as an expression - ' +
  'scalar subqueries can only return a single row.'

function withCheck(state: ReadState, join: Join, { leftWidth, keyCount, types }: Shape): Project {
  const firstValue = leftWidth + keyCount
  const count = columnAt(join.types, firstValue + types.length, 0)
  const one: Expr = { kind: 'constant', type: bigintType, value: { kind: 'text', text: '1' } }
  const exprs: readonly Expr[] = [
    ...join.types.slice(0, leftWidth).map((_, i) => columnAt(join.types, i, 0)),
    ...types.map((type, i): Case => ({
      kind: 'case',
      branches: [{ when: { kind: 'comparison', operator: '>', left: count, right: one }, then: failure(type) }],
      otherwise: columnAt(join.types, i, firstValue),
      type,
    })),
  ]
  return { kind: 'project', id: state.nextId(), input: join, exprs, ...columnsOf(exprs.map(typeOf)) }
}

const failure = (type: DataType): Expr => ({
  kind: 'function',
  name: 'error',
  args: [{ kind: 'constant', type: varcharType, value: { kind: 'text', text: message } }],
  infix: false,
  type,
  isVolatile: false,
})

const noOptions = { kind: 'aggregate', distinct: false, filter: undefined, orders: [] } as const

const columnsOf = (types: readonly DataType[]) => ({ types, live: allOf(types) })

function columnAt(types: readonly DataType[], position: number, from: number): ColumnRef {
  const index = from + position
  return { kind: 'column', index, type: types[index] ?? booleanType }
}

const isEquality = ({ operator }: Join['conditions'][number]): boolean =>
  operator === '=' || operator === 'IS NOT DISTINCT FROM'

const columnsAmong = (exprs: readonly Expr[]): ReadonlySet<number> =>
  new Set(exprs.flatMap(expr => expr.kind === 'column' ? [expr.index] : []))

/** Whether the plan cannot give two rows with the same values in the columns `keys`. */
function hasOneRowPerKey(plan: Plan, keys: ReadonlySet<number>): boolean {
  switch (plan.kind) {
    case 'aggregate': return plan.groupingSets === undefined && plan.groups.every((_, i) => keys.has(i))
    case 'values': return plan.rows.length <= 1
    case 'distinct':
      return (plan.on ?? plan.types.map((type, index): Expr => ({ kind: 'column', index, type })))
        .every(expr => expr.kind === 'column' && keys.has(expr.index))
    case 'limit': return plan.count === 1 || plan.count === 0 || hasOneRowPerKey(plan.input, keys)
    case 'computed-limit': case 'filter': case 'sort': case 'window': return hasOneRowPerKey(plan.input, keys)
    case 'project': return hasOneRowPerKey(plan.input, columnsAmong(plan.exprs.filter((_, i) => keys.has(i))))
    case 'join': return joinHasOneRowPerKey(plan, keys)
    case 'scan': case 'set-operation': case 'cte': case 'cte-scan': case 'delim-scan':
    case 'recursive-cte': case 'positional-join': case 'unnest': case 'table-function': case 'sample':
    case 'shuffle-read': case 'replicated-scan': case 'pick': case 'partial-aggregate': case 'final-aggregate':
    case 'key-sample': case 'range-number': case 'other-ranges': case 'whole-select':
      return false
  }
  return assertNever(plan)
}

function joinHasOneRowPerKey(join: Join, keys: ReadonlySet<number>): boolean {
  const leftWidth = join.left.types.length
  const leftKeys = new Set([...keys].filter(key => key < leftWidth))
  const rightKeys = new Set([...keys].filter(key => key >= leftWidth).map(key => key - leftWidth))
  switch (join.joinType) {
    case 'semi': case 'anti': case 'mark': case 'single': return hasOneRowPerKey(join.left, leftKeys)
    case 'inner': return hasOneRowPerKey(join.left, leftKeys) && hasOneRowPerKey(join.right, rightKeys)
    case 'left': case 'right': case 'full': return false
  }
  return assertNever(join.joinType)
}
