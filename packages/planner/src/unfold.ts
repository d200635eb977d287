/**
 * One step of the unfolding planner: from a prepared query and the facts of the stages that have
 * finished to the stages that can run now. A pure function; the scheduler calls it again after each
 * finished stage until the result stage is published. It is the meeting point of the rooms
 * physical -> stages -> render.
 */
import { limits, present, quoteIdentifier, varcharType, type Column, type SessionSettings } from '@arbalest/common'
import {
  encodeColumn, operatorsOf, type ClusterFacts, type Decision, type Expr, type Plan, type PreparedQuery,
  type PublishedStage, type StageOutput, type StageSpec, type UnfoldStep, type WriteTarget,
} from '@arbalest/plan'
import type { StageId } from '@arbalest/common'
import { aggregateEarly } from './physical/aggregate-early.js'
import { alignScans } from './physical/align-scans.js'
import { bucketScans } from './physical/bucket-scans.js'
import { chooseMode } from './physical/choose-mode.js'
import { divideFiner } from './physical/divide-finer.js'
import { distribute } from './physical/distribute.js'
import { gather } from './physical/exchange.js'
import { hardlyRepeats, someGroups, withoutFirstPhase } from './physical/first-phase.js'
import { foldEmptyTables } from './physical/fold-empty.js'
import { isDivided } from './physical/fragment.js'
import { planFacts } from './physical/plan-facts.js'
import { isRepeatable, isSameInEveryTask } from './physical/repeatable.js'
import { shareScans } from './physical/share-scans.js'
import { orderedUnions } from './physical/union-all.js'
import { hasSmallTables, wantedKeys } from './physical/wanted-keys.js'
import type { StageRequest, UnfoldContext } from './physical/unfold-context.js'
import { partitionExpression, valuePartition } from './render/partition-expression.js'
import { renderSelect } from './render/render-plan.js'
import { cutStage, outputColumns, type CutStage } from './stages/cut-stage.js'
import { dividedTasks, firstPartitions, singleTask, type TaskShares } from './stages/divide-tasks.js'

export interface UnfoldFacts {
  readonly cluster: ClusterFacts
  readonly published: readonly PublishedStage[]
  /** The number of the next stage to publish. */
  readonly nextStageId: StageId
}

const wholeKey = 'whole'
const resultKey = 'result'
/**
 * Tables of at most so many rows are read whole by every task: a stage of their own costs more. Under
 * `always` they must also be small beside the largest table, whose division is what was asked for.
 */
const replicatedRowsMax = 200_000
/** Rows that are so few in any case. */
const replicatedRowsMin = 1_000
/** All tasks together read no more of a replicated table than this share of the largest one. */
const replicatedShare = 0.2
/** Beside a table of so many rows, those of `dimensionRowsMax` are read whole whatever the number of tasks. */
const largeTableRows = 250_000
const dimensionRowsMax = 75_000

/** The stages that can run now. No stages and not finished = the published ones have to finish first. */
export function unfold(prepared: PreparedQuery, facts: UnfoldFacts): UnfoldStep {
  const query = divideFiner(prepared, facts.cluster)
  const known = new Map(facts.published.map((stage) => [stage.key, stage]))
  const { mode: chosen, reason } = chooseMode(query, facts.cluster)
  const mode = known.has(wholeKey) ? 'whole' : known.size > 0 ? 'distributed' : chosen
  if (mode === 'whole' || query.logical.kind !== 'plan') {
    const stages = known.has(wholeKey) ? [] : [wholeStage(query, facts.nextStageId)]
    return { mode: 'whole', modeReason: reason, stages, decisions: [], finished: true }
  }
  const { stages, decisions } = unfoldPlan(query, query.logical.plan, facts)
  const [only] = stages
  // What reads no table though the query does has been folded over empty ones.
  const isFolded = only?.inputs.length === 0 && Object.keys(query.sources).length > 0
  const isAlone = known.size === 0 && stages.length === 1 && only?.key === resultKey && only.tasks.length === 1
  if (isAlone && !isFolded) {
    const modeReason = 'its tables are too small to divide'
    return { mode: 'whole', modeReason, stages: [wholeStage(query, facts.nextStageId)], decisions: [], finished: true }
  }
  const finished = known.has(resultKey) || stages.some((stage) => stage.key === resultKey)
  return { mode, modeReason: reason, stages, decisions, finished }
}

function unfoldPlan(query: PreparedQuery, logical: Plan, facts: UnfoldFacts) {
  const stages: StageSpec[] = []
  const { partitions: usual, tasks, isMarked } = divisionOf(query.settings, facts.cluster)
  const rowsMax = replicatedRows(query, tasks)
  const shared = shareScans(logical, { sources: query.sources, replicatedRowsMax: rowsMax })
  const earlyFacts = { sources: query.sources, tasks, replicatedRowsMax: rowsMax }
  const { plan, decisions: early } = aggregateEarly(shared.plan, earlyFacts)
  const decisions: Decision[] = [...shared.decisions, ...early]
  const unions = orderedUnions(logical)
  const isWanted = query.settings.targetPartitions !== undefined
  const scanFacts = { sources: query.sources, tasks, replicatedRowsMax: rowsMax }
  const buckets = bucketScans(plan, { ...scanFacts, partitions: usual, isWanted })
  const { partitions } = buckets
  const published = new Map(facts.published.map((stage) => [stage.key, stage]))
  let fresh = 1 + operatorsOf(plan).reduce((most, operator) => Math.max(most, operator.id), 0)
  const writtenBy = (stageId: StageId) => {
    const stage = facts.published.find((one) => one.stageId === stageId)
    return present(stage?.facts, 'only finished stages are read')
  }
  const spreadsScans = query.settings.distribute === 'always'
  const isFiner = (facts.cluster.partitionsTimes ?? 1) > 1
  const shares = { tasks, partitions, isMarked, inOrder: unions.size > 0, spreadsScans, isFiner, writtenBy }
  const build = (request: StageRequest, output: 'result' | 'shuffle') => {
    const stageId = (facts.nextStageId + stages.length) as StageId
    stages.push(stageOf({ stageId, request, output, query, shares }))
  }
  const context: UnfoldContext = {
    tasks,
    partitions,
    isMarked,
    replicatedRowsMax: rowsMax,
    ...planFacts(plan, query.sources),
    divisions: alignScans(plan, { ...scanFacts, bucketed: new Set(buckets.keys.keys()) }),
    bucketKeys: buckets.keys,
    wantedKeys: wantedKeys(plan, (part) => hasSmallTables(part, (source) => query.sources[source]?.rows ?? 0, rowsMax)),
    orderedUnions: unions,
    settings: query.settings,
    progressOf(key) {
      const stage = published.get(key)
      if (stage === undefined) return { kind: 'unpublished' }
      const { stageId, facts: measured } = stage
      return measured === undefined
        ? { kind: 'running', stageId }
        : { kind: 'finished', stageId, facts: measured }
    },
    writtenBy,
    publish(request) {
      if (!stages.some((stage) => stage.key === request.key)) build(request, 'shuffle')
    },
    publishedCount: () => stages.length,
    publishOnly: (count) => void (stages.length = count),
    decide: (decision) => void decisions.push(decision),
    freshId: () => fresh++,
    ctes: new Map(),
    delims: new Map(),
  }
  const divided = distribute(foldEmptyTables(plan, context), context)
  const isGathered = query.target?.inOneTask === true && divided !== 'pending'
  const root = isGathered ? gather(context, divided, { key: 'file:gather', reason: 'rows of one file' }) : divided
  if (root !== 'pending' && !published.has(resultKey)) {
    const request = { key: resultKey, exchange: 'result', reason: 'the answer', fragment: root } as const
    build({ ...request, hashKeys: undefined, isContinued: false }, 'result')
  }
  return { stages, decisions }
}

/**
 * Most tasks for which rows are marked with their partition instead of being written by partition. DuckDB's
 * partitioned write takes as long as four reads; every reader reads all rows then, and fetches them where
 * they lie on other machines.
 */
const markingTasksMax = { oneMachine: 4, more: 2 }

function replicatedRows({ settings, sources }: PreparedQuery, tasks: number): number {
  if (settings.distribute !== 'always') return replicatedRowsMax
  const largest = Object.values(sources).reduce((most, { rows }) => Math.max(most, rows), 0)
  const rowsMin = largest >= largeTableRows ? dimensionRowsMax : replicatedRowsMin
  return Math.max(rowsMin, Math.min(replicatedRowsMax, (largest * replicatedShare) / tasks))
}

/** Partitions of all exchanges of a job, how they are told apart, and the most tasks of its stages. */
function divisionOf(
  settings: SessionSettings,
  { executors, machines = executors, partitionsTimes = 1 }: ClusterFacts,
) {
  const wanted = settings.targetPartitions
  const most = Math.max(2, executors) * partitionsTimes
  const tasks = Math.min(most, wanted ?? most)
  const isMarked = tasks <= (machines === 1 ? markingTasksMax.oneMachine : markingTasksMax.more)
  // Marked rows cost the same however few partitions there are; files are dealt more evenly when there are more.
  const partitions = wanted ?? Math.min(limits.partitionFilesMax, isMarked ? tasks : most * 2)
  return { partitions, tasks, isMarked }
}

interface StageParts {
  readonly stageId: StageId
  readonly request: StageRequest
  readonly output: 'result' | 'shuffle'
  readonly query: PreparedQuery
  readonly shares: Omit<TaskShares, 'isContinued' | 'readsRanges' | 'readShare' | 'splitsByValue' | 'byBucket'> & {
    readonly isMarked: boolean
  }
}

function stageOf({ stageId, request, output: kind, query, shares }: StageParts): StageSpec {
  const { partitions, isMarked } = shares
  const { fragment } = request
  const isDividedAnew = request.hashKeys !== undefined || request.partitionColumn !== undefined
  const { plan } = fragment
  const cut = cutStage(plan, query.sources)
  const isResult = kind === 'result'
  const { isContinued } = request
  const isSorted = partitions > limits.partitionFilesMax
  const list = (column: (index: number) => string) =>
    isResult ? resultList(query, column) : shuffleList(request, column, shares)
  const output: StageOutput = isResult
    ? lastOutput(query)
    : isDividedAnew ? dividedOutput(partitions, { isMarked, isSorted }) : { kind: 'single' }
  return {
    stageId,
    key: request.key,
    exchange: request.exchange,
    reason: request.reason,
    sql: renderSelect(plan, { inputName: cut.inputName }, list),
    ...alternativeOf(plan, cut, list),
    inputs: cut.inputs,
    output,
    columns: isResult ? resultColumns(query) : outputColumns(plan.live, plan.types),
    tasks: isDivided(fragment)
      ? dividedTasks(cut.inputs, { ...shares, ...cut, isContinued, readsRanges: cut.readsRanges || isSorted })
      : singleTask(partitions),
    estimatedRows: Math.round(fragment.rows),
    indeterminate: !(request.mustBeSame === true ? isSameInEveryTask(plan) : isRepeatable(plan)),
  }
}

/** Too many partitions for a file each are neighbours in one file a task, which readers take ranges of. */
const dividedOutput = (
  partitions: number,
  { isMarked, isSorted }: { readonly isMarked: boolean; readonly isSorted: boolean },
): StageOutput =>
  isSorted ? { kind: 'hash', partitions, isMarked: true, isSorted } : { kind: 'hash', partitions, isMarked }

/** A first phase that may not pay is left out by the tasks that find it so. */
function alternativeOf(
  plan: Plan,
  { inputName }: CutStage,
  list: (column: (index: number) => string) => string,
): Pick<StageSpec, 'alternative'> {
  if (plan.kind !== 'partial-aggregate' || plan.doubtfulRows === undefined) return {}
  const { plan: some, leaf } = someGroups(plan)
  const names = some.live.map((index) => `c${index}`)
  const groups = renderSelect(some, { inputName: () => inputName(leaf) }, (column) => some.live.map(column).join(', '))
  return {
    alternative: {
      when: hardlyRepeats(groups, names, plan.doubtfulRows),
      sql: renderSelect(withoutFirstPhase(plan), { inputName }, list),
      what: 'without a first phase',
    },
  }
}

function shuffleList(
  { fragment, hashKeys, borders, partitionColumn }: StageRequest,
  column: (index: number) => string,
  { partitions, tasks }: { readonly partitions: number; readonly tasks: number },
): string {
  const { live, types } = fragment.plan
  const columns = live.map((index) => {
    const type = present(types[index], 'live columns have types')
    return `${encodeColumn(column(index), type)} AS c${index}`
  })
  if (columns.length === 0) columns.push('1 AS dummy')
  if (hashKeys !== undefined) {
    const partition = borders === undefined
      ? partitionExpression(hashKeys, partitions, column)
      : valuePartition(hashKeys, borders, firstPartitions(partitions, tasks), column)
    columns.push(`${partition} AS __p`)
  }
  if (partitionColumn !== undefined) columns.push(`${column(partitionColumn)} AS __p`)
  return columns.join(', ')
}

function lastOutput({ target }: PreparedQuery): StageOutput {
  if (target === undefined) return { kind: 'result' }
  const { directory, layout, buckets } = target
  if (layout !== undefined) return { kind: 'files', directory, ...layout }
  return buckets === undefined ? { kind: 'table', directory } : { kind: 'table', directory, buckets: buckets.count }
}

function resultList(query: PreparedQuery, column: (index: number) => string): string {
  const { target } = query
  if (target !== undefined) return targetList(target, column)
  const columns = query.columns.map((_, index) =>
    query.textResult ? `CAST(${column(index)} AS VARCHAR) AS c${index}` : `${column(index)} AS c${index}`,
  )
  return columns.join(', ')
}

function targetList(target: WriteTarget, column: (index: number) => string): string {
  const { columns, buckets } = target
  const stored = columns.map((to, index) => storedColumn(to, column(index), target))
  if (buckets !== undefined) {
    const keys = buckets.columns.map((index): Expr => (
      { kind: 'column', index, type: present(columns[index], 'buckets are said by columns of the table').type }))
    stored.push(`${partitionExpression(keys, buckets.count, column)} AS __p`)
  }
  return stored.join(', ')
}

const storedColumn = ({ name, type }: Column, sql: string, { layout }: WriteTarget): string =>
  `${layout === undefined ? encodeColumn(sql, type) : sql} AS ${quoteIdentifier(name)}`

/** With a text result every column is VARCHAR on the wire; its own type travels beside it. */
function resultColumns(query: PreparedQuery): readonly Column[] {
  if (query.target !== undefined) return query.target.columns
  return query.textResult ? query.columns.map(({ name }) => ({ name, type: varcharType })) : query.columns
}

/** The query's own text on one executor. */
function wholeStage(query: PreparedQuery, stageId: StageId): StageSpec {
  const { sql, inputs, prelude } = query.whole
  const names = query.columns.map((_, index) => `c${index}`)
  const isWrapped = query.textResult || query.target !== undefined
  const list = resultList(query, (index) => present(names[index], 'every column has a name'))
  return {
    stageId,
    key: wholeKey,
    exchange: 'result',
    reason: 'the answer',
    sql: isWrapped ? `SELECT ${list} FROM (${sql}\n) AS answer(${names.join(', ')})` : sql,
    ...(prelude === undefined ? {} : { prelude }),
    inputs,
    output: lastOutput(query),
    columns: resultColumns(query),
    tasks: [{ task: 0, partitions: [0], splits: {} }],
    estimatedRows: 0,
    indeterminate: false,
  }
}
