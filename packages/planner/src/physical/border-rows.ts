/**
 * Window calls that look at single rows at a bounded distance: beside a task's own rows stand the last rows of
 * the ranges before and the first ones of those after, as many of each range as any call reaches.
 *
 *   last rows of earlier ranges  UNION ALL  own rows  UNION ALL  first rows of later ranges
 *     -> the calls over all of them -> the own rows
 *
 * Of what lies beside, the rows within reach are without gaps: a range gives all of its rows if it has fewer.
 * Rows with equal keys are ordered by all their columns, so that all tasks see them in one order.
 */
import { bigintType, booleanType, present, varcharType, type DataType } from '@arbalest/common'
import {
  isStorable, rangeKeyOf, sortKeyOf, typeOf, type AggregateCall, type Expr, type Filter, type FrameBound, type Plan,
  type Project, type SetOperation, type SortOrder, type Unnest, type Window, type WindowCall,
} from '@arbalest/plan'
import type { UnfoldContext } from './unfold-context.js'

/** How many rows before the current one, and after it, a call looks at. */
export interface Reach { readonly before: number; readonly after: number }

/** Rows of each range that every task may read of the others. */
const reachMax = 1_000

/** Undefined for calls that look further, or by values instead of rows. */
export function reachOf({ name, args, frame }: WindowCall): Reach | undefined {
  const reach = name === 'lag' || name === 'lead' ? shiftReach(name, args[1]) : frameReach(frame)
  return reach !== undefined && Math.max(reach.before, reach.after) <= reachMax ? reach : undefined
}

function shiftReach(name: 'lag' | 'lead', offset: Expr | undefined): Reach | undefined {
  const rows = offset === undefined ? 1 : wholeNumber(offset)
  if (rows === undefined) return undefined
  const back = name === 'lag' ? rows : -rows
  return { before: Math.max(0, back), after: Math.max(0, -back) }
}

function frameReach({ unit, start, end }: WindowCall['frame']): Reach | undefined {
  const [from, to] = [distanceOf(start), distanceOf(end)]
  if (unit !== 'ROWS' || from === undefined || to === undefined) return undefined
  return { before: Math.max(0, -from, -to), after: Math.max(0, from, to) }
}

/** Rows from the current one to a bound, negative for those before it. */
function distanceOf(bound: FrameBound): number | undefined {
  if (bound.kind === 'current-row') return 0
  if (!('offset' in bound)) return undefined
  const rows = wholeNumber(bound.offset)
  return rows === undefined || rows < 0 ? undefined : bound.kind === 'preceding' ? -rows : rows
}

function wholeNumber(expr: Expr): number | undefined {
  if (expr.kind === 'cast') return wholeNumber(expr.input)
  const isNumber = expr.kind === 'constant' && expr.value.kind === 'text' && /^-?\d{1,9}$/.test(expr.value.text)
  return isNumber ? Number(expr.value.text) : undefined
}

/** The rows of a stage by range, whose columns are `width` and then the number of the range. */
export interface BorderedRows {
  readonly rows: Plan
  readonly width: number
  readonly orders: readonly SortOrder[]
  readonly reach: Reach
}

/** Whether rows of such columns have an order among themselves, and can be written as one value. */
export function canBorder(types: readonly DataType[]): boolean {
  const orders = types.map((type, index): SortOrder =>
    ({ expr: { kind: 'column', index, type }, descending: false, nullsFirst: false }))
  const fields = types.map((type, index) => ({ name: `c${index}`, type }))
  return rangeKeyOf(orders) !== undefined && isStorable({ kind: 'list', child: { kind: 'struct', fields } })
}

/** The last rows of each range, and the first ones, each as a list if any call reaches them. */
export function borderPartials(bordered: BorderedRows): readonly AggregateCall[] {
  const orders = fullOrder(bordered)
  const type = rowType(bordered)
  const row: Expr = {
    kind: 'function', name: 'struct_pack', infix: false, isVolatile: false, type, args: liveColumns(bordered),
  }
  const wholeNumberOf = (count: number): Expr =>
    ({ kind: 'constant', type: bigintType, value: { kind: 'text', text: String(count) } })
  const most = (name: string, count: number): AggregateCall => ({
    kind: 'aggregate', name, distinct: false, filter: undefined, orders: [], type: { kind: 'list', child: type },
    args: [row, sortKeyOf(orders), wholeNumberOf(count)],
  })
  const { before, after } = bordered.reach
  return [...(before > 0 ? [most('arg_max', before)] : []), ...(after > 0 ? [most('arg_min', after)] : [])]
}

function liveIndexes({ rows, width }: BorderedRows): readonly number[] {
  return rows.live.filter((index) => index < width)
}

function liveColumns(bordered: BorderedRows): readonly Expr[] {
  return liveIndexes(bordered).map((index) => columnOf(bordered.rows, index))
}

const columnOf = ({ types }: Plan, index: number): Expr =>
  ({ kind: 'column', index, type: present(types[index], `there is a column ${index}`) })

const rowType = (bordered: BorderedRows): DataType & { readonly kind: 'struct' } => ({
  kind: 'struct',
  fields: liveIndexes(bordered).map((index) =>
    ({ name: `c${index}`, type: typeOf(columnOf(bordered.rows, index)) })),
})

/** By the keys, then by everything else. */
const fullOrder = (bordered: BorderedRows): readonly SortOrder[] => [
  ...bordered.orders,
  ...liveColumns(bordered).map((expr) => ({ expr, descending: false, nullsFirst: false })),
]

/** Totals of the ranges before a task's own and after them, and where their border rows lie in them. */
export interface BorderLists {
  readonly earlier: Plan
  readonly later: Plan
  /** Positions of the lists that `borderPartials` gave, in its order. */
  readonly columns: readonly number[]
}

/** The own rows with the values of `calls` after the number of the range and one more column. */
export function besideBorders(
  bordered: BorderedRows,
  calls: readonly WindowCall[],
  lists: BorderLists,
  context: UnfoldContext,
): Plan {
  const { rows, reach } = bordered
  const [first, second] = lists.columns
  const sides = [
    ...(reach.before > 0 && first !== undefined ? [unpacked(bordered, lists.earlier, first, context)] : []),
    ownRows(rows, context),
    ...(reach.after > 0 ? [unpacked(bordered, lists.later, lastOf(first, second), context)] : []),
  ]
  const types = [...rows.types, booleanType]
  const live = [...rows.live, rows.types.length]
  const union: SetOperation = {
    kind: 'set-operation', id: context.freshId(), types, live, operation: 'union', all: true, inputs: sides,
  }
  const orders = fullOrder(bordered)
  const window: Window = {
    kind: 'window',
    id: context.freshId(),
    types: [...types, ...calls.map(typeOf)],
    live: [...live, ...calls.map((_, index) => types.length + index)],
    input: union,
    calls: calls.map((call) => ({ ...call, orders })),
  }
  const isOwn = columnOf(window, rows.types.length)
  return {
    kind: 'filter',
    id: context.freshId(),
    types: window.types,
    live: window.live.filter((index) => index !== rows.types.length),
    input: window,
    predicates: [isOwn],
  } satisfies Filter
}

/** The list of first rows is the second one, or the only one. */
const lastOf = (first: number | undefined, second: number | undefined): number =>
  present(second ?? first, 'there is a list of rows')

/** The rows of a side as columns, and whether they are the task's own. */
function unpacked(bordered: BorderedRows, totals: Plan, column: number, context: UnfoldContext): Project {
  const { rows, width } = bordered
  const row = totals.types.length
  const unnest: Unnest = {
    kind: 'unnest', id: context.freshId(), input: totals, lists: [columnOf(totals, column)],
    types: [...totals.types, rowType(bordered)], live: [row],
  }
  const exprs = rows.types.map((type, index): Expr => {
    if (index === width) return { kind: 'constant', type, value: { kind: 'text', text: '0' } }
    const name: Expr = { kind: 'constant', type: varcharType, value: { kind: 'text', text: `c${index}` } }
    const args = [columnOf(unnest, row), name]
    return rows.live.includes(index)
      ? { kind: 'function', name: 'struct_extract', args, infix: false, isVolatile: false, type }
      : { kind: 'constant', type, value: { kind: 'null' } }
  })
  return withMark(rows, unnest, exprs, false, context)
}

const ownRows = (rows: Plan, context: UnfoldContext): Project =>
  withMark(rows, rows, rows.types.map((_, index) => columnOf(rows, index)), true, context)

function withMark(rows: Plan, input: Plan, exprs: readonly Expr[], isOwn: boolean, context: UnfoldContext): Project {
  const mark: Expr = { kind: 'constant', type: booleanType, value: { kind: 'boolean', value: isOwn } }
  const live = [...rows.live, rows.types.length]
  const types = [...rows.types, booleanType]
  return { kind: 'project', id: context.freshId(), types, live, input, exprs: [...exprs, mark] }
}
