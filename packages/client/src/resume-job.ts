/**
 * A query whose server went away while its job ran: the job goes on, and whoever knows its id may have its rows as
 * soon as a server answers again.
 */
import { limits, QueryError, queryError, queryErrorFromWire, type JobId } from '@arbalest/common'
import type { JobAnswer, JobProgress, ResultColumn, StatementResult } from '@arbalest/protocol'
import type { FrontConnection } from './front-connection.js'

export interface LostJob {
  readonly jobId: JobId
  readonly columns: readonly ResultColumn[]
}

/** Of a statement that is more than the rows of its job: only its server could have ended it well. */
export type LostStatement = Pick<LostJob, 'jobId'>

export interface ResumeOptions {
  readonly signal: AbortSignal | undefined
  readonly onProgress?: ((progress: JobProgress) => void) | undefined
  /** What told that the server is gone: thrown again when it does not come back, or without the job. */
  readonly cutOff: unknown
}

type Asked = Pick<FrontConnection, 'status' | 'cancel'>

/** Whether nobody of ours has answered: the job may go on. */
export const isCutOff = (thrown: unknown): boolean =>
  thrown instanceof QueryError && thrown.code === 'SCHEDULER_UNREACHABLE'

/** @throws QueryError the job's own error, JOB_CANCELLED, or `cutOff` after `limits.resumeTimeoutMs` of silence */
export async function resumeJob(
  front: Asked,
  job: LostJob,
  options: ResumeOptions,
): Promise<StatementResult> {
  const { signal, onProgress, cutOff } = options
  const { jobId, columns } = job
  let lastHeardMs = Date.now()
  for (;;) {
    await pause(limits.resumeIntervalMs, signal)
    if (signal?.aborted === true) {
      await front.cancel(jobId, 'the caller aborted').catch(() => undefined)
      const reason = 'the caller aborted'
      throw queryError('JOB_CANCELLED', { jobId, reason }, { cause: signal.reason, jobId })
    }
    const answer = await answerOf(front, jobId, cutOff)
    if (answer !== undefined) {
      lastHeardMs = Date.now()
      if (answer.result !== undefined) return { ...answer.result, columns }
      if (answer.error !== undefined) throw isOwnFault(answer) ? queryErrorFromWire(answer.error) : cutOff
      onProgress?.(answer.progress)
    } else if (Date.now() - lastHeardMs > limits.resumeTimeoutMs) throw cutOff
  }
}

/**
 * What became of a statement whose server is gone, by the last of its jobs, which is ended if it still runs: without
 * that job's success nothing has been changed.
 * @throws QueryError always: STATEMENT_LOST, OUTCOME_UNKNOWN, the job's own error, JOB_CANCELLED
 */
export async function giveUpStatement(
  front: Pick<Asked, 'cancel'>,
  { jobId }: LostStatement,
  { signal, cutOff: cause }: ResumeOptions,
): Promise<never> {
  const unknown = queryError('OUTCOME_UNKNOWN', {}, { cause, jobId })
  for (const startedMs = Date.now(); Date.now() - startedMs <= limits.resumeTimeoutMs && signal?.aborted !== true;) {
    await pause(limits.resumeIntervalMs, signal)
    const answer = await front.cancel(jobId, 'its server was lost').catch((thrown: unknown) => {
      if (isCutOff(thrown)) return undefined
      throw unknown
    })
    switch (answer?.progress.state) {
      case undefined: case 'queued': case 'planning': case 'running': continue
      case 'succeeded': throw unknown
      case 'cancelled': throw queryError('STATEMENT_LOST', {}, { cause, jobId })
      case 'failed': throw answer?.error === undefined ? unknown : queryErrorFromWire(answer.error)
    }
  }
  throw unknown
}

/** `undefined` while nobody answers. A server that does not know the job has lost it. */
async function answerOf(front: Asked, jobId: JobId, cutOff: unknown): Promise<JobAnswer | undefined> {
  try {
    return await front.status(jobId)
  } catch (thrown) {
    if (isCutOff(thrown)) return undefined
    throw thrown instanceof QueryError && thrown.code === 'UNKNOWN_JOB' ? cutOff : thrown
  }
}

/** Else a server that has lost its client ended the job, or let its rows go: what we know is that we were cut off. */
const isOwnFault = ({ progress }: JobAnswer): boolean => progress.state === 'failed'

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end, { once: true })
    if (signal?.aborted === true) end()
  })
}
