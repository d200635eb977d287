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
