/** A query as a job on the cluster: submitted, watched, cancelled when nobody waits for it any more. */
import { queryError, type JobId } from '@arbalest/common'
import type { ExecuteEvent, JobStatus } from '@arbalest/protocol'
import { endError, progressOf } from '../job-status.js'
import { withoutParserSettings } from '../planning/parser-settings.js'
import type { PreparedText } from '../planning/planner.js'
import type { StatementContext } from './statement-context.js'

type QueryToRun = Pick<PreparedText, 'prepared' | 'firstStep'>

/** Submits a prepared query. @throws QueryError JOB_CANCELLED when nobody waits for it any more */
export async function submitJob(sql: string, query: QueryToRun, context: StatementContext): Promise<JobId> {
  const { session, scheduler, signal } = context
  if (signal.aborted) throw queryError('JOB_CANCELLED', { jobId: '', reason: 'the caller went away' })
  const { settings } = session
  const compression = settings.shuffleCompression === 'auto' ? 'none' : settings.shuffleCompression
  return scheduler.submit({
    sql,
    jobName: settings.jobName,
    sessionId: session.sessionId,
    preparedQuery: query.prepared,
    firstStep: query.firstStep,
    settings: withoutParserSettings(settings.duckdb),
    compression,
    timeoutMs: settings.jobTimeoutSeconds === undefined ? undefined : settings.jobTimeoutSeconds * 1000,
  })
}

/**
 * Tells the progress of a job until it has ended, then its last status. When the caller
 * goes away the job is cancelled, unless the session wants jobs to go on.
 * @throws QueryError the job's own error, JOB_CANCELLED
 */
export async function* followJob(
  jobId: JobId,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, JobStatus> {
  const { scheduler, signal, session } = context
  // Never left early: that would reset the call, and HTTP/2 bears only so many resets a second from all clients.
  const statuses = scheduler.watch(jobId, new AbortController().signal)[Symbol.asyncIterator]()
  const gone = whenAborted(signal)
  let ended = false
  try {
    yield { kind: 'accepted', jobId }
    for (;;) {
      const next = await Promise.race([statuses.next(), gone.promise])
      if (next === undefined || next.done === true) break
      const status = next.value
      ended = isEnd(status)
      if (!ended) yield { kind: 'progress', progress: progressOf(status) }
      else if (status.state === 'succeeded') return status
      else throw endError(status)
    }
    throw queryError('JOB_CANCELLED', { jobId, reason: 'the caller went away' }, { jobId })
  } finally {
    gone.stop()
    void readToEnd(statuses)
    if (!ended && session.settings.cancelOnDisconnect) {
      await scheduler.cancel(jobId, 'the client went away').catch(() => undefined)
    }
  }
}

async function readToEnd(statuses: AsyncIterator<JobStatus>): Promise<void> {
  try {
    while ((await statuses.next()).done !== true);
  } catch {
    // Nobody waits for it any more.
  }
}

function whenAborted(signal: AbortSignal): { readonly promise: Promise<undefined>; stop(): void } {
  let stop = (): void => undefined
  const promise = new Promise<undefined>((resolve) => {
    const onAbort = (): void => resolve(undefined)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    stop = () => signal.removeEventListener('abort', onAbort)
  })
  return { promise, stop: () => stop() }
}

const isEnd = ({ state }: JobStatus): boolean => state === 'succeeded' || state === 'failed' || state === 'cancelled'
