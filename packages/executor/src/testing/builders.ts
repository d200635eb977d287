/** Attempts and pieces for tests, with everything that a test does not care about filled in. */
import { attemptId, type AttemptId, type ExecutorId, type JobId, type StageId } from '@arbalest/common'
import type { AttemptInput, AttemptReport, AttemptSpec, ShufflePiece } from '@arbalest/plan'
import type { ExecutorHandle } from '../supervisor/executor-options.js'

export const jobA = 'jaaaaaaaaaaaaaaaa' as JobId
export const jobB = 'jbbbbbbbbbbbbbbbb' as JobId
export const executorE = 'eeeeeeeeeeeeeeeee' as ExecutorId

export const idOf = (jobId: JobId, stage: number, task = 0, attempt = 1): AttemptId =>
  attemptId({ jobId, stageId: stage as StageId, task, attempt })

export const specOf = (id: AttemptId, sql: string, more: Partial<AttemptSpec> = {}): AttemptSpec => ({
  attemptId: id,
  sql,
  inputs: [],
  slice: [],
  output: { kind: 'single' },
  columns: [],
  settings: {},
  compression: 'none',
  checksum: true,
  ...more,
})

export const shuffleInput = (
  pieces: readonly ShufflePiece[],
  name = 'input_0',
): Extract<AttemptInput, { readonly kind: 'shuffle' }> => ({
  kind: 'shuffle',
  name,
  columns: [],
  pieces,
})

/** The pieces of a reported output as the scheduler hands them on, without the inline bytes. */
export const piecesOf = (
  executor: Pick<ExecutorHandle, 'id' | 'address'>,
  id: AttemptId,
  report: AttemptReport,
): readonly ShufflePiece[] =>
  report.files.map(({ rows, bytes, crc32 }, file) => ({
    executorId: executor.id,
    ...executor.address,
    attemptId: id,
    file,
    rows,
    bytes,
    ...(crc32 === undefined ? {} : { crc32 }),
    ...(report.store === undefined ? {} : { store: report.store }),
  }))

export const emptyReport: AttemptReport = {
  files: [],
  rows: 0,
  bytes: 0,
  metrics: {
    startedMs: 0,
    fetchedMs: 0,
    computedMs: 0,
    committedMs: 0,
    inputRows: 0,
    inputBytes: 0,
    fetchedBytes: 0,
    cpuMs: 0,
    spilledBytes: 0,
    peakMemoryBytes: 0,
  },
}
