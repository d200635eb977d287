/** The scheduler put together: core, log, timers, streams to executors, and the service for the front. */
import { type Clock, type JobId, limits, QueryError, queryError, type WireError } from '@arbalest/common'
import { protocolVersion, type SchedulerService } from '@arbalest/protocol'
import type { TaskDistribution } from '../core/task-distribution.js'
import type { Effect } from '../core/effect.js'
import type { SchedulerFact } from '../core/event.js'
import type { PoolRules } from '../core/pool-rules.js'
import type { JobLogRecord } from '../core/job-log.js'
import { replay } from '../core/replay.js'
import { activeExecutors, type ClusterState, type CoreLimits, createState } from '../core/state.js'
import { createExecutorStreams, type ExecutorStream } from './executor-streams.js'
import { createInspectCalls } from './inspect-calls.js'
import { createJobWatchers } from './job-watchers.js'
import { performEffect } from './perform-effect.js'
import { createPlannerCalls } from './planner-calls.js'
import { createRunLoop } from './run-loop.js'
import { createSchedulerService } from './scheduler-service.js'
import type { JobLog } from './store/job-log-port.js'
import { createMemoryLog } from './store/memory.js'
import { systemClock } from './system-clock.js'
import { createTimers } from './timers.js'

export interface SchedulerOptions {
  /** Silence after which an executor is lost; `limits.executorTimeoutMs` unless given. */
  readonly executorTimeoutMs?: number
  /** Other limits than those of `limits.ts`. */
  readonly limits?: Partial<CoreLimits>
  /** Shares of groups of jobs, by name; without them there is the default pool alone. */
  readonly pools?: ReadonlyMap<string, PoolRules>
  /** How tasks are dealt to executors; by `locality` unless given. */
  readonly distribution?: TaskDistribution
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

/** Goes on with what the log has kept. @throws QueryError STATE_DAMAGED, INVALID_OPTION from the log */
export function createScheduler(options: SchedulerOptions = {}): SchedulerHandle {
  const { clock = systemClock, log = createMemoryLog(), onFatal = throwLater } = options
  const state = createState(coreLimits(options), protocolVersion, options.pools, options.distribution)
  replayLog(state, log)
  const refusals = new Map<JobId, WireError>()
  let closed = false

  const perform = (effect: Effect) => {
    if (!closed) performEffect({ planner, streams, timers, watchers, log, refusals }, effect)
  }
  const loop = createRunLoop({ state, clock, log, perform, onFatal })
  const dispatch = (fact: SchedulerFact) => void loop.dispatch(fact)
  const watchers = createJobWatchers()
  const timers = createTimers(clock, (timer) => dispatch({ kind: 'timer-fired', timer }))
  const planner = createPlannerCalls(clock, dispatch, coreLimits(options).noExecutorGraceMs)
  const streams = createExecutorStreams({ clock, dispatch, inspectCalls: () => inspectCalls })
  const inspectCalls = createInspectCalls(
    {
      candidates: () => idlestFirst(state),
      awaited: () => !closed && [...state.executors.values()].some((executor) => executor.state === 'suspect'),
      send: (executorId, callId, requests) => streams.send(executorId, { kind: 'inspect', callId, requests }),
    },
    clock,
  )
  const isClosed = () => closed
  if (state.jobs.size > 0 || state.executors.size > 0) dispatch({ kind: 'scheduler-restarted' })

  return {
    service: createSchedulerService({ state, loop, log, watchers, planner, inspectCalls, refusals, isClosed, clock }),
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

/** @throws QueryError STATE_DAMAGED when the records do not fit together */
function replayLog(state: ClusterState, log: JobLog): void {
  try {
    replay(state, log.kept())
  } catch (cause) {
    if (cause instanceof QueryError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw queryError('STATE_DAMAGED', { path: 'its directory', reason }, { cause })
  }
}

function coreLimits(options: SchedulerOptions): CoreLimits {
  const { executorTimeoutMs = limits.executorTimeoutMs } = options
  return { ...limits, executorTimeoutMs, ...options.limits }
}

function idlestFirst(state: ClusterState) {
  return activeExecutors(state)
    .toSorted((a, b) => a.busy.size - b.busy.size)
    .map(({ id }) => id)
}

/** Without a handler the process ends: a scheduler with a broken state must not go on. */
function throwLater(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown
  })
}
