/**
 * Runs a prepared query's stages on one plain DuckDB: stage by stage and task by task, as the cluster
 * does it, but with nothing between the planner and DuckDB.
 */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { quoteLiteral, typeToSql, type StageId } from '@arbalest/common'
import type { DuckDBConnection } from '@duckdb/node-api'
import {
  inputViewSql, sliceViewSql, type Decision, type LocalInput, type PreparedQuery, type PublishedStage, type StageFacts,
  type StageInput, type StageSpec, type TaskSpec,
} from '@arbalest/plan'
import { unfold } from '@arbalest/planner'
import type { Answer } from '../../bench/oracle/compare-answers.js'
import { checkStages } from '../../packages/planner/src/testing/check-stages.js'

export interface RunOptions {
  readonly executors: number
  /** As for a job that has run out of memory; 1 unless given. */
  readonly partitionsTimes?: number
  /** An existing directory for the stages' files. */
  readonly directory: string
  /** What the planner is told of a finished stage instead of the truth. */
  readonly tell?: (facts: StageFacts) => StageFacts
  /** Which of so many running stages ends next. */
  readonly choose?: (running: number) => number
}

export interface UnfoldedRun {
  readonly answer: Answer
  readonly stages: readonly StageSpec[]
  readonly decisions: readonly Decision[]
}

interface OutputFile {
  readonly task: number
  readonly partition: number
  /** Whether rows of all partitions lie in it. */
  readonly isMarked: boolean
  readonly path: string
  readonly rows: number
}
interface TaskOutput { readonly rows: Answer['rows']; readonly files: readonly OutputFile[] }
type Outputs = Map<StageId, readonly OutputFile[]>

export async function runUnfolded(
  connection: DuckDBConnection,
  query: PreparedQuery,
  { executors, directory, partitionsTimes = 1, tell = (facts) => facts, choose = () => 0 }: RunOptions,
): Promise<UnfoldedRun> {
  // Two and three executors mark rows with their partition, five write a file for each.
  const machines = executors === 3 ? 1 : executors
  const cluster = { executors, slots: executors, threadsPerExecutor: 1, machines, partitionsTimes }
  const stages: StageSpec[] = []
  const decisions: Decision[] = []
  const published: PublishedStage[] = []
  const running: StageSpec[] = []
  const outputs: Outputs = new Map()
  for (;;) {
    const step = unfold(query, { cluster, published, nextStageId: (stages.length + 1) as StageId })
    decisions.push(...step.decisions)
    stages.push(...step.stages)
    running.push(...step.stages)
    published.push(...step.stages.map(({ stageId, key }) => ({ stageId, key })))
    checkStages(stages)
    if (running.length === 0) throw new Error('no stage runs and the result is not published')
    const [stage] = running.splice(choose(running.length), 1)
    const { rows, files } = await runStage(connection, stage!, outputs, join(directory, `stage-${stage!.stageId}`))
    if (stage!.output.kind === 'result') return { answer: { columns: columnsOf(query), rows }, stages, decisions }
    outputs.set(stage!.stageId, files)
    const at = published.findIndex(({ stageId }) => stageId === stage!.stageId)
    published[at] = { ...published[at]!, facts: tell(factsOf(stage!, files)) }
  }
}

const columnsOf = (query: PreparedQuery): Answer['columns'] =>
  query.columns.map(({ name, type }) => ({ name, type: typeToSql(type) }))

async function runStage(
  connection: DuckDBConnection,
  stage: StageSpec,
  outputs: Outputs,
  directory: string,
): Promise<TaskOutput> {
  mkdirSync(directory, { recursive: true })
  const done: TaskOutput[] = []
  for (const task of stage.tasks) {
    for (const input of stage.inputs) {
      await defineView(connection, input.name, inputViewSql(localInput(input, task, outputs)))
    }
    await defineView(connection, 'task_slice', sliceViewSql(task.partitions))
    done.push(await runTask(connection, stage, task, join(directory, String(task.task))))
  }
  return { rows: done.flatMap(({ rows }) => rows), files: done.flatMap(({ files }) => files) }
}

const defineView = (connection: DuckDBConnection, name: string, sql: string) =>
  connection.run(`CREATE OR REPLACE TEMP VIEW ${name} AS ${sql}`)

function localInput(input: StageInput, task: TaskSpec, outputs: Outputs): LocalInput {
  const { name, columns } = input
  if (input.kind === 'scan') {
    const shares = input.mode === 'all' ? input.files.map((_, file) => ({ file })) : (task.splits[name] ?? [])
    const splits = shares.map(({ file, ...range }) => ({ file: input.files[file]!, ...range }))
    return { kind: 'files', name, reader: input.reader, columns, splits }
  }
  const wanted = (file: OutputFile): boolean => {
    if (input.mode === 'task') return file.task === task.task
    return input.mode === 'all' || file.isMarked || task.partitions.includes(file.partition)
  }
  const files = outputs.get(input.stageId)
  if (files === undefined) throw new Error(`${name} reads stage ${input.stageId}, which has not finished`)
  const read = files.filter(wanted)
  const only = read.some(({ isMarked }) => isMarked) && input.mode === 'partition' ? { only: task.partitions } : {}
  return { kind: 'shuffle', name, columns, paths: read.map(({ path }) => path), rows: 0, bytes: 0, ...only }
}

/** Tasks take a stage's alternative in turn: it must be right whatever their rows say. */
async function sqlOf(connection: DuckDBConnection, { sql, alternative }: StageSpec, task: number): Promise<string> {
  if (alternative === undefined) return sql
  const [answer, ...others] = (await connection.runAndReadAll(alternative.when)).getRowsJson()
  if (typeof answer?.[0] !== 'boolean' || others.length > 0) throw new Error(`no BOOLEAN: ${alternative.when}`)
  return task % 2 === 0 ? alternative.sql : sql
}

async function runTask(
  connection: DuckDBConnection,
  stage: StageSpec,
  { task }: TaskSpec,
  directory: string,
): Promise<TaskOutput> {
  if (stage.output.kind === 'result') {
    const result = (await connection.runAndReadAll(stage.sql)).getRowsJson()
    const text = (value: unknown) => (value === null ? null : String(value as string))
    return { rows: result.map((row) => row.map(text)), files: [] }
  }
  mkdirSync(directory)
  const sql = await sqlOf(connection, stage, task)
  const isMarked = stage.output.kind === 'hash' && stage.output.isMarked
  const isHash = stage.output.kind === 'hash' && !isMarked
  const target = isHash ? directory : join(directory, 'part.parquet')
  const options = isHash ? ', PARTITION_BY (__p), WRITE_PARTITION_COLUMNS false, OVERWRITE' : ''
  const copyAs = (version: string) => connection.run(
    `COPY (${sql}\n) TO ${quoteLiteral(target)} (FORMAT parquet, PARQUET_VERSION ${version}${options})`,
  )
  await copyAs('V2').catch((error: unknown) => {
    // As of lists of texts; executors write these by version 1 from the start.
    if (!String(error).includes('not enough space in buffer')) throw error
    return copyAs('V1')
  })
  const files: OutputFile[] = []
  for (const [partition, path] of writtenFiles(directory)) {
    const count = await connection.runAndReadAll(`SELECT count(*)::INTEGER FROM read_parquet(${quoteLiteral(path)})`)
    const rows = Number(count.getRowsJson()[0]?.[0])
    if (rows > 0) files.push({ task, partition, isMarked, path, rows })
  }
  return { rows: [], files }
}

/** Files by partition; 0 where the output is not divided. */
function writtenFiles(directory: string): readonly (readonly [number, string])[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .map((name) => [Number(/^__p=(\d+)/.exec(name)?.[1] ?? 0), join(directory, name)] as const)
    .sort(([a], [b]) => a - b)
}

function factsOf(stage: StageSpec, files: readonly OutputFile[]): StageFacts {
  const sum = (some: readonly OutputFile[]) => some.reduce((total, { rows }) => total + rows, 0)
  const partitions = stage.output.kind === 'hash' ? stage.output.partitions : 0
  const rows = sum(files)
  const partitionRows = Array.from({ length: partitions }, (_, partition) =>
    files[0]?.isMarked === true ? rows / partitions : sum(files.filter((file) => file.partition === partition)))
  return { rows, bytes: rows * 16, partitionRows, partitionBytes: partitionRows.map((count) => count * 16) }
}
