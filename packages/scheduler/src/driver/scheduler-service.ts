/** What the front may ask: jobs in, statuses and details out. */
import { randomBytes } from 'node:crypto'
import {
  type Clock, idFromBytes, type JobId, limits, type QueryError, queryError, queryErrorFromWire, type WireError,
} from '@arbalest/common'
import type { JobStatus, SchedulerService } from '@arbalest/protocol'
import { type ClusterState, isTerminal, type Job } from '../core/state.js'
import type { InspectCalls } from './inspect-calls.js'
import type { JobWatchers } from './job-watchers.js'
import type { PlannerCalls } from './planner-calls.js'
import type { RunLoop } from './run-loop.js'
import type { JobLog } from './store/job-log-port.js'
import { executorRecord, hangingOn, jobDetails, jobStatus } from './views.js'

export interface ServiceParts {
  readonly state: ClusterState
  readonly loop: RunLoop
  readonly log: JobLog
  readonly watchers: JobWatchers
  readonly planner: PlannerCalls
  readonly inspectCalls: InspectCalls
  readonly refusals: Map<JobId, WireError>
  readonly isClosed: () => boolean
  readonly clock: Clock
}

export function createSchedulerService(parts: ServiceParts): SchedulerService {
  const { state, loop, log, planner, inspectCalls, refusals, isClosed } = parts
  const waiting = new Map<JobId, number>()
  return {
    offerPlanner: (offered) => planner.offer(offered),
    async submit({ firstStep, ...submission }) {
      if (isClosed()) throw hasEnded()
      const full = log.refusal()
      if (full) throw full
      const jobId = idFromBytes('j', randomBytes(16)) as JobId
      const jobToken = randomBytes(32).toString('hex')
      await loop.dispatch({ kind: 'job-submitted', jobId, jobToken, submission, firstStep })
      await recorded(parts)
      const refusal = refusals.get(jobId)
      refusals.delete(jobId)
      if (refusal) throw queryErrorFromWire(refusal)
      return jobId
    },
    watch: (jobId, signal) => watch({ ...parts, waiting }, jobId, signal),
    async cancel(jobId, reason) {
      const job = jobOf(state, jobId)
      await loop.dispatch({ kind: 'cancel-requested', jobId, reason })
      await recorded(parts)
      return jobStatus(job)
    },
    async releaseResult(jobId) {
      await loop.dispatch({ kind: 'result-released', jobId })
    },
    async details(jobId) {
      const details = jobDetails(jobOf(state, jobId))
      // Whoever was cut off asks for its job again and again until it has ended.
      if (!waiting.has(jobId) && state.live.has(jobId)) void loop.dispatch({ kind: 'client-left', jobId })
      await recorded(parts)
      return details
    },
    async jobs() {
      const all = [...state.jobs.values()].map(jobStatus)
      await recorded(parts)
      return all
    },
    executors: () => promise(() => [...state.executors.values()].map(executorRecord)),
    async orderExecutor({ executorId, action, isDryRun }) {
      const executor = state.executors.get(executorId)
      if (!executor) throw queryError('INVALID_REQUEST', { reason: `there is no executor ${executorId}` })
      if (!isDryRun) await loop.dispatch({ kind: 'executor-ordered', executorId, action })
      await recorded(parts)
      return { executor: executorRecord(executor), ...hangingOn(state, executor) }
    },
    inspect: (requests, signal) => inspectCalls.call(requests, signal),
  }
}

interface WatchParts extends ServiceParts {
  /** How many wait for each job. */
  readonly waiting: Map<JobId, number>
}

async function* watch(parts: WatchParts, jobId: JobId, signal: AbortSignal): AsyncIterable<JobStatus> {
  const { state, waiting, loop } = parts
  jobOf(state, jobId)
  const before = waiting.get(jobId) ?? 0
  waiting.set(jobId, before + 1)
  if (before === 0) void loop.dispatch({ kind: 'client-came', jobId })
  try {
    yield* statusesOf(parts, jobId, signal)
  } finally {
    const others = (waiting.get(jobId) ?? 1) - 1
    if (others > 0) waiting.set(jobId, others)
    else {
      waiting.delete(jobId)
      if (state.live.has(jobId)) void loop.dispatch({ kind: 'client-left', jobId })
    }
  }
}

async function* statusesOf(parts: ServiceParts, jobId: JobId, signal: AbortSignal): AsyncIterable<JobStatus> {
  const { state, watchers, isClosed } = parts
  let seen = jobOf(state, jobId).revision - 1
  while (!signal.aborted) {
    const job = state.jobs.get(jobId)
    if (!job) return
    if (job.revision !== seen) {
      if (!isTerminal(job.state)) await pause(parts, job, signal)
      seen = job.revision
      const status = jobStatus(job)
      await recorded(parts)
      yield status
    } else if (isTerminal(job.state)) return
    else if (isClosed()) throw hasEnded()
    else await watchers.changed(jobId, signal)
  }
}

/** Nobody hears of what a crash could undo. @throws QueryError SCHEDULER_UNREACHABLE when the log has failed */
async function recorded({ loop }: ServiceParts): Promise<void> {
  if (!(await loop.released())) throw hasEnded()
}

/** Until the job has ended, or a watcher may hear of it again. */
async function pause({ watchers, clock, isClosed }: ServiceParts, job: Job, signal: AbortSignal): Promise<void> {
  let over = false
  const stopTimer = clock.after(limits.progressIntervalMs, () => {
    over = true
    watchers.notify(job.id)
  })
  while (!over && !signal.aborted && !isClosed() && !isTerminal(job.state)) await watchers.changed(job.id, signal)
  stopTimer()
}

function jobOf(state: ClusterState, jobId: JobId): Job {
  const job = state.jobs.get(jobId)
  if (!job) throw queryError('UNKNOWN_JOB', { jobId })
  return job
}

/** A thrown value becomes a rejected promise. */
async function promise<T>(value: () => T): Promise<T> {
  return Promise.resolve(value())
}

function hasEnded(): QueryError {
  return queryError('SCHEDULER_UNREACHABLE', { address: 'the scheduler', reason: 'it has ended' })
}
