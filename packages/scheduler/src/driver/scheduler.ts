/** The scheduler put together: core, log, timers, streams to executors, and the service for the front. */
import { randomBytes } from 'node:crypto'
import {
  assertNever, type Clock, idFromBytes, type JobId, limits, type QueryError, queryError, queryErrorFromWire,
  type WireError,
} from '@arbalest/common'
import { protocolVersion, type SchedulerService } from '@arbalest/protocol'
import type { Effect } from '../core/effect.js'
import type { JobLogRecord } from '../core/job-log.js'
import { activeExecutors, type CoreLimits, createState, isTerminal, type Job } from '../core/state.js'
import { createExecutorStreams, type ExecutorStream } from './executor-streams.js'
import { createInspectCalls } from './inspect-calls.js'
import { createJobWatchers } from './job-watchers.js'
import { createPlannerCalls } from './planner-calls.js'
import { createRunLoop } from './run-loop.js'
import { createMemoryLog, type JobLog } from './store/memory.js'
import { systemClock } from './system-clock.js'
import { createTimers } from './timers.js'
import { executorRecord, jobDetails, jobStatus } from './views.js'

export interface SchedulerOptions {
  /** Silence after which an executor is lost; `limits.executorTimeoutMs` unless given. */
  readonly executorTimeoutMs?: number
  /** Other limits than those of `limits.ts`. */
  readonly limits?: Partial<CoreLimits>
  readonly clock?: Clock
  /** In memory unless given. */
  readonly log?: JobLog
  /** The scheduler cannot go on: its log failed or its state broke a law. */
  readonly onFatal?: (thrown: unknown) => void
}

export interface SchedulerHandle {
  readonly service: SchedulerService
  /** Takes a stream that an executor opened; the first message on it is the registration. */
  attachExecutor(stream: ExecutorStream): void
  /** The log of a job, oldest record first. */
  jobLog(jobId: JobId): readonly JobLogRecord[]
  /** Ends streams, timers and planning. Jobs do not end: nobody watches them any more. */
  close(): Promise<void>
}

export function createScheduler(options: SchedulerOptions = {}): SchedulerHandle {
  const { clock = systemClock, log = createMemoryLog() } = options
  const state = createState(coreLimits(options), protocolVersion)
  const refusals = new Map<JobId, WireError>()
  const watchers = createJobWatchers()
  const loop = createRunLoop({ state, clock, log, perform, onFatal: options.onFatal ?? throwLater })
  const dispatch = (fact: Parameters<typeof loop.dispatch>[0]) => void loop.dispatch(fact)
  const timers = createTimers(clock, (timer) => dispatch({ kind: 'timer-fired', timer }))
  const planner = createPlannerCalls(clock, dispatch)
  const streams = createExecutorStreams({ clock, dispatch, inspectCalls: () => inspectCalls })
  const inspectCalls = createInspectCalls(
    {
      candidates: () =>
        activeExecutors(state)
          .toSorted((a, b) => a.busy.size - b.busy.size)
          .map(({ id }) => id),
      send: (executorId, callId, requests) => streams.send(executorId, { kind: 'inspect', callId, requests }),
    },
    clock,
  )
  let closed = false

  function perform(effect: Effect): void {
    if (closed) return
    switch (effect.kind) {
      case 'append-log':
        return
      case 'plan-rest':
        return planner.ask(effect.request)
      case 'stop-planning':
        return planner.stop(effect.jobId)
      case 'launch': {
        const { jobToken, attempts } = effect
        return streams.send(effect.executorId, { kind: 'launch', jobToken, attempts })
      }
      case 'cancel-attempts':
        return streams.send(effect.executorId, { kind: 'cancel', attemptIds: effect.attemptIds })
      case 'forget-job':
        return streams.send(effect.executorId, { kind: 'forget-job', jobId: effect.jobId })
      case 'executor-registered':
        return streams.accept(effect.streamId, effect.executorId)
      case 'executor-refused':
        return streams.refuse(effect.streamId, { kind: 'refused', error: effect.error })
      case 'shut-down':
        return streams.send(effect.executorId, { kind: 'shut-down' })
      case 'end-stream':
        return streams.end(effect.executorId, effect.reason)
      case 'start-timer':
        return timers.start(effect.timer, effect.afterMs)
      case 'cancel-timer':
        return timers.cancel(effect.timer)
      case 'job-changed':
        return watchers.notify(effect.jobId)
      case 'job-refused':
        return void refusals.set(effect.jobId, effect.error)
      case 'job-forgotten':
        log.forget(effect.jobId)
        return watchers.notify(effect.jobId)
    }
    return assertNever(effect)
  }

  function jobOf(jobId: JobId): Job {
    const job = state.jobs.get(jobId)
    if (!job) throw queryError('UNKNOWN_JOB', { jobId })
    return job
  }

  const service: SchedulerService = {
    offerPlanner: (offered) => planner.offer(offered),
    async submit(submission) {
      if (closed) throw hasEnded()
      const jobId = idFromBytes('j', randomBytes(16)) as JobId
      const jobToken = randomBytes(32).toString('hex')
      await loop.dispatch({ kind: 'job-submitted', jobId, jobToken, submission })
      const refusal = refusals.get(jobId)
      refusals.delete(jobId)
      if (refusal) throw queryErrorFromWire(refusal)
      return jobId
    },
    async *watch(jobId, signal) {
      let seen = jobOf(jobId).revision - 1
      while (!signal.aborted) {
        const job = state.jobs.get(jobId)
        if (!job) return
        if (job.revision !== seen) {
          seen = job.revision
          yield jobStatus(job)
        } else if (isTerminal(job.state)) return
        else if (closed) {
          throw hasEnded()
        } else await watchers.changed(jobId, signal)
      }
    },
    async cancel(jobId, reason) {
      const job = jobOf(jobId)
      await loop.dispatch({ kind: 'cancel-requested', jobId, reason })
      return jobStatus(job)
    },
    async releaseResult(jobId) {
      await loop.dispatch({ kind: 'result-released', jobId })
    },
    details: (jobId) => promise(() => jobDetails(jobOf(jobId))),
    jobs: () => promise(() => [...state.jobs.values()].map(jobStatus)),
    executors: () => promise(() => [...state.executors.values()].map(executorRecord)),
    inspect: (requests, signal) => inspectCalls.call(requests, signal),
  }

  return {
    service,
    attachExecutor: (stream) => streams.attach(stream),
    jobLog: (jobId) => log.recordsOf(jobId),
    async close() {
      if (closed) return
      closed = true
      timers.cancelAll()
      planner.close()
      inspectCalls.close()
      watchers.close()
      streams.close()
      await loop.stop()
      await log.close()
    },
  }
}

function hasEnded(): QueryError {
  return queryError('SCHEDULER_UNREACHABLE', { address: 'the scheduler', reason: 'it has ended' })
}

function coreLimits(options: SchedulerOptions): CoreLimits {
  const { executorTimeoutMs = limits.executorTimeoutMs } = options
  return { ...limits, executorTimeoutMs, ...options.limits }
}

/** A thrown value becomes a rejected promise. */
async function promise<T>(value: () => T): Promise<T> {
  return Promise.resolve(value())
}

/** Without a handler the process ends: a scheduler with a broken state must not go on. */
function throwLater(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown
  })
}
