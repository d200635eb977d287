/**
 * Windows over ranges of their order: each task computes its own ranges, and takes what it has to know of the
 * others from one row of totals for each range.
 *
 *   rows, divided by range, with its number  ->  totals of each range  ->  rows beside the totals of earlier ones
 */
import { bigintType, present } from '@arbalest/common'
import {
  typeOf, type AggregateCall, type Expr, type FinalAggregate, type Join, type OtherRanges, type PartialAggregate,
  type Plan, type SortOrder, type Window, type WindowCall,
} from '@arbalest/plan'
import { besideBorders, borderPartials, reachOf, type BorderedRows, type Reach } from './border-rows.js'
import { materialize, readAll, runStage } from './exchange.js'
import { finishLocally } from './finish-locally.js'
import { isDivided, type Distributed, type Fragment } from './fragment.js'
import { divideByOrder, isCheapTwice } from './range-exchange.js'
import { rangedCall, type RangedCall } from './ranged-calls.js'
import type { UnfoldContext } from './unfold-context.js'

export interface WantedCall { readonly call: WindowCall; readonly column: number }

export function wantedCalls({ calls, input, live }: Window): readonly WantedCall[] {
  const width = input.types.length
  return calls.flatMap((call, index) => (live.includes(width + index) ? [{ call, column: width + index }] : []))
}

/** A call, and where in the lists of all calls its own values begin. */
interface PlacedCall extends WantedCall {
  readonly form: RangedCall
  readonly partials: readonly number[]
  readonly firstLocal: number
  readonly firstBordered: number
  readonly firstBefore: number
  readonly firstTotal: number
}

/**
 * The window over ranges; all its wanted calls have a form over ranges, and the same order if any. `word` names
 * its exchanges among those of the operator.
 */
export function windowOverRanges(
  plan: Window,
  word: string,
  input: Fragment,
  context: UnfoldContext,
): Distributed {
  const used = wantedCalls(plan)
  const orders = used.find(({ call }) => call.orders.length > 0)?.call.orders
  const placed: PlacedCall[] = []
  const partials: AggregateCall[] = []
  const counts = { local: 0, bordered: 0, before: 0, total: 0 }
  for (const { call, column } of used) {
    const form = present(rangedCall(call), `${call.name} has a form over ranges`)
    const places = form.partials.map((partial) => placeOf(partials, partial))
    placed.push({
      call, column, form, partials: places,
      firstLocal: counts.local, firstBordered: counts.bordered, firstBefore: counts.before, firstTotal: counts.total,
    })
    counts.local += form.locals.length
    counts.bordered += form.bordered.length
    counts.before += form.before.length
    counts.total += form.totals.length
  }
  const ranges = counts.local + counts.bordered > 0 ? orders : undefined
  const request = { operator: 'window', id: plan.id, word, keepsNumber: true } as const
  const rows = ranges === undefined ? keptRows(plan, word, input, context)
    : divideByOrder(context, input, ranges, request)
  if (rows === 'pending') return rows
  if (!isDivided(rows)) return { ...rows, plan: { ...plan, input: rows.plan } }
  const local = finishLocally(context, rows)
  if (local !== undefined) return { ...local, plan: { ...plan, input: withoutNumber(local.plan, plan.input) } }
  return carried({ plan, word, placed, partials, orders: ranges }, rows, context)
}

/** The rows without the number of their range. */
const withoutNumber = (rows: Plan, { types }: Plan): Plan =>
  ({ ...rows, types, live: rows.live.filter((index) => index < types.length) })

/** The position of the partial among all, where it is added if it is not there. */
function placeOf(partials: AggregateCall[], partial: AggregateCall): number {
  const text = JSON.stringify(partial)
  const known = partials.findIndex((other) => JSON.stringify(other) === text)
  return known >= 0 ? known : partials.push(partial) - 1
}

/** Rows that are read twice, where they are: for their totals, and beside these. */
function keptRows(plan: Window, word: string, input: Fragment, context: UnfoldContext): Distributed {
  if (isCheapTwice(input.plan)) return input
  return materialize(context, input, { key: `${plan.id}:${word}`, exchange: 'materialize', reason: 'input of window' })
}

interface CarriedWindow {
  readonly plan: Window
  readonly word: string
  readonly placed: readonly PlacedCall[]
  readonly partials: readonly AggregateCall[]
  /** Where the rows lie in ranges, with the number of the range after the input's columns. */
  readonly orders: readonly SortOrder[] | undefined
}

/** The own values of the tasks beside one row with those over other ranges. */
function carried(window: CarriedWindow, rows: Fragment, context: UnfoldContext): Distributed {
  const { plan, placed } = window
  const bordered = borderedRows(window, rows)
  const borders = bordered === undefined ? [] : borderPartials(bordered)
  const summary = summarize({ ...window, partials: [...window.partials, ...borders] }, rows, context)
  if (summary === 'pending') return summary
  const totals = readAll(summary).plan
  const earlier = otherRanges('earlier', totals, context)
  const lists = {
    earlier,
    later: otherRanges('later', totals, context),
    columns: borders.map((_, index) => 1 + window.partials.length + index),
  }
  const calls = placed.flatMap(({ form }) => form.bordered)
  const own = bordered === undefined ? rows.plan : besideBorders(bordered, calls, lists, context)
  const local = localWindow(window, own, context)
  const before = mergedRow(window, earlier, 'before', context)
  const total = mergedRow(window, totals, 'totals', context)
  const beside = crossed(crossed(local, before, context), total, context)
  const [firstBordered, firstLocal] = [rows.plan.types.length + 1, own.types.length]
  const firstBefore = local.types.length
  const firstTotal = firstBefore + before.types.length
  const column = (index: number): Expr => columnAt(beside, index)
  const results = new Map(placed.map((call) => [call.column, call.form.result({
    local: (index) => column(firstLocal + call.firstLocal + index),
    bordered: (index) => column(firstBordered + call.firstBordered + index),
    before: (index) => column(firstBefore + call.firstBefore + index),
    total: (index) => column(firstTotal + call.firstTotal + index),
  })]))
  const exprs = plan.types.map((type, index): Expr =>
    index < plan.input.types.length
      ? { kind: 'column', index, type }
      : results.get(index) ?? { kind: 'constant', type, value: { kind: 'null' } })
  context.decide({
    about: `window ${plan.id}`,
    choice: window.orders === undefined ? 'beside totals' : 'over ranges',
    facts: `${rows.rows} rows`,
  })
  const { id, types, live } = plan
  return { ...rows, plan: { kind: 'project', id, types, live, input: beside, exprs } }
}

/** One row for each range, or for each task where there is no order: the number, then the partials. */
function summarize(
  { plan, word, partials, orders }: CarriedWindow,
  rows: Fragment,
  context: UnfoldContext,
): Distributed {
  const isOrdered = orders !== undefined
  const groups = isOrdered ? [columnAt(rows.plan, plan.input.types.length)] : []
  const types = [...groups, ...partials].map(typeOf)
  const summary: PartialAggregate = {
    kind: 'partial-aggregate',
    id: context.freshId(),
    types,
    live: types.map((_, index) => index),
    input: rows.plan,
    groups,
    partials,
  }
  const count = isOrdered ? context.partitions : context.tasks
  return runStage(
    context,
    { plan: summary, partitioning: { kind: 'any' }, rows: count, domainRows: count },
    {
      key: `${plan.id}:${word}-totals`,
      exchange: 'broadcast',
      reason: `totals of ${isOrdered ? 'ranges' : 'tasks'}, for window ${plan.id}`,
      isReadWhole: true,
    },
  )
}

function localWindow({ placed }: CarriedWindow, input: Plan, context: UnfoldContext): Plan {
  const calls = placed.flatMap(({ form }) => form.locals)
  if (calls.length === 0) return input
  const types = [...input.types, ...calls.map(typeOf)]
  const live = [...input.live, ...calls.map((_, index) => input.types.length + index)]
  return { kind: 'window', id: context.freshId(), types, live, input, calls }
}

function otherRanges(side: OtherRanges['side'], input: Plan, context: UnfoldContext): OtherRanges {
  const { types, live } = input
  return { kind: 'other-ranges', id: context.freshId(), types, live, side, input, column: 0 }
}

/** Undefined when no call looks at border rows. */
function borderedRows({ plan, placed, orders }: CarriedWindow, rows: Fragment): BorderedRows | undefined {
  const reaches = placed.flatMap(({ form }) => form.bordered.flatMap((call) => reachOf(call) ?? []))
  if (reaches.length === 0 || orders === undefined) return undefined
  const most = (side: keyof Reach) => reaches.reduce((max, reach) => Math.max(max, reach[side]), 0)
  const reach = { before: most('before'), after: most('after') }
  return { rows: rows.plan, width: plan.input.types.length, orders, reach }
}

/** What all calls want to know of the ranges in `input`, in one row. */
function mergedRow(
  { placed, orders }: CarriedWindow,
  input: Plan,
  which: 'before' | 'totals',
  context: UnfoldContext,
): FinalAggregate {
  const first = orders === undefined ? 0 : 1
  const merges = placed.flatMap(({ form, partials }) =>
    form[which].map((merge) =>
      merge((index) => columnAt(input, first + present(partials[index], 'a partial has a place')))))
  const types = merges.map(typeOf)
  const live = types.map((_, index) => index)
  return {
    kind: 'final-aggregate', id: context.freshId(), types, live, input,
    groupCount: 0, groupingSets: undefined, merges, groupingFunctions: [],
  }
}

/** Each row beside the one row; as it is when that has no columns. */
function crossed(left: Plan, row: FinalAggregate, context: UnfoldContext): Plan {
  if (row.types.length === 0) return left
  const types = [...left.types, ...row.types]
  const join: Join = {
    kind: 'join', id: context.freshId(), types, joinType: 'inner', left, right: row,
    live: [...left.live, ...row.live.map((index) => left.types.length + index)],
    conditions: [], residual: [], delim: undefined,
  }
  return join
}

const columnAt = ({ types }: Plan, index: number): Expr =>
  ({ kind: 'column', index, type: types[index] ?? bigintType })
