/** A query as a job on the cluster: submitted, watched, cancelled when nobody waits for it any more. */
import { queryError, type JobId } from '@arbalest/common'
import { decodePreparedQuery, encodePreparedQuery } from '@arbalest/plan'
import type { ExecuteEvent, JobStatus, ResultColumn } from '@arbalest/protocol'
import { endError, progressOf } from '../job-status.js'
import { withoutParserSettings } from '../planning/parser-settings.js'
import type { PreparedText } from '../planning/planner.js'
import { holdSequences } from './held-sequences.js'
import type { StatementContext } from './statement-context.js'

/** Whether somebody waits for the job as long as it runs. */
type Asker = 'who waits' | 'by id'

type QueryToRun = Pick<PreparedText, 'prepared' | 'firstStep' | 'sequences'>

/**
 * Submits a prepared query. One that asks sequences has them until `followJob` has told its end.
 * @throws QueryError JOB_CANCELLED when nobody waits for it any more
 */
export async function submitJob(
  sql: string,
  query: QueryToRun,
  context: StatementContext,
  asker: Asker = 'who waits',
): Promise<JobId> {
  if (context.signal.aborted) throw queryError('JOB_CANCELLED', { jobId: '', reason: 'the caller went away' })
  if (query.sequences.length === 0) return submitAs(sql, query, context, asker)
  const held = await holdSequences(query.sequences, context)
  try {
    const prepared = withPrelude(query.prepared, held.statements)
    const jobId = await submitAs(sql, { ...query, prepared }, context, asker)
    context.jobSequences.set(jobId, held)
    return jobId
  } catch (error) {
    held.release()
    throw error
  }
}

function withPrelude(prepared: string, statements: readonly string[]): string {
  const query = decodePreparedQuery(prepared)
  const { whole } = query
  return encodePreparedQuery({ ...query, whole: { ...whole, prelude: [...statements, ...whole.prelude ?? []] } })
}

function submitAs(
  sql: string,
  query: QueryToRun,
  { session, scheduler }: StatementContext,
  asker: Asker,
): Promise<JobId> {
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
    pool: settings.pool,
    priority: settings.jobPriority,
    speculation: settings.speculation,
    endsWithClient: asker === 'who waits' && settings.cancelOnDisconnect,
    ...(settings.executorLabels.length === 0 ? {} : { labels: settings.executorLabels }),
  })
}

/**
 * Tells the progress of a job until it has ended, then its last status. When the caller
 * goes away the job is cancelled, unless the session wants jobs to go on. `columns` of a query whose rows
 * are those of the job, so that a client that was cut off can take it up again.
 * @throws QueryError the job's own error, JOB_CANCELLED
 */
export async function* followJob(
  jobId: JobId,
  context: StatementContext,
  columns?: readonly ResultColumn[],
): AsyncGenerator<ExecuteEvent, JobStatus> {
  const { scheduler, signal, session, jobSequences } = context
  // Never left early: that would reset the call, and HTTP/2 bears only so many resets a second from all clients.
  const statuses = scheduler.watch(jobId, new AbortController().signal)[Symbol.asyncIterator]()
  const gone = whenAborted(signal)
  const held = jobSequences.get(jobId)
  let ended = false
  let isSettled = held === undefined
  // From the scheduler: whoever is told so asks for the job again.
  let isCut = false
  try {
    // Values of sequences are not kept yet when their job ends.
    yield { kind: 'accepted', jobId, ...(columns === undefined || held ? {} : { columns }) }
    for (;;) {
      const next = await Promise.race([statuses.next(), gone.promise]).catch((thrown: unknown) => {
        isCut = true
        throw thrown
      })
      if (next === undefined || next.done === true) break
      const status = next.value
      ended = isEnd(status)
      if (!ended) yield { kind: 'progress', progress: progressOf(status) }
      else if (status.state === 'succeeded') {
        await held?.settle(status)
        isSettled = true
        return status
      } else throw endError(status)
    }
    throw queryError('JOB_CANCELLED', { jobId, reason: 'the caller went away' }, { jobId })
  } finally {
    gone.stop()
    void readToEnd(statuses)
    // A connection that was cut looks the same as a client that leaves.
    const mayComeBack = (isCut || signal.aborted) && columns !== undefined && held === undefined
    // Values of sequences that were not kept are for nobody.
    if (!ended && (session.settings.cancelOnDisconnect || !isSettled)) {
      if (mayComeBack) void endLeftJob(jobId, context).catch(() => undefined)
      else await scheduler.cancel(jobId, 'the client went away').catch(() => undefined)
    }
    if (!isSettled) await scheduler.releaseResult(jobId).catch(() => undefined)
    jobSequences.delete(jobId)
    held?.release()
  }
}

/** A client whose connection was cut asks for its job again; one that has gone does not. */
async function endLeftJob(jobId: JobId, { scheduler, leftJobs }: StatementContext): Promise<void> {
  const isOver = async (): Promise<boolean> => isEnd((await scheduler.details(jobId)).status)
  while (await leftJobs.isAskedFor(jobId)) {
    // Whoever asks now has its result.
    if (await isOver()) return
  }
  if (await isOver()) await scheduler.releaseResult(jobId)
  else await scheduler.cancel(jobId, 'the client went away')
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
