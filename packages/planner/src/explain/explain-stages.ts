/** EXPLAIN's text: mode and reason, then each stage with its inputs, its exchange, its tasks. */
import { assertNever } from '@arbalest/common'
import { inputViewSql, type Decision, type StageInput, type StageSpec } from '@arbalest/plan'

/** What a stage did, for EXPLAIN ANALYZE. */
export interface StageOutcome {
  readonly rows: number
  readonly bytes: number
  /** From the first attempt placed to the last one committed. */
  readonly elapsedMs: number
  readonly cpuMs: number
  readonly spilledBytes: number
  readonly fetchedBytes: number
  readonly attempts: number
  readonly executors: number
  /** Tasks that ran the stage's alternative. */
  readonly alternatives: number
}

export interface ExplainedPlan {
  readonly mode: 'whole' | 'distributed'
  readonly modeReason: string
  readonly stages: readonly StageSpec[]
  /** Made on true sizes, or still open. */
  readonly decisions: readonly Decision[]
  readonly decisionsAreOpen: boolean
  /** By stage id; absent before the query has run. */
  readonly outcomes?: ReadonlyMap<number, StageOutcome>
}

export function explainLines(plan: ExplainedPlan, verbose: boolean): readonly string[] {
  const readers = readersOf(plan.stages)
  const lines = [`${plan.mode}: ${plan.modeReason}`]
  for (const stage of plan.stages) {
    lines.push(...stageLines(stage, plan.outcomes?.get(stage.stageId), readers.get(stage.stageId) ?? []))
    if (verbose) lines.push(...stageSql(stage).map((line) => `    ${line}`))
  }
  if (plan.decisions.length > 0) {
    lines.push(plan.decisionsAreOpen ? 'open choices, on estimates:' : 'choices made:')
    for (const { about, choice, facts } of plan.decisions) lines.push(`  ${about}: ${choice} (${facts})`)
  }
  return lines
}

/** Which stages read a stage, and how. */
function readersOf(stages: readonly StageSpec[]): ReadonlyMap<number, readonly StageInput[]> {
  const readers = new Map<number, StageInput[]>()
  for (const input of stages.flatMap((stage) => stage.inputs)) {
    if (input.kind !== 'shuffle') continue
    const known = readers.get(input.stageId) ?? []
    readers.set(input.stageId, [...known, input])
  }
  return readers
}

function stageLines(
  stage: StageSpec,
  outcome: StageOutcome | undefined,
  readers: readonly StageInput[],
): readonly string[] {
  const tasks = `${stage.tasks.length} ${stage.tasks.length === 1 ? 'task' : 'tasks'}`
  const size = outcome === undefined ? `~${count(stage.estimatedRows)} rows` : measured(outcome, stage)
  const shown = stage.exchange === 'result' && outcome === undefined && stage.estimatedRows === 0 ? [] : [size]
  const head = [`stage ${stage.stageId}: ${stage.reason}`, tasks, exchangeText(stage, readers), ...shown]
  return [head.join(' · '), ...stage.inputs.map((input) => `  reads ${inputText(input)}`)]
}

/** An estimate that is off by so much is said. */
const offMin = 10

function wrongEstimate(rows: number, { estimatedRows, exchange }: StageSpec): string {
  const [low, high] = [Math.max(1, Math.min(rows, estimatedRows)), Math.max(1, rows, estimatedRows)]
  const isNone = exchange === 'result' && estimatedRows === 0
  return isNone || high < low * offMin ? '' : ` (estimated ${count(estimatedRows)}, off by ${count(high / low)} ×)`
}

function measured(outcome: StageOutcome, stage: StageSpec): string {
  const parts = [
    `${count(outcome.rows)} rows${wrongEstimate(outcome.rows, stage)}`,
    bytes(outcome.bytes),
    `${Math.round(outcome.elapsedMs)} ms`,
    `CPU ${Math.round(outcome.cpuMs)} ms`,
    `${outcome.attempts} ${outcome.attempts === 1 ? 'attempt' : 'attempts'} on ${outcome.executors} ` +
      (outcome.executors === 1 ? 'executor' : 'executors'),
  ]
  if (outcome.fetchedBytes > 0) parts.push(`fetched ${bytes(outcome.fetchedBytes)}`)
  if (outcome.alternatives > 0) {
    parts.push(`${outcome.alternatives} of ${stage.tasks.length} ${stage.alternative?.what ?? 'otherwise'}`)
  }
  if (outcome.spilledBytes > 0) parts.push(`spilled ${bytes(outcome.spilledBytes)}`)
  return parts.join(' · ')
}

/** The exchange as its readers make it: a hash-divided output that everyone reads whole is a broadcast. */
function exchangeText(stage: StageSpec, readers: readonly StageInput[]): string {
  const readWhole = readers.length > 0 && readers.every((reader) => reader.kind === 'shuffle' && reader.mode === 'all')
  switch (stage.output.kind) {
    case 'result': return 'result'
    case 'hash': {
      const { partitions, isMarked, isSorted = false } = stage.output
      const how = stage.exchange === 'range' ? 'range' : 'hash'
      const kind = isSorted ? 'sorted ' : isMarked ? 'marked ' : ''
      return `${how} into ${partitions} ${kind}partitions${readWhole ? ', read whole' : ''}`
    }
    case 'single': return stage.exchange
    case 'table': return 'files of a table'
    case 'files': return `${stage.output.format} files`
  }
  return assertNever(stage.output)
}

function inputText(input: StageInput): string {
  switch (input.kind) {
    case 'scan': {
      const files = `${input.files.length} ${input.files.length === 1 ? 'file' : 'files'}`
      const columns = input.columns.map((column) => column.name).join(', ')
      const key = input.isByBucket === true ? 'bucket' : input.dividedBy
      const by = key === undefined ? '' : ` by ${key}`
      const how = input.mode === 'all' ? 'whole' : `divided${by}`
      return `${input.table} (${files}, ${how}) as ${input.name}: ${columns}`
    }
    case 'shuffle': {
      const how = { all: 'whole', partition: 'by partition', task: 'task by task' }[input.mode]
      return `stage ${input.stageId} (${how}) as ${input.name}`
    }
  }
  return assertNever(input)
}

/** SQL to paste into any DuckDB: views for the inputs, then the fragment. */
function stageSql(stage: StageSpec): readonly string[] {
  const lines = stage.inputs.flatMap((input) =>
    input.kind === 'scan'
      ? [`CREATE TEMP VIEW ${input.name} AS ${wholeInputSql(input)};`]
      : [`-- ${input.name} reads the files of stage ${input.stageId}: ${input.columns.map((c) => c.name).join(', ')}`],
  )
  const { alternative } = stage
  const other = alternative === undefined ? [] : [
    `-- tasks for which the first of these is true run the second instead: ${alternative.what}`,
    ...`${alternative.when};`.split('\n'), ...`${alternative.sql};`.split('\n'),
  ]
  return [...lines, ...`${stage.sql};`.split('\n'), ...other]
}

const wholeInputSql = (input: Extract<StageInput, { kind: 'scan' }>): string =>
  inputViewSql({
    kind: 'files',
    name: input.name,
    reader: input.reader,
    columns: input.columns,
    splits: input.files.map((file) => ({ file })),
  })

function count(rows: number): string {
  if (rows >= 1e9) return `${(rows / 1e9).toFixed(1)} G`
  if (rows >= 1e6) return `${(rows / 1e6).toFixed(1)} M`
  if (rows >= 1e4) return `${(rows / 1e3).toFixed(1)} k`
  return String(Math.round(rows))
}

function bytes(size: number): string {
  if (size >= 2 ** 30) return `${(size / 2 ** 30).toFixed(1)} GiB`
  if (size >= 2 ** 20) return `${(size / 2 ** 20).toFixed(1)} MiB`
  if (size >= 2 ** 10) return `${(size / 2 ** 10).toFixed(1)} KiB`
  return `${size} B`
}
