/**
 * Window calls without PARTITION BY over rows that lie in ranges of their order: what a call comes to within
 * a task's own ranges, what it has to know of the ranges before them or of all, and how these are put together.
 *
 *   rank, row_number    the own one and the rows before
 *   dense_rank          the own one and the different keys before
 *   percent_rank, cume_dist, ntile      these by the rows of all ranges
 *   aggregates up to the current row    the own one with the one over the ranges before
 *   aggregates over all rows            the one over all ranges
 *   first_value                         the one of the ranges before, if they have rows
 *   lag, lead, bounded frames           the own one, beside rows of other ranges (border-rows.ts)
 *
 * Equal keys lie in one range, so that peers are always complete.
 */
import { bigintType, doubleType, hugeintType, varcharType, type DataType } from '@arbalest/common'
import { rangeKeyOf, sortKeyOf, typeOf, type AggregateCall, type Expr, type WindowCall } from '@arbalest/plan'
import { reachOf } from './border-rows.js'
import { splitAggregate } from './split-aggregate.js'

/** The value over some ranges, made of the values of each; `partial(i)` is the column of the i-th partial. */
type Merge = (partial: (index: number) => Expr) => Expr

/** Values that a result is made of, by their position in the call's lists. */
interface Values {
  local(index: number): Expr
  bordered(index: number): Expr
  before(index: number): Expr
  total(index: number): Expr
}

export interface RangedCall {
  /** Over the task's own ranges. */
  readonly locals: readonly WindowCall[]
  /** Over the task's own ranges beside the border rows of others. */
  readonly bordered: readonly WindowCall[]
  /** Of each range. */
  readonly partials: readonly AggregateCall[]
  /** Over the ranges before the task's own. */
  readonly before: readonly Merge[]
  /** Over all ranges. */
  readonly totals: readonly Merge[]
  result(values: Values): Expr
}

const nothing = { locals: [], bordered: [], partials: [], before: [], totals: [] }

/** Undefined where the call needs more of other ranges than a value or the rows at their borders. */
export function rangedCall(call: WindowCall): RangedCall | undefined {
  if (call.distinct || call.ignoreNulls || call.argOrders.length > 0 || call.frame.exclude !== 'none') return undefined
  const ranking = call.orders.length > 0 && isRunning(call) ? rankings[call.name]?.(call) : undefined
  if (ranking !== undefined) return ranking
  if (call.orders.length > 0 && reachOf(call) !== undefined) {
    return { ...nothing, bordered: [call], result: ({ bordered }) => bordered(0) }
  }
  if (call.orders.length > 0 && isRunning(call)) {
    if (call.name === 'first_value') return firstValue(call)
    // The last row up to the current one is among its peers.
    if (call.name === 'last_value') return { ...nothing, locals: [call], result: ({ local }) => local(0) }
  }
  const aggregate = aggregateOf(call)
  if (aggregate === undefined) return undefined
  if (isOverAll(call)) return total(aggregate)
  return call.orders.length > 0 && isRunning(call) ? running(call, aggregate) : undefined
}

const isRunning = ({ frame }: WindowCall): boolean =>
  frame.start.kind === 'unbounded-preceding' && frame.end.kind === 'current-row'

/** Without an order all rows are peers of the current one. */
function isOverAll({ frame, orders }: WindowCall): boolean {
  const peersAreAll = orders.length === 0 && frame.unit !== 'ROWS'
  return (
    (frame.start.kind === 'unbounded-preceding' || (peersAreAll && frame.start.kind === 'current-row')) &&
    (frame.end.kind === 'unbounded-following' || (peersAreAll && frame.end.kind === 'current-row'))
  )
}

// ---- ranks ---------------------------------------------------------------------------------------

const countRows: AggregateCall = {
  kind: 'aggregate', name: 'count', args: [], distinct: false, filter: undefined, orders: [], type: bigintType,
}

/** The sum of counts; none are 0. */
const addUp: Merge = (partial) => {
  const sum: AggregateCall = { ...countRows, name: 'sum', args: [partial(0)], type: hugeintType }
  const args = [sum, constant('0', hugeintType)]
  return cast({ kind: 'operator', operator: 'coalesce', args, type: hugeintType }, bigintType)
}

const rankings: Readonly<Record<string, (call: WindowCall) => RangedCall | undefined>> = {
  row_number: (call) => ranked([call], countRows, ({ local, before }) => plus(local(0), before(0))),
  rank: (call) => ranked([call], countRows, ({ local, before }) => plus(local(0), before(0))),
  dense_rank: (call) => ranked([call], countPeers(call), ({ local, before }) => plus(local(0), before(0))),
  percent_rank(call) {
    const rank = { ...call, name: 'rank', type: bigintType }
    return ranked([rank], countRows, ({ local, before, total: all }) => {
      const place = cast(minus(plus(local(0), before(0)), one), doubleType)
      const share = infix('/', doubleType, place, cast(minus(all(0), one), doubleType))
      return choose(compare(all(0), '>', one), share, constant('0', doubleType))
    })
  },
  cume_dist(call) {
    const upTo = { ...call, name: 'count', args: [], filter: undefined, type: bigintType }
    return ranked([upTo], countRows, ({ local, before, total: all }) =>
      infix('/', doubleType, cast(plus(local(0), before(0)), doubleType), cast(all(0), doubleType)))
  },
  ntile: tiles,
}

const ranked = (
  locals: readonly WindowCall[],
  partial: AggregateCall,
  result: RangedCall['result'],
): RangedCall => ({ ...nothing, locals, partials: [partial], before: [addUp], totals: [addUp], result })

const countPeers = ({ orders }: WindowCall): AggregateCall =>
  ({ ...countRows, args: [sortKeyOf(orders)], distinct: true })

/**
 * The first `rows % tiles` tiles have one row more than the others. With more tiles than rows each row is a
 * tile of its own.
 */
function tiles(window: WindowCall): RangedCall | undefined {
  const [wanted] = window.args
  const isCount = wanted?.kind === 'constant' && wanted.value.kind === 'text' && /^[1-9]\d*$/.test(wanted.value.text)
  if (!isCount) return undefined
  const rowNumber = { ...window, name: 'row_number', args: [], type: bigintType }
  return ranked([rowNumber], countRows, ({ local, before, total: all }) => {
    const count = call('least', bigintType, cast(wanted, bigintType), all(0))
    const size = divide(all(0), count)
    const larger = minus(all(0), times(count, size))
    const row = minus(plus(local(0), before(0)), one)
    const inLarger = times(larger, plus(size, one))
    return choose(
      compare(row, '<', inLarger),
      plus(one, divide(row, plus(size, one))),
      plus(plus(one, larger), divide(minus(row, inLarger), size)),
    )
  })
}

/** Of rows with equal keys, the one with the least value, for all tasks alike. */
function firstValue(window: WindowCall): RangedCall | undefined {
  const [value] = window.args
  const order = value === undefined ? undefined : { expr: value, descending: false, nullsFirst: false }
  if (value === undefined || order === undefined || rangeKeyOf([order]) === undefined) return undefined
  const blob: DataType = { kind: 'simple', name: 'BLOB' }
  const type: DataType = { kind: 'struct', fields: [{ name: 'k', type: blob }, { name: 'v', type: window.type }] }
  const pair = call('struct_pack', type, sortKeyOf(window.orders), value)
  const least: AggregateCall = { ...countRows, name: 'min', args: [pair], filter: window.filter, type }
  return {
    ...nothing,
    locals: [{ ...window, orders: [...window.orders, order], frame: { ...window.frame, unit: 'ROWS' } }],
    partials: [least],
    before: [(partial) => ({ ...least, args: [partial(0)], filter: undefined })],
    result: ({ local, before }) => choose(
      { kind: 'operator', operator: 'is-null', args: [before(0)], type: { kind: 'simple', name: 'BOOLEAN' } },
      local(0),
      call('struct_extract', window.type, before(0), constant('v', varcharType)),
    ),
  }
}

// ---- aggregates ----------------------------------------------------------------------------------

/** The call as an aggregate, when it has a two-phase form. */
function aggregateOf({ name, args, filter, type }: WindowCall): AggregateCall | undefined {
  const aggregate: AggregateCall = { kind: 'aggregate', name, args, distinct: false, filter, orders: [], type }
  return splitAggregate(aggregate) === undefined ? undefined : aggregate
}

function total(aggregate: AggregateCall): RangedCall | undefined {
  const split = splitAggregate(aggregate)
  if (split === undefined) return undefined
  const { partials, merge } = split
  return { ...nothing, partials, totals: [merge], result: (values) => values.total(0) }
}

function running(window: WindowCall, aggregate: AggregateCall): RangedCall | undefined {
  if (window.name === 'avg') return runningAverage(window, aggregate)
  const split = splitAggregate(aggregate)
  const join = joins[window.name]
  if (split === undefined || join === undefined || !isJoinable(window)) return undefined
  const { partials, merge } = split
  const result: RangedCall['result'] = ({ local, before }) => join(before(0), local(0), window.type)
  return { ...nothing, locals: [window], partials, before: [merge], result }
}

/** The sum by the count, each over the ranges before and the own ones. */
function runningAverage(window: WindowCall, aggregate: AggregateCall): RangedCall | undefined {
  const parts = splitAggregate(aggregate)?.partials ?? []
  const [sum, count] = parts.map((part) => splitAggregate(part))
  const [sumPart, countPart] = parts
  if (sum === undefined || count === undefined || sumPart === undefined || countPart === undefined) return undefined
  return {
    ...nothing,
    locals: [{ ...window, ...windowPart(sumPart) }, { ...window, ...windowPart(countPart) }],
    partials: [...sum.partials, ...count.partials],
    before: [sum.merge, (partial) => count.merge((index) => partial(sum.partials.length + index))],
    result({ local, before }) {
      const rows = cast(plus(before(1), local(1)), doubleType)
      const known = call('nullif', doubleType, rows, constant('0', doubleType))
      return infix('/', doubleType, cast(add(before(0), local(0), sumPart.type), doubleType), known)
    },
  }
}

const windowPart = ({ name, args, filter, type }: AggregateCall) => ({ name, args, filter, type })

type Join = (before: Expr, local: Expr, type: DataType) => Expr

/** The other where one is NULL: neither has seen a value then, or only one. */
const unlessNull = (join: Join): Join => (before, local, type) => {
  const isNull = (expr: Expr): Expr =>
    ({ kind: 'operator', operator: 'is-null', args: [expr], type: { kind: 'simple', name: 'BOOLEAN' } })
  const branches = [{ when: isNull(before), then: local }, { when: isNull(local), then: before }]
  return { kind: 'case', branches, otherwise: join(before, local, type), type }
}

const add = unlessNull((before, local, type) => cast(infix('+', type, before, local), type))

const joins: Readonly<Record<string, Join>> = {
  count: (before, local) => plus(before, local),
  sum: add,
  min: (before, local, type) => call('least', type, before, local),
  max: (before, local, type) => call('greatest', type, before, local),
  bool_and: unlessNull((before, local) => ({ kind: 'and', terms: [before, local] })),
  bool_or: unlessNull((before, local) => ({ kind: 'or', terms: [before, local] })),
  bit_and: unlessNull((before, local, type) => infix('&', type, before, local)),
  bit_or: unlessNull((before, local, type) => infix('|', type, before, local)),
  bit_xor: unlessNull((before, local, type) => call('xor', type, before, local)),
}

/** `least` and `greatest` compare as `min` and `max` do where values have one plain order. */
function isJoinable({ name, args }: WindowCall): boolean {
  if (name !== 'min' && name !== 'max') return true
  return rangeKeyOf(args.map((expr) => ({ expr, descending: false, nullsFirst: false })))?.kind === 'value'
}

// ---- expressions ---------------------------------------------------------------------------------

const constant = (text: string, type: DataType): Expr => ({ kind: 'constant', type, value: { kind: 'text', text } })
const one = constant('1', bigintType)
const cast = (input: Expr, type: DataType): Expr => ({ kind: 'cast', input, type, isTry: false })

const call = (name: string, type: DataType, ...args: readonly Expr[]): Expr =>
  ({ kind: 'function', name, args, infix: false, type, isVolatile: false })
const infix = (name: string, type: DataType, left: Expr, right: Expr): Expr =>
  ({ kind: 'function', name, args: [left, right], infix: true, type, isVolatile: false })

const plus = (left: Expr, right: Expr): Expr => infix('+', bigintType, left, right)
const minus = (left: Expr, right: Expr): Expr => infix('-', bigintType, left, right)
const times = (left: Expr, right: Expr): Expr => infix('*', bigintType, left, right)
const divide = (left: Expr, right: Expr): Expr => infix('//', bigintType, left, right)

const compare = (left: Expr, operator: '<' | '>', right: Expr): Expr => ({ kind: 'comparison', operator, left, right })
const choose = (when: Expr, then: Expr, otherwise: Expr): Expr =>
  ({ kind: 'case', branches: [{ when, then }], otherwise, type: typeOf(then) })
