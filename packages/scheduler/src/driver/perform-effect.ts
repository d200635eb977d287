/** Effects become calls: each goes to the part of the driver that does it. */
import { assertNever, type JobId, type WireError } from '@arbalest/common'
import type { Effect } from '../core/effect.js'
import type { ExecutorStreams } from './executor-streams.js'
import type { JobWatchers } from './job-watchers.js'
import type { PlannerCalls } from './planner-calls.js'
import type { JobLog } from './store/job-log-port.js'
import type { Timers } from './timers.js'

export interface EffectParts {
  readonly planner: PlannerCalls
  readonly streams: ExecutorStreams
  readonly timers: Timers
  readonly watchers: JobWatchers
  readonly log: JobLog
  /** Why submissions were not taken, until their callers have been told. */
  readonly refusals: Map<JobId, WireError>
}

export function performEffect(parts: EffectParts, effect: Effect): void {
  const { planner, streams, timers, watchers, log, refusals } = parts
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
