/**
 * The range exchange: rows are divided so that the tasks have ascending ranges of an order. What each task
 * then sorts for itself is sorted over all tasks. Decision 0014 has the measurements.
 *
 *   1. the rows are written down, unless computing them twice is cheap;
 *   2. each task samples keys;
 *   3. each task takes the same borders from all samples and divides its rows by them.
 */
import { bigintType, present } from '@arbalest/common'
import {
  operatorsOf, rangeKeyOf, type KeySample, type Plan, type RangeNumber, type SortOrder,
} from '@arbalest/plan'
import { gather, materialize, readAll, runStage } from './exchange.js'
import { finishLocally } from './finish-locally.js'
import { isDivided, type Distributed, type Fragment, type Partitioning, type RangeColumn } from './fragment.js'
import { keyColumn } from './key-columns.js'
import { isSameInEveryTask } from './repeatable.js'
import type { UnfoldContext } from './unfold-context.js'

/**
 * Rows that are worth two stages more than a gather has: a task takes about 4 ms each, a thread sorts about
 * 4 M rows in a second.
 */
const rangeRowsMin = { always: 200_000, auto: 500_000 }
/** Estimates are often too low by so much: such rows are written so that they can still be divided. */
const estimateErrorMax = 10

export interface OrderedRequest {
  readonly operator: 'sort' | 'window'
  /** Of the operator; with `word` it names the exchange. */
  readonly id: number
  readonly word: string
  /** Whether the number of each row's range is wanted, as a column after the input's. */
  readonly keepsNumber: boolean
}

/**
 * The rows divided by ranges of `orders`, or in one task where that is cheaper. Ranged rows are not sorted
 * yet. Where it keeps the number the partitioning is `range` for certain, or the rows are undivided.
 */
export function divideByOrder(
  context: UnfoldContext,
  input: Fragment,
  orders: readonly SortOrder[],
  request: OrderedRequest,
): Distributed {
  if (!isDivided(input) || (isRangedBy(input.partitioning, orders) && !request.keepsNumber)) return input
  const key = `${request.id}:${request.word}`
  const least = leastRows(context)
  const inOneTask = (): Distributed => gather(context, input, { key, reason: `input of ${request.operator}` })
  if (rangeKeyOf(orders) === undefined || context.tasks < 2) return inOneTask()
  if (isCheapTwice(input.plan) && input.rows >= least) return divided(context, input, orders, request)
  if (input.rows * estimateErrorMax < least) return inOneTask()
  const reason = `input of ${request.operator}`
  const exchange = input.rows < least ? 'gather' : 'materialize'
  const written = materialize(context, input, { key, exchange, reason, mustBeSame: true })
  if (written === 'pending' || !isDivided(written)) return written
  const local = finishLocally(context, written)
  if (local !== undefined) return local
  return written.rows < least
    ? { ...readAll(written), partitioning: { kind: 'single' } }
    : divided(context, written, orders, request)
}

/** Without finishing locally nothing is too small to be divided. */
function leastRows({ settings }: UnfoldContext): number {
  if (!settings.finishLocally) return 0
  return settings.distribute === 'always' ? rangeRowsMin.always : rangeRowsMin.auto
}

/** Scans and reads under projections and filters that give the same rows each time. */
export const isCheapTwice = (plan: Plan): boolean =>
  isSameInEveryTask(plan) &&
  operatorsOf(plan).every(({ kind }) =>
    kind === 'scan' || kind === 'shuffle-read' || kind === 'project' || kind === 'filter')

function divided(
  context: UnfoldContext,
  input: Fragment,
  orders: readonly SortOrder[],
  { operator, id, word, keepsNumber }: OrderedRequest,
): Distributed {
  const samples = runStage(context, keySample(context, input, orders), {
    key: `${id}:${word}-keys`,
    exchange: 'broadcast',
    reason: `keys sampled for ${operator} ${id}`,
    isReadWhole: true,
  })
  if (samples === 'pending') return samples
  const { types, live } = input.plan
  const number: RangeNumber = {
    kind: 'range-number',
    id: context.freshId(),
    types: [...types, bigintType],
    live: keepsNumber ? [...live, types.length] : live,
    input: input.plan,
    samples: readAll(samples).plan,
    orders,
    partitions: context.partitions,
  }
  const rows = runStage(
    context,
    { ...input, plan: number, partitioning: { kind: 'any' } },
    { key: `${id}:${word}-ranges`, exchange: 'range', reason: `rows by order, for ${operator} ${id}` },
    { partitionColumn: types.length },
  )
  if (rows === 'pending' || !isDivided(rows)) return rows
  const facts = `${rows.rows} rows, borders of ${context.partitions} ranges from sampled keys`
  context.decide({ about: `${operator} ${id}`, choice: 'divide by range', facts })
  return {
    ...rows,
    plan: keepsNumber ? rows.plan : { ...rows.plan, types },
    partitioning: rangeOf(orders),
  }
}

function keySample(context: UnfoldContext, input: Fragment, orders: readonly SortOrder[]): Fragment {
  const key = present(rangeKeyOf(orders), 'what is divided has an order')
  const plan: KeySample = {
    kind: 'key-sample',
    id: context.freshId(),
    types: [{ kind: 'list', child: key.type }, bigintType],
    live: [0, 1],
    input: input.plan,
    orders,
  }
  return { plan, partitioning: { kind: 'any' }, rows: context.tasks, domainRows: context.tasks }
}

/** Keys that are no plain columns are not known above: their rows lie by no known rule. */
function rangeOf(orders: readonly SortOrder[]): Partitioning {
  const keys: RangeColumn[] = []
  for (const { expr, descending, nullsFirst } of orders) {
    const column = keyColumn(expr)
    if (column === undefined) return { kind: 'any' }
    keys.push({ columns: new Set([column]), descending, nullsFirst })
  }
  return { kind: 'range', keys }
}

/** Whether rows lie in ranges of the first of `orders`, which is as good: equal ones meet. */
function isRangedBy(partitioning: Partitioning, orders: readonly SortOrder[]): boolean {
  return partitioning.kind === 'range' && partitioning.keys.every((key, index) => {
    const order = orders[index]
    const column = order === undefined ? undefined : keyColumn(order.expr)
    return order !== undefined && column !== undefined && key.columns.has(column) &&
      key.descending === order.descending && key.nullsFirst === order.nullsFirst
  })
}
