/**
 * Logical plan to fragments, bottom-up: every operator goes on top of its inputs' fragments, and an
 * exchange is put only where a required division of rows is missing.
 *
 * The walk is a pure function of the plan and of the facts of finished stages. It is repeated from the
 * start whenever a stage has finished: places that have run are recognised by their keys, and a choice
 * that hangs on a size is met again with the size known. Algorithm: docs/internals/planner.md.
 */
import { AssertionFailed, assertNever, present } from '@arbalest/common'
import { operatorsOf, type Expr, type Plan } from '@arbalest/plan'
import { distributeAggregate, distributePartial } from './distribute-aggregate.js'
import { distributeJoin } from './distribute-join.js'
import { distributeRecursiveCte } from './distribute-recursive.js'
import {
  distributePositionalJoin, distributeSample, distributeTableFunction, distributeUnnest, inOneTask,
} from './distribute-table-operators.js'
import { distributeWholeSelect } from './distribute-whole-select.js'
import { windowOver } from './distribute-window.js'
import { selectivity } from './estimate.js'
import { barelyRepeats, estimateGroups } from './estimate-groups.js'
import { gather, materialize, repartition } from './exchange.js'
import {
  isDivided, keepLive, keysWithin, movePartitioning, type Distributed, type Fragment,
} from './fragment.js'
import { finishLocally } from './finish-locally.js'
import { divideByOrder } from './range-exchange.js'
import { emptyFragment, foldEmpty, hasNoRows, noteFold } from './fold-empty.js'
import { keyColumn } from './key-columns.js'
import { isSameInEveryTask } from './repeatable.js'
import { combineInputs, unionAll } from './union-all.js'
import type { UnfoldContext } from './unfold-context.js'
import { oneTaskParts } from '../undivided.js'

type Of<Kind extends Plan['kind']> = Extract<Plan, { kind: Kind }>

/** The fragment that computes `plan`, or `pending` when stages have to finish first. */
export function distribute(plan: Plan, context: UnfoldContext): Distributed {
  const asked = context.publishedCount()
  const raw = distributeOperator(plan, context)
  if (raw === 'pending') return raw
  // What waits for nothing has no use for a stage that was asked for on the way.
  context.publishOnly(asked)
  const result = folded(raw, context)
  // Rows that a second computation might not give again must exist once only.
  if (result.partitioning.kind === 'replicated' && !isSameInEveryTask(result.plan)) {
    return { ...result, partitioning: { kind: 'single' } }
  }
  const kept = { ...result, partitioning: keepLive(result.partitioning, plan.live) }
  return finishLocally(context, kept) ?? kept
}

/** The rows stay where they are: a fold drops inputs and moves nothing. */
function folded(fragment: Fragment, context: UnfoldContext): Fragment {
  const plan = foldEmpty(fragment.plan)
  if (plan === undefined) return fragment
  noteFold(fragment.plan, context)
  return hasNoRows(plan) ? emptyFragment(plan) : { ...fragment, plan }
}

function distributeOperator(plan: Plan, context: UnfoldContext): Distributed {
  switch (plan.kind) {
    case 'scan': return distributeScan(plan, context)
    case 'values':
      return { plan, partitioning: { kind: 'replicated' }, rows: plan.rows.length, domainRows: plan.rows.length }
    case 'project': return distributeProject(plan, context)
    case 'filter': return distributeFilter(plan, context)
    case 'aggregate': return distributeAggregate(plan, context, distribute)
    case 'partial-aggregate': return distributePartial(plan, context, distribute)
    case 'join': return distributeJoin(plan, context, distribute)
    case 'delim-scan': return present(context.delims.get(plan.delimId), 'a delim scan lies inside its join')
    case 'sort': return distributeSort(plan, context)
    case 'limit': return distributeLimit(plan, context)
    case 'distinct': return distributeDistinct(plan, context)
    case 'window': return distributeWindow(plan, context)
    case 'set-operation': return distributeSetOperation(plan, context)
    case 'cte': return distributeCte(plan, context)
    case 'cte-scan': return distributeCteScan(plan, context)
    case 'unnest': return distributeUnnest(plan, context, distribute)
    case 'table-function': return distributeTableFunction(plan, context, distribute)
    case 'sample': return distributeSample(plan, context, distribute)
    case 'computed-limit':
      return inOneTask(plan, context, distribute, oneTaskParts.computedLimit.reason)
    case 'positional-join': return distributePositionalJoin(plan, context, distribute)
    case 'recursive-cte': return distributeRecursiveCte(plan, context, distribute)
    case 'whole-select': return distributeWholeSelect(plan, context, distribute)
    case 'shuffle-read': case 'replicated-scan': case 'pick': case 'final-aggregate':
    case 'key-sample': case 'range-number': case 'other-ranges':
      throw new AssertionFailed(`${plan.kind} in a logical plan`)
  }
  return assertNever(plan)
}

function distributeScan(plan: Of<'scan'>, context: UnfoldContext): Fragment {
  const source = present(context.sources[plan.source], `source ${plan.source} of the plan`)
  const rows = source.rows * selectivity(plan.predicate, source)
  if (source.rows <= context.replicatedRowsMax) {
    const { id, types, live } = plan
    return {
      plan: { kind: 'replicated-scan', id, types, live, scan: plan },
      partitioning: { kind: 'replicated' },
      rows,
      domainRows: source.rows,
    }
  }
  return { ...dividedScan(plan, context), rows, domainRows: source.rows }
}

/** Where the files hold buckets, or another scan lies alike, the rows are shared so, else as the files are. */
function dividedScan(plan: Of<'scan'>, context: UnfoldContext): Pick<Fragment, 'plan' | 'partitioning'> {
  const outputsOf = (tableColumn: number) => plan.live.filter((output) => {
    const column = plan.columns[output]
    return column?.kind === 'table' && column.index === tableColumn
  })
  const keys = context.bucketKeys.get(plan.id)?.map((column) => new Set(outputsOf(column)))
  if (keys?.every((key) => key.size > 0) === true) {
    const facts = `files of ${plan.table} hold one bucket each`
    context.decide({ about: `scan ${plan.id}`, choice: 'divide by bucket', facts })
    return { plan: { ...plan, isByBucket: true }, partitioning: { kind: 'hash', keys } }
  }
  const division = context.divisions.get(plan.id)
  const outputs = division === undefined ? [] : outputsOf(division.column)
  if (division === undefined || outputs.length === 0) return { plan, partitioning: { kind: 'any' } }
  const name = present(plan.tableColumns[division.column], 'a scan is divided by a column of its table').name
  const facts = `row groups of ${plan.table} do not overlap in it`
  context.decide({ about: `scan ${plan.id}`, choice: `divide by ${name}`, facts })
  const partitioning = { kind: 'aligned', keys: [new Set(outputs)], borders: division.borders } as const
  return { plan: { ...plan, division }, partitioning }
}

function distributeProject(plan: Of<'project'>, context: UnfoldContext): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  const outputsOf = (column: number) =>
    plan.live.filter((output) => {
      const expr = plan.exprs[output]
      return expr !== undefined && keyColumn(expr) === column
    })
  return {
    ...input,
    plan: { ...plan, input: input.plan },
    partitioning: movePartitioning(input.partitioning, outputsOf),
  }
}

function distributeFilter(plan: Of<'filter'>, context: UnfoldContext): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  const share = 0.3 ** Math.min(2, plan.predicates.length)
  return { ...input, plan: { ...plan, input: input.plan }, rows: input.rows * share }
}

function distributeSort(plan: Of<'sort'>, context: UnfoldContext): Distributed {
  const input = distribute(plan.input, context)
  if (input === 'pending') return input
  if (!isDivided(input)) return { ...input, plan: { ...plan, input: input.plan }, partitioning: { kind: 'single' } }
  const request = { operator: 'sort', id: plan.id, word: 'sort', keepsNumber: false } as const
  const rows = divideByOrder(context, input, plan.orders, request)
  return rows === 'pending' ? rows : { ...rows, plan: { ...plan, input: rows.plan } }
}

/** The first rows of each task, then the first of those. */
function distributeLimit(plan: Of<'limit'>, context: UnfoldContext): Distributed {
  const sort = plan.input.kind === 'sort' ? plan.input : undefined
  const input = distribute(sort === undefined ? plan.input : sort.input, context)
  if (input === 'pending') return input
  const over = (below: Plan): Plan => (sort === undefined ? below : { ...sort, input: below })
  let cut = input
  if (isDivided(input) && plan.count !== undefined) {
    const wanted = plan.count + plan.offset
    const live = sort === undefined ? plan.live : sort.input.live
    const inner = over(input.plan)
    cut = {
      ...input,
      // The cut must keep the columns that the final sort needs.
      plan: {
        ...plan,
        id: context.freshId(),
        live,
        input: sort === undefined ? inner : { ...sort, id: context.freshId(), live, input: input.plan },
        count: wanted,
        offset: 0,
      },
      rows: Math.min(input.rows, wanted * context.tasks),
    }
  }
  const all = gather(context, cut, {
    key: `${plan.id}:limit`,
    reason: sort === undefined ? 'first rows of each task' : 'top rows of each task',
  })
  if (all === 'pending') return all
  return {
    ...all,
    plan: { ...plan, input: over(all.plan) },
    rows: Math.min(all.rows, plan.count ?? Infinity),
  }
}

function distributeDistinct(plan: Of<'distinct'>, context: UnfoldContext): Distributed {
  const input = distribute(plan.input, context)
  return input === 'pending' ? input : distinctOver(plan, input, context)
}

function distinctOver(plan: Of<'distinct'>, input: Fragment, context: UnfoldContext): Distributed {
  const over = (fragment: Fragment): Fragment => ({ ...fragment, plan: { ...plan, input: fragment.plan } })
  if (!isDivided(input)) return over(input)
  const keys = plan.on ?? liveColumns(plan.input)
  const columns = new Set(keys.flatMap((key) => keyColumn(key) ?? []))
  if (keysWithin(input.partitioning, columns)) return over(input)
  // Plain DISTINCT may drop duplicates before the exchange; DISTINCT ON has to see all rows at once.
  const reduced = plan.on === undefined ? withoutRepeats(plan.input, input, context) : input
  const wanted = context.wantedKeys.get(plan.id)
  const dividedBy = wanted === undefined ? keys : liveColumns({ ...plan.input, live: wanted })
  const divided = repartition(context, reduced, dividedBy, { key: `${plan.id}:distinct`, reason: 'rows for distinct' })
  return divided === 'pending' ? divided : over(divided)
}

/** Each task's rows without their repeats, where rows of the logical `plan` have some. */
function withoutRepeats(plan: Plan, input: Fragment, context: UnfoldContext): Fragment {
  const estimate = estimateGroups({ input: plan, groups: liveColumns(plan) }, input, context)
  if (barelyRepeats(estimate, input)) return input
  const { types } = input.plan
  const { live } = plan
  const id = context.freshId()
  const distinct: Plan = { kind: 'distinct', id, types, live, input: input.plan, on: undefined, orders: [] }
  return { ...input, plan: distinct }
}

function liveColumns(plan: Plan): readonly Expr[] {
  return plan.live.map((index) => ({
    kind: 'column',
    index,
    type: present(plan.types[index], 'live columns have types'),
  }))
}

function distributeWindow(plan: Of<'window'>, context: UnfoldContext): Distributed {
  const input = distribute(plan.input, context)
  return input === 'pending' ? input : windowOver(plan, input, context)
}

function distributeSetOperation(plan: Of<'set-operation'>, context: UnfoldContext): Distributed {
  const all = plan.inputs.map((input) => distribute(input, context))
  const less = withoutEmptyInputs(plan, all, context)
  if (less !== undefined) return less
  const inputs: Fragment[] = []
  const logical: Plan[] = []
  for (const [index, input] of all.entries()) {
    if (input === 'pending') return input
    if (hasNoRows(input.plan)) continue
    inputs.push(input)
    logical.push(present(plan.inputs[index], 'an input has a plan'))
  }
  if (inputs.every((input) => !isDivided(input))) {
    const replicated = inputs.every((input) => input.partitioning.kind === 'replicated')
    return combineInputs(plan, inputs, { kind: replicated ? 'replicated' : 'single' })
  }
  if (plan.operation === 'union' && plan.all) return unionAll(plan, inputs, context)
  const columns = commonKeys(inputs, plan.live) ?? plan.live
  const divided = inputs.map((input, index) => {
    if (keyColumns(input)?.join() === columns.join()) return input
    const asked = { ...present(logical[index], 'an input has a plan'), live: plan.live }
    const reduced = plan.all ? input : withoutRepeats(asked, input, context)
    return repartition(context, reduced, liveColumns({ ...input.plan, live: columns }), {
      key: `${plan.id}:${plan.operation}${index}`,
      reason: `input ${index + 1} of ${plan.operation}`,
    })
  })
  const fewer = withoutEmptyInputs(plan, divided, context)
  if (fewer !== undefined) return fewer
  const parts: Fragment[] = []
  for (const part of divided) {
    if (part === 'pending') return part
    if (!hasNoRows(part.plan)) parts.push(part)
  }
  return combineInputs(plan, parts, parts[0]?.partitioning ?? { kind: 'any' })
}

/** The columns by whose hash the larger inputs lie divided already, for the others to follow. */
function commonKeys(inputs: readonly Fragment[], live: readonly number[]): readonly number[] | undefined {
  const [largest] = inputs.toSorted((a, b) => b.rows - a.rows)
  const keys = largest === undefined ? undefined : keyColumns(largest)
  return keys?.every((column) => live.includes(column)) === true ? keys : undefined
}

/** A column for each key of a hash division. */
function keyColumns({ partitioning }: Fragment): readonly number[] | undefined {
  if (partitioning.kind !== 'hash') return undefined
  return partitioning.keys.map((key) => Math.min(...key))
}

/** Where not more than one input is left, what the operation comes to; it may do without pending ones. */
function withoutEmptyInputs(
  plan: Of<'set-operation'>,
  inputs: readonly Distributed[],
  context: UnfoldContext,
): Distributed | undefined {
  const known = inputs.map((input, index) =>
    input === 'pending' ? present(plan.inputs[index], 'every input is one of the plan') : input.plan)
  const less = foldEmpty({ ...plan, inputs: known })
  if (less === undefined || less.kind === 'set-operation') return undefined
  noteFold({ ...plan, inputs: known }, context)
  if (hasNoRows(less)) return emptyFragment(less)
  const only = present(inputs.find((input) => input === 'pending' || !hasNoRows(input.plan)), 'one input has rows')
  if (only === 'pending') return only
  return less.kind === 'distinct' ? distinctOver(less, only, context) : { ...only, plan: less }
}

/** The definition runs once, as a stage of its own that keeps its division; tiny ones are repeated. */
function distributeCte(plan: Of<'cte'>, context: UnfoldContext): Distributed {
  const definition = distribute(plan.definition, context)
  if (definition === 'pending') {
    context.ctes.set(plan.cteId, definition)
  } else if (definition.partitioning.kind === 'replicated' && definition.rows < repeatedRowsMax(definition.plan)) {
    context.ctes.set(plan.cteId, definition)
  } else {
    const request = { key: `${plan.id}:cte`, exchange: 'materialize', reason: 'shared subplan' } as const
    context.ctes.set(plan.cteId, materialize(context, definition, request))
  }
  return distribute(plan.body, context)
}

/** Computing rows again from what finished stages wrote is cheap; scanning tables again is less so. */
const repeatedRowsMax = (plan: Plan): number =>
  operatorsOf(plan).some(({ kind }) => kind === 'replicated-scan') ? 1_000 : 20_000

const isOneRow = (plan: Plan): boolean =>
  (plan.kind === 'aggregate' && plan.groups.length === 0 && plan.groupingSets === undefined) ||
  (plan.kind === 'final-aggregate' && plan.groupCount === 0 && plan.groupingSets === undefined)

function distributeCteScan(plan: Of<'cte-scan'>, context: UnfoldContext): Distributed {
  const definition = present(context.ctes.get(plan.cteId), 'a CTE scan lies inside its CTE')
  if (definition === 'pending') return definition
  const { plan: shared } = definition
  if (shared.kind === 'shuffle-read') return { ...definition, plan: { ...shared, live: plan.live } }
  // One row of aggregates is computed by each reader as far as it wants it.
  if (isOneRow(shared)) return { ...definition, plan: { ...shared, live: plan.live } }
  // Another repeated definition computes all its columns; a projection takes the wanted ones.
  const exprs: Expr[] = plan.types.map((type, index) => ({ kind: 'column', index, type }))
  const { id, types, live } = plan
  return { ...definition, plan: { kind: 'project', id, types, live, input: shared, exprs } }
}

