/**
 * Aggregation over divided rows: in one phase where a group lies in one task already, in two phases
 * where every call can be split, else over all rows of each group.
 */
import { present } from '@arbalest/common'
import {
  typeOf, type AggregateCall, type Expr, type FinalAggregate, type PartialAggregate, type Plan,
} from '@arbalest/plan'
import { barelyRepeats, estimateGroups } from './estimate-groups.js'
import { doubtfulRows } from './first-phase.js'
import { gather, materialize, readAll, repartition } from './exchange.js'
import { isDivided, keysWithin, movePartitioning, type Distributed, type Fragment } from './fragment.js'
import { keyColumn } from './key-columns.js'
import { sharePartials } from './share-partials.js'
import { splitAggregate } from './split-aggregate.js'
import type { SplitAggregate } from './split-form.js'
import type { UnfoldContext } from './unfold-context.js'
import type { Aggregate } from '@arbalest/plan'
import { oneTaskParts } from '../undivided.js'

/** Below so many partial rows one task finishes: another exchange costs more. */
const finishInOneTaskRows = 20_000
/**
 * Above so many estimated groups the partial values are divided at once; likewise where nobody knows, if tasks may
 * leave out the first phase or dividing few rows makes no more files.
 */
const divideAtOnceGroups = 1_000

/** Groups that there may be, as a share of a task's rows, above which a task looks before the first phase. */
const doubtfulShare = 0.5

type Distribute = (plan: Plan, context: UnfoldContext) => Distributed

export function distributeAggregate(plan: Aggregate, context: UnfoldContext, distribute: Distribute): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  if (!isDivided(input)) return inOnePhase(plan, input, context)
  const columns = new Set(plan.groups.flatMap((group) => keyColumn(group) ?? []))
  const isWithin = plan.groupingSets === undefined && keysWithin(input.partitioning, columns)
  if (isWithin) return inOnePhase(plan, input, context)
  const split = splitAll(plan)
  const isReduced = split !== undefined && !barelyReduces(plan, input, context)
  if (isReduced) return inTwoPhases(plan, input, split, context)
  const distinct = ungroupedDistinct(plan)
  if (distinct !== undefined) return countDistinctValues(plan, input, distinct, context)
  if (plan.groups.length === 0 || plan.groupingSets !== undefined) {
    const all = gather(context, input, { key: `${plan.id}:aggregate`, reason: oneTaskParts.aggregate.reason })
    return all === 'pending' ? all : inOnePhase(plan, all, context)
  }
  const divided = repartition(context, input, keysToDivideBy(plan, context).map((at) => groupAt(plan, at)), {
    key: `${plan.id}:aggregate`,
    reason: split === undefined
      ? 'rows by group, for an aggregate that cannot be split' : 'rows by group, of nearly as many groups',
  })
  return divided === 'pending' ? divided : inOnePhase(plan, divided, context)
}

/** Positions of the groups by which rows are divided: those that readers want them by, else all. */
function keysToDivideBy(plan: Aggregate, context: UnfoldContext): readonly number[] {
  return context.wantedKeys.get(plan.id) ?? plan.groups.map((_, at) => at)
}

const groupAt = ({ groups }: Aggregate, at: number): Expr => present(groups[at], 'a wanted key is one of the groups')

/** Whether nearly every row has a group of its own: known by statistics, and said where it is acted on. */
function barelyReduces(plan: Aggregate, input: Fragment, context: UnfoldContext): boolean {
  if (plan.groups.length === 0 || plan.groupingSets !== undefined) return false
  const estimate = estimateGroups(plan, input, context)
  if (!barelyRepeats(estimate, input)) return false
  const facts = `about ${Math.round(estimate.groups)} groups of ${Math.round(input.rows)} rows`
  context.decide({ about: `aggregate ${plan.id}`, choice: 'one phase', facts })
  return true
}

/**
 * What an aggregate below joins puts together where the rows lie: groups that are spread over tasks come out once from
 * each, since they are added up above.
 */
export function distributePartial(plan: PartialAggregate, context: UnfoldContext, distribute: Distribute): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  const outputsOf = (column: number) =>
    plan.groups.flatMap((group, output) => (keyColumn(group) === column ? [output] : []))
  const shares = isDivided(input) ? context.tasks : 1
  const { groups } = estimateGroups(plan, { ...input, rows: input.rows / shares }, context)
  const rows = Math.min(input.rows, groups * shares)
  const partitioning = movePartitioning(input.partitioning, outputsOf)
  return { plan: { ...plan, input: input.plan }, partitioning, rows, domainRows: rows }
}

function inOnePhase(plan: Aggregate, input: Fragment, context: UnfoldContext): Fragment {
  const outputsOf = (column: number) =>
    plan.groups.flatMap((group, output) => (keyColumn(group) === column ? [output] : []))
  const { groups } = estimateGroups(plan, input, context)
  return {
    plan: { ...plan, input: input.plan },
    partitioning: movePartitioning(input.partitioning, outputsOf),
    rows: groups,
    domainRows: groups,
  }
}

/** The wanted calls of an aggregate: those whose output columns are live, by position in `aggregates`. */
function wantedCalls(plan: Aggregate): readonly number[] {
  const first = plan.groups.length
  return plan.aggregates.flatMap((_, index) => (plan.live.includes(first + index) ? [index] : []))
}

function splitAll(plan: Aggregate): ReadonlyMap<number, SplitAggregate> | undefined {
  const split = new Map<number, SplitAggregate>()
  for (const index of wantedCalls(plan)) {
    const form = splitAggregate(present(plan.aggregates[index], 'a wanted call exists'))
    if (form === undefined) return undefined
    split.set(index, form)
  }
  return split
}

function inTwoPhases(
  plan: Aggregate,
  input: Fragment,
  split: ReadonlyMap<number, SplitAggregate>,
  context: UnfoldContext,
): Distributed {
  const groupCount = plan.groups.length
  const { partials, places } = sharePartials(split)
  const types = [...plan.groups.map(typeOf), ...partials.map((partial) => partial.type)]
  const { groups, isKnown, most } = estimateGroups(plan, input, context)
  const mayRepeatRarely = groupCount > 0 && most >= (input.rows / context.tasks) * doubtfulShare
  const doubtful = mayRepeatRarely ? doubtfulRows(input, partials, context) : undefined
  const first: PartialAggregate = {
    kind: 'partial-aggregate',
    id: context.freshId(),
    types,
    live: types.map((_, index) => index),
    input: input.plan,
    groups: plan.groups,
    partials,
    ...(doubtful === undefined ? {} : { doubtfulRows: doubtful }),
  }
  const rows = groupCount === 0 ? context.tasks : groups
  const partial: Fragment = { plan: first, partitioning: { kind: 'any' }, rows, domainRows: rows }
  const isUnsure = context.isMarked && !isKnown && most > finishInOneTaskRows
  const mayBeMany = groups > divideAtOnceGroups || doubtful !== undefined || isUnsure
  const merged = exchangePartials(plan, partial, { everywhere: partials.every(mergesAlike), mayBeMany }, context)
  if (merged === 'pending') return merged
  const place = (index: number) => (partialIndex: number): Expr => {
    const position = groupCount + present(places.get(index)?.[partialIndex], 'a partial has a place')
    return { kind: 'column', index: position, type: present(types[position], 'a partial has a type') }
  }
  const second: FinalAggregate = {
    kind: 'final-aggregate',
    id: plan.id,
    types: plan.types,
    live: plan.live,
    input: merged.plan,
    groupCount,
    groupingSets: plan.groupingSets,
    merges: plan.aggregates.map((call, index) => split.get(index)?.merge(place(index)) ?? nullOf(call)),
    groupingFunctions: plan.groupingFunctions,
  }
  const outRows = groupCount === 0 ? 1 : merged.rows
  return { plan: second, partitioning: merged.partitioning, rows: outRows, domainRows: outRows }
}

/** Stands for a call nobody wants; it is never rendered. */
const nullOf = (call: AggregateCall): Expr => ({ kind: 'constant', type: call.type, value: { kind: 'null' } })

const orderFreeMerges: ReadonlySet<string> = new Set([
  'count', 'count_if', 'sum', 'min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor',
])

/** Whether merging the same partial values twice gives the same value, bit for bit. */
function mergesAlike(partial: AggregateCall): boolean {
  const { name, type } = partial
  const isFloat = type.kind === 'simple' && (type.name === 'DOUBLE' || type.name === 'FLOAT')
  return orderFreeMerges.has(name) && !(name === 'sum' && isFloat) && type.kind !== 'list'
}

/**
 * Partial rows to where they are merged. Few rows are merged by every task that wants them, if all come to
 * the same values; else by one task. Many rows are divided by group.
 */
function exchangePartials(
  plan: Aggregate,
  partial: Fragment,
  { everywhere, mayBeMany }: { readonly everywhere: boolean; readonly mayBeMany: boolean },
  context: UnfoldContext,
): Distributed {
  const key = `${plan.id}:partial`
  const reason = 'partial aggregate'
  const groups = keysToDivideBy(plan, context).map((index): Expr => ({
    kind: 'column',
    index,
    type: present(partial.plan.types[index], 'groups have types'),
  }))
  const divisible = groups.length > 0 && plan.groupingSets === undefined
  const written =
    divisible && mayBeMany
      ? repartition(context, partial, groups, { key, reason })
      : materialize(context, partial, { key, exchange: 'gather', reason, isReadWhole: !divisible })
  if (written === 'pending') return written
  const facts = `${written.rows} partial rows`
  if (!divisible || written.rows < finishInOneTaskRows) {
    context.decide({ about: `aggregate ${plan.id}`, choice: 'merge undivided', facts })
    const small = everywhere && written.rows < finishInOneTaskRows
    return { ...readAll(written), partitioning: { kind: small ? 'replicated' : 'single' } }
  }
  context.decide({ about: `aggregate ${plan.id}`, choice: 'merge divided by group', facts })
  if (written.partitioning.kind === 'hash') return written
  return repartition(context, written, groups, { key: `${plan.id}:regroup`, reason: 'many groups' })
}

/** `count(DISTINCT x)` calls over one and the same argument, without groups. */
function ungroupedDistinct(plan: Aggregate): readonly number[] | undefined {
  if (plan.groups.length > 0) return undefined
  const calls = wantedCalls(plan)
  const distinct = calls.filter((index) => {
    const call = present(plan.aggregates[index], 'a wanted call exists')
    return splitAggregate(call) === undefined
  })
  const texts = new Set<string>()
  for (const index of distinct) {
    const call = present(plan.aggregates[index], 'a wanted call exists')
    const countsOneArgument =
      call.name === 'count' && call.distinct && call.args.length === 1 && call.orders.length === 0
    if (!countsOneArgument) return undefined
    texts.add(JSON.stringify(call.args))
  }
  return texts.size === 1 ? distinct : undefined
}

/** Equal values meet in one task, so the tasks' distinct counts add up. */
function countDistinctValues(
  plan: Aggregate,
  input: Fragment,
  distinct: readonly number[],
  context: UnfoldContext,
): Distributed {
  const index = present(distinct[0], 'there is a distinct call')
  const argument = present(plan.aggregates[index]?.args[0], 'it has one argument')
  const column = keyColumn(argument)
  const isWithin = column !== undefined && keysWithin(input.partitioning, new Set([column]))
  const divided = isWithin ? input : repartition(context, input, [argument], {
    key: `${plan.id}:distinct`,
    reason: 'values for count(DISTINCT)',
  })
  if (divided === 'pending') return divided
  if (!isDivided(divided)) return inOnePhase(plan, divided, context)
  const split = new Map<number, SplitAggregate>()
  for (const wanted of wantedCalls(plan)) {
    const call = present(plan.aggregates[wanted], 'a wanted call exists')
    const counted = splitAggregate({ ...call, distinct: false })
    const form = distinct.includes(wanted) && counted !== undefined
      ? { ...counted, partials: [call] }
      : splitAggregate(call)
    split.set(wanted, present(form, 'the other calls can be split'))
  }
  return inTwoPhases(plan, divided, split, context)
}
