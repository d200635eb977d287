/** Stages, submissions, executors and reports for tests of the core. */
import type { ExecutorId, JobId, StageId } from '@arbalest/common'
import type { AttemptReport, ScanInput, ShuffleInput, StageInput, StageSpec, TaskSpec } from '@arbalest/plan'
import type { ExecutorAnnouncement, Submission } from '../event.js'

export const executorId = (letter: string): ExecutorId => `e${letter.repeat(16)}` as ExecutorId
export const jobId = (letter: string): JobId => `j${letter.repeat(16)}` as JobId
export const stageId = (id: number): StageId => id as StageId

export const submission: Submission = {
  sql: 'SELECT 1',
  jobName: undefined,
  sessionId: undefined,
  preparedQuery: '{}',
  settings: { TimeZone: 'UTC' },
  compression: 'none',
  timeoutMs: undefined,
  pool: undefined,
  priority: 0,
}

export function announcement(
  letter: string,
  more: Partial<ExecutorAnnouncement> = {},
): ExecutorAnnouncement {
  return {
    protocolVersion: 1,
    executorId: executorId(letter),
    host: `host-${letter}`,
    port: 50051,
    slots: 2,
    threads: 4,
    memoryLimitBytes: 1e9,
    engineFingerprint: 'duckdb',
    version: '0.1.0',
    pid: 1,
    heldOutputs: [],
    runningAttempts: [],
    ...more,
  }
}

export interface StageShape {
  readonly id: number
  readonly tasks?: number
  readonly reads?: readonly { readonly stage: number; readonly mode: ShuffleInput['mode'] }[]
  readonly scan?: ScanInput['mode']
  /** Hash partitions; `result` for the last stage; else a single file. */
  readonly output?: number | 'result'
  /** Whether the rows of all partitions lie in one file a task. */
  readonly isMarked?: boolean
  readonly indeterminate?: boolean
}

/** A stage; task n of m reads the partitions p with p % m === n and, when it scans, file n. */
export function stageSpec(shape: StageShape): StageSpec {
  const { id, tasks = 1, reads = [], scan, output, isMarked = false, indeterminate = false } = shape
  const partitions = 8
  const inputs: StageInput[] = reads.map(({ stage, mode }, index) => ({
    kind: 'shuffle', name: `input_${index}`, stageId: stageId(stage), mode, columns: [],
  }))
  if (scan) inputs.push(scanInput(tasks, scan))
  return {
    stageId: stageId(id),
    key: `place ${id}`,
    exchange: output === 'result' ? 'result' : typeof output === 'number' ? 'hash' : 'gather',
    reason: 'a test',
    sql: `SELECT ${id}`,
    inputs,
    output:
      output === 'result' ? { kind: 'result' }
      : output === undefined ? { kind: 'single' }
      : { kind: 'hash', partitions: output, isMarked },
    columns: [],
    tasks: Array.from({ length: tasks }, (_, task): TaskSpec => ({
      task,
      partitions: Array.from({ length: partitions }, (_unused, p) => p).filter((p) => p % tasks === task),
      splits: scan === 'split' ? { scan: [{ file: task }] } : {},
    })),
    estimatedRows: 10,
    indeterminate,
  }
}

function scanInput(files: number, mode: ScanInput['mode']): ScanInput {
  return {
    kind: 'scan',
    name: 'scan',
    table: 't',
    reader: { format: 'parquet', options: {}, partitionColumns: [] },
    columns: [],
    files: Array.from({ length: files }, (_, file) => ({
      path: `/data/${file}.parquet`, sizeBytes: 100, mtimeNs: '1', footerHash: 'f', rows: 10,
      rowGroupRows: [10],
    })),
    mode,
  }
}

/** What an attempt of a stage reports: 10 rows in 100 bytes for each file it leaves. */
export function reportFor(spec: StageSpec, inline?: string): AttemptReport {
  const count = filesOf(spec.output)
  const files = Array.from({ length: count }, (_, partition) => ({ partition, rows: 10, bytes: 100 }))
  const metrics = {
    startedMs: 1, fetchedMs: 2, computedMs: 3, committedMs: 4, inputRows: 10, inputBytes: 100,
    fetchedBytes: 0, cpuMs: 1, spilledBytes: 0, peakMemoryBytes: 1000,
  }
  return {
    files, rows: count * 10, bytes: count * 100, metrics, ...(inline === undefined ? {} : { inline }),
  }
}

/** How many files a task of such an output leaves. */
export const filesOf = (output: StageSpec['output']): number =>
  output.kind === 'hash' && !output.isMarked ? output.partitions : 1

/** The stage of a later plan of the same job: its number and those of the stages it reads are so many higher. */
export const renumbered = (spec: StageSpec, shift: number): StageSpec => (shift === 0 ? spec : {
  ...spec,
  stageId: (spec.stageId + shift) as StageSpec['stageId'],
  inputs: spec.inputs.map((input) => (
    input.kind === 'scan' ? input : { ...input, stageId: (input.stageId + shift) as StageSpec['stageId'] })),
})
