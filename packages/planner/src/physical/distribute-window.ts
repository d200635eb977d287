/**
 * Windows over divided rows: side by side where `PARTITION BY` divides them, else over ranges of their order
 * with what each task has to know of the ranges before its own, else in one task.
 */
import { bigintType, present } from '@arbalest/common'
import {
  typeOf, type AggregateCall, type EarlierRanges, type Expr, type FinalAggregate, type Join, type PartialAggregate,
  type Plan, type Window, type WindowCall,
} from '@arbalest/plan'
import { gather, materialize, readAll, repartition, runStage } from './exchange.js'
import { isDivided, keysWithin, type Distributed, type Fragment } from './fragment.js'
import { keyColumn } from './key-columns.js'
import { divideByOrder, isCheapTwice } from './range-exchange.js'
import { rangedCall, type RangedCall } from './ranged-calls.js'
import type { UnfoldContext } from './unfold-context.js'

export function windowOver(plan: Window, input: Fragment, context: UnfoldContext): Distributed {
  const over = (fragment: Fragment): Fragment => ({ ...fragment, plan: { ...plan, input: fragment.plan } })
  if (!isDivided(input)) return over(input)
  const used = wantedCalls(plan)
  const [first, ...others] = used.map(({ call }) => call)
  if (first === undefined) return over(input)
  const common = first.partitions.filter((expr) =>
    others.every((call) => call.partitions.some((other) => sameExpr(other, expr))))
  if (common.length === 0) {
    const ranged = overRanges(plan, used, input, context)
    if (ranged !== undefined) return ranged
    const all = gather(context, input, { key: `${plan.id}:window`, reason: 'window without a common PARTITION BY' })
    return all === 'pending' ? all : over(all)
  }
  const columns = new Set(common.flatMap((expr) => keyColumn(expr) ?? []))
  if (keysWithin(input.partitioning, columns)) return over(input)
  const divided = repartition(context, input, common, { key: `${plan.id}:window`, reason: 'rows by PARTITION BY' })
  return divided === 'pending' ? divided : over(divided)
}

const sameExpr = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

interface WantedCall { readonly call: WindowCall; readonly column: number }

function wantedCalls({ calls, input, live }: Window): readonly WantedCall[] {
  const width = input.types.length
  return calls.flatMap((call, index) => (live.includes(width + index) ? [{ call, column: width + index }] : []))
}

/** A call, and where in the lists of all calls its own values begin. */
interface PlacedCall extends WantedCall {
  readonly form: RangedCall
  readonly partials: readonly number[]
  readonly firstLocal: number
  readonly firstBefore: number
  readonly firstTotal: number
}

/** Undefined when a call has no form over ranges, or the calls want different orders. */
function overRanges(
  plan: Window,
  used: readonly WantedCall[],
  input: Fragment,
  context: UnfoldContext,
): Distributed | undefined {
  const orders = used.find(({ call }) => call.orders.length > 0)?.call.orders
  const isAlike = used.every(({ call }) => call.orders.length === 0 || sameExpr(call.orders, orders))
  const hasPartitions = used.some(({ call }) => call.partitions.length > 0)
  if (!isAlike || hasPartitions) return undefined
  const placed: PlacedCall[] = []
  const partials: AggregateCall[] = []
  const counts = { local: 0, before: 0, total: 0 }
  for (const { call, column } of used) {
    const form = rangedCall(call)
    if (form === undefined) return undefined
    const places = form.partials.map((partial) => placeOf(partials, partial))
    const { local: firstLocal, before: firstBefore, total: firstTotal } = counts
    placed.push({ call, column, form, partials: places, firstLocal, firstBefore, firstTotal })
    counts.local += form.locals.length
    counts.before += form.before.length
    counts.total += form.totals.length
  }
  const isOrdered = counts.local > 0 && orders !== undefined
  const request = { id: plan.id, word: 'window', what: `window ${plan.id}`, keepsNumber: true } as const
  const rows = isOrdered ? divideByOrder(context, input, orders, request) : keptRows(plan, input, context)
  if (rows === 'pending') return rows
  if (!isDivided(rows)) return { ...rows, plan: { ...plan, input: rows.plan } }
  return carried({ plan, placed, partials, isOrdered }, rows, context)
}

/** The position of the partial among all, where it is added if it is not there. */
function placeOf(partials: AggregateCall[], partial: AggregateCall): number {
  const known = partials.findIndex((other) => sameExpr(other, partial))
  return known >= 0 ? known : partials.push(partial) - 1
}

/** Rows that are read twice, where they are: for their totals, and beside these. */
function keptRows(plan: Window, input: Fragment, context: UnfoldContext): Distributed {
  if (isCheapTwice(input.plan)) return input
  return materialize(context, input, { key: `${plan.id}:window`, exchange: 'materialize', reason: 'input of window' })
}

interface CarriedWindow {
  readonly plan: Window
  readonly placed: readonly PlacedCall[]
  readonly partials: readonly AggregateCall[]
  /** Whether the rows lie in ranges, with the number of the range after the input's columns. */
  readonly isOrdered: boolean
}

/** The own values of the tasks beside one row with those over other ranges. */
function carried(window: CarriedWindow, rows: Fragment, context: UnfoldContext): Distributed {
  const { plan, placed } = window
  const summary = summarize(window, rows, context)
  if (summary === 'pending') return summary
  const local = localWindow(window, rows.plan, context)
  const before = mergedRow(window, earlier(readAll(summary).plan, context), 'before', context)
  const total = mergedRow(window, readAll(summary).plan, 'totals', context)
  const beside = crossed(crossed(local, before, context), total, context)
  const [firstLocal, firstBefore] = [rows.plan.types.length, local.types.length]
  const firstTotal = firstBefore + before.types.length
  const column = (index: number): Expr => columnAt(beside, index)
  const results = new Map(placed.map((call) => [call.column, call.form.result({
    local: (index) => column(firstLocal + call.firstLocal + index),
    before: (index) => column(firstBefore + call.firstBefore + index),
    total: (index) => column(firstTotal + call.firstTotal + index),
  })]))
  const exprs = plan.types.map((type, index): Expr =>
    index < plan.input.types.length
      ? { kind: 'column', index, type }
      : results.get(index) ?? { kind: 'constant', type, value: { kind: 'null' } })
  context.decide({
    about: `window ${plan.id}`,
    choice: window.isOrdered ? 'over ranges' : 'beside totals',
    facts: `${rows.rows} rows`,
  })
  const { id, types, live } = plan
  return { ...rows, plan: { kind: 'project', id, types, live, input: beside, exprs } }
}

/** One row for each range, or for each task where there is no order: the number, then the partials. */
function summarize({ plan, partials, isOrdered }: CarriedWindow, rows: Fragment, context: UnfoldContext): Distributed {
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
      key: `${plan.id}:window-totals`,
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

function earlier(input: Plan, context: UnfoldContext): EarlierRanges {
  const { types, live } = input
  return { kind: 'earlier-ranges', id: context.freshId(), types, live, input, column: 0 }
}

/** What all calls want to know of the ranges in `input`, in one row. */
function mergedRow(
  { placed, isOrdered }: CarriedWindow,
  input: Plan,
  which: 'before' | 'totals',
  context: UnfoldContext,
): FinalAggregate {
  const first = isOrdered ? 1 : 0
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
