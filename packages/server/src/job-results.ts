/** The rows of finished jobs: in the answer itself when they are small, else by ticket; let go when they were read. */
import { assertNever, queryError, typeName, type Clock, type Column, type JobId } from '@arbalest/common'
import type { JobAnswer, JobStatus, ResultColumn, SchedulerService, StatementResult } from '@arbalest/protocol'
import type { ResultSource } from './network/front-backend.js'
import { endError, progressOf } from './job-status.js'
import { createResultTickets } from './result-tickets.js'

export interface JobResults {
  /** Columns as clients are told of them. */
  shown(columns: readonly Column[]): readonly ResultColumn[]
  /** For the one who waits: small rows are given once. @throws QueryError RESULT_EXPIRED */
  streamed(status: JobStatus, columns: readonly Column[]): StatementResult
  /** For whoever asks by id, as often as they like. */
  answer(status: JobStatus): JobAnswer
  /** @throws QueryError RESULT_EXPIRED */
  ofTicket(ticket: Uint8Array): Promise<ResultSource>
}

export function createJobResults(scheduler: SchedulerService, clock: Clock): JobResults {
  // The answer goes first.
  const release = (jobId: JobId): void =>
    void setImmediate(() => void scheduler.releaseResult(jobId).catch(() => undefined))
  const tickets = createResultTickets(clock, release)

  const rowsOf = (status: JobStatus, columns: readonly Column[]): StatementResult => {
    const { jobId, mode, modeReason, stagesDone } = status
    const { rows, parts } = keptResult(status)
    const [only] = parts
    const inline = parts.length === 1 ? only?.inline : undefined
    return {
      columns: shown(columns),
      rowCount: rows,
      data: inline === undefined
        ? { kind: 'ticket', ticket: tickets.issue(jobId) }
        : { kind: 'inline', ipc: Buffer.from(inline, 'base64') },
      jobId, mode, modeReason, stages: stagesDone,
    }
  }

  return {
    shown,
    streamed(status, columns) {
      const result = rowsOf(status, columns)
      if (result.data.kind === 'inline') release(status.jobId)
      return result
    },
    answer(status) {
      const progress = progressOf(status)
      switch (status.state) {
        case 'failed': case 'cancelled': return { progress, error: endError(status).toWire(), result: undefined }
        case 'succeeded':
          if (!isKept(status)) return { progress, error: expired(status.jobId).toWire(), result: undefined }
          return { progress, error: undefined, result: rowsOf(status, status.result?.columns ?? []) }
        case 'queued': case 'planning': case 'running': return { progress, error: undefined, result: undefined }
      }
      return assertNever(status.state)
    },
    async ofTicket(ticket) {
      const jobId = tickets.jobOf(ticket)
      if (jobId === undefined) throw queryError('RESULT_EXPIRED', { jobId: '' })
      const { status } = await scheduler.details(jobId)
      const { parts, jobToken } = keptResult(status)
      return {
        jobId, parts, jobToken,
        done() {
          tickets.end(ticket)
          release(jobId)
        },
      }
    },
  }
}

const shown = (columns: readonly Column[]): readonly ResultColumn[] =>
  columns.map(({ name, type }) => ({ name, type: typeName(type) }))

/** A released result has no parts any more; its rows are still told. */
const isKept = ({ result }: JobStatus): boolean => result !== undefined && result.parts.length > 0

const expired = (jobId: JobId) => queryError('RESULT_EXPIRED', { jobId }, { jobId })

function keptResult(status: JobStatus): NonNullable<JobStatus['result']> {
  if (status.result === undefined || !isKept(status)) throw expired(status.jobId)
  return status.result
}
