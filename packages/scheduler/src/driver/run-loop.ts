/**
 * The one thread of the scheduler's state: events in the order of arrival, each with its time, its
 * effects released when the log has taken its records. A slow log delays effects, never their order.
 */
import { randomInt } from 'node:crypto'
import type { Clock } from '@arbalest/common'
import type { Effect } from '../core/effect.js'
import type { SchedulerFact } from '../core/event.js'
import { reduce } from '../core/reduce.js'
import type { ClusterState } from '../core/state.js'
import type { JobLog } from './store/job-log-port.js'

export interface RunLoopOptions {
  readonly state: ClusterState
  readonly clock: Clock
  readonly log: JobLog
  /** Carries one effect out; must not throw. */
  readonly perform: (effect: Effect) => void
  /** The core or the log broke: the scheduler cannot go on. */
  readonly onFatal: (thrown: unknown) => void
}

export interface RunLoop {
  /** Takes an event; its effects follow. Resolves when they have been released. */
  dispatch(fact: SchedulerFact): Promise<void>
  /** Resolves when the effects of all events until now have been released, with whether they were. */
  released(): Promise<boolean>
  /** Takes no more events; resolves when the effects of earlier ones are released. */
  stop(): Promise<void>
}

const jitterSteps = 2 ** 32

export function createRunLoop(options: RunLoopOptions): RunLoop {
  const { state, clock, log, perform, onFatal } = options
  let released = Promise.resolve()
  let stopped = false
  let failed = false

  function fail(thrown: unknown): void {
    stopped = true
    failed = true
    onFatal(thrown)
  }

  async function release(effects: readonly Effect[], before: Promise<void>): Promise<void> {
    const logged = effects[0]?.kind === 'append-log' ? log.append(effects[0].records) : undefined
    await before
    await logged
    for (const effect of effects) if (effect.kind !== 'append-log') perform(effect)
  }

  return {
    dispatch(fact) {
      if (stopped) return released
      try {
        const event = { ...fact, atMs: clock.nowMs(), jitter: randomInt(jitterSteps) / jitterSteps }
        released = release(reduce(state, event), released).catch(fail)
      } catch (thrown) {
        fail(thrown)
      }
      return released
    },
    async released() {
      await released
      return !failed
    },
    stop() {
      stopped = true
      return released
    },
  }
}
