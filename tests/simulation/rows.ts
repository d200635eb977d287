/**
 * The rows of simulated outputs: a number for each partition, computed from all that was read. Another,
 * a missing or a doubled piece gives another number, and with it another answer.
 */
import { present } from '@arbalest/common'
import type { AttemptInput, ShuffleInput, StageSpec, TaskSpec } from '@arbalest/plan'
import { shuffleSourcesOf, type SimJob, specOf } from './sim-job.js'

/** For each indeterminate task (`stage/task`) the run whose rows are in an output. */
export type Lineage = ReadonlyMap<string, number>

/** What one run of an attempt has computed. */
export interface Rows {
  /** Names the run: two runs of one attempt, which must never be, would have two. */
  readonly run: number
  readonly stage: number
  readonly task: number
  /** By partition; those without rows are left out. */
  readonly values: ReadonlyMap<number, number>
  readonly lineage: Lineage
  /** A task of which rows of two runs are in here. */
  readonly mixture: string | undefined
}

/** One piece as it was read: of which rows, and which of their partitions. */
export interface PieceRead {
  readonly input: number
  readonly rows: Rows
  readonly partitions: readonly number[]
}

function mix(a: number, b: number): number {
  let mixed = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** What a task makes of its files and of what it has read; the order of pieces does not matter. */
export function computeRows(
  { spec, task }: { readonly spec: StageSpec; readonly task: number },
  run: number,
  filesRead: readonly AttemptInput[],
  pieces: readonly PieceRead[],
): Rows {
  let sum = digestOfFiles(filesRead)
  const lineage = new Map<string, number>()
  const seen = new Set<Lineage>()
  let mixture: string | undefined
  for (const { input, rows, partitions } of pieces) {
    for (const partition of partitions) {
      const value = rows.values.get(partition)
      if (value !== undefined) sum = (sum + mix(mix(input + 1, rows.task), mix(partition, value))) >>> 0
    }
    mixture ??= rows.mixture
    if (seen.has(rows.lineage)) continue
    seen.add(rows.lineage)
    for (const [source, sourceRun] of rows.lineage) {
      if ((lineage.get(source) ?? sourceRun) !== sourceRun) mixture ??= source
      lineage.set(source, sourceRun)
    }
  }
  if (spec.indeterminate) lineage.set(`${spec.stageId}/${task}`, run)
  return { run, stage: spec.stageId, task, values: valuesOf(spec, task, sum, run), lineage, mixture }
}

function valuesOf(spec: StageSpec, task: number, sum: number, run: number): ReadonlyMap<number, number> {
  const values = new Map<number, number>()
  const count = spec.output.kind === 'hash' ? spec.output.partitions : 1
  const own = mix(mix(spec.stageId, task), sum)
  for (let partition = 0; partition < count; partition++) {
    if (isEmpty(spec, task, partition)) continue
    values.set(partition, mix(spec.indeterminate ? mix(own, run) : own, partition))
  }
  return values
}

/** Some partitions and some tasks have no rows in any run, and nobody is sent to them. */
function isEmpty({ stageId }: StageSpec, task: number, partition: number): boolean {
  return mix(stageId, task) % 11 === 0 || mix(mix(stageId, task), partition) % 7 === 0
}

/** Files are numbers; the stage's scan comes after its shuffle inputs. */
function digestOfFiles(inputs: readonly AttemptInput[]): number {
  let sum = 0
  for (const input of inputs) {
    if (input.kind !== 'files') continue
    for (const { file } of input.splits) sum = (sum + mix(77, file.sizeBytes)) >>> 0
  }
  return sum
}

/** The rows that the parts of a job's result must have, given which runs of indeterminate tasks are in them. */
export function expectedRows(job: SimJob, lineage: Lineage): readonly Rows[] {
  const known = new Map<string, Rows>()
  const rowsOf = (spec: StageSpec, task: TaskSpec): Rows => {
    const key = `${spec.stageId}/${task.task}`
    const found = known.get(key)
    if (found) return found
    const pieces = spec.inputs.flatMap((input, index) =>
      input.kind === 'shuffle' ? piecesRead(job, input, index, task, rowsOf) : [],
    )
    const rows = computeRows({ spec, task: task.task }, lineage.get(key) ?? 0, filesOf(spec, task), pieces)
    known.set(key, rows)
    return rows
  }
  const last = present(job.stages.at(-1), 'a job has a stage')
  return last.tasks.map((task) => rowsOf(last, task))
}

function piecesRead(
  job: SimJob,
  input: ShuffleInput,
  index: number,
  task: TaskSpec,
  rowsOf: (spec: StageSpec, task: TaskSpec) => Rows,
): readonly PieceRead[] {
  const producer = specOf(job, input.stageId)
  return shuffleSourcesOf(producer, input, task.task).map((source) => {
    const rows = rowsOf(producer, source)
    return { input: index, rows, partitions: input.mode === 'partition' ? task.partitions : [...rows.values.keys()] }
  })
}

/** The files that a task scans, as the scheduler should send them. */
function filesOf(spec: StageSpec, task: TaskSpec): readonly AttemptInput[] {
  return spec.inputs.flatMap((input): readonly AttemptInput[] => {
    if (input.kind !== 'scan') return []
    const { name, reader, columns, files } = input
    const numbers = input.mode === 'all' ? [...files.keys()] : (task.splits[name] ?? []).map(({ file }) => file)
    const splits = numbers.map((file) => ({ file: present(files[file], 'the file exists') }))
    return [{ kind: 'files', name, reader, columns, splits }]
  })
}
