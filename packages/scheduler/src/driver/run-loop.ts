/**
 * The one thread of the scheduler's state: events in the order of arrival, each with its time, its
 * effects released when the log has taken its records. A slow log delays effects, never their order.
 */
import { randomInt } from 'node:crypto'
import { type Clock, type QueryError, queryError } from '@arbalest/common'
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
  /** The core or the log broke, or another scheduler may have its place: this one cannot go on. Called once. */
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
  let stopLooking = (): void => undefined

  function fail(thrown: unknown): void {
    stop()
    if (failed) return
    failed = true
    onFatal(thrown)
  }

  function stop(): void {
    stopped = true
    stopLooking()
  }

  const isHeld = (): boolean => log.heldUntilMs() > clock.nowMs()

  /** Who has nothing to write must hear too that its lease was not renewed. */
  function watchLease(): void {
    const untilMs = log.heldUntilMs()
    if (untilMs === Infinity) return
    stopLooking = clock.after(Math.max(untilMs - clock.nowMs(), 0), () => (isHeld() ? watchLease() : fail(leaseLost())))
  }

  async function release(effects: readonly Effect[], before: Promise<void>): Promise<void> {
    const logged = effects[0]?.kind === 'append-log' ? log.append(effects[0].records) : undefined
    await before
    await logged
    if (!isHeld()) throw leaseLost()
    for (const effect of effects) if (effect.kind !== 'append-log') perform(effect)
  }

  watchLease()
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
      return !failed && isHeld()
    },
    stop() {
      stop()
      return released
    },
  }
}

function leaseLost(): QueryError {
  const reason = 'its lease of the job log has run out: another scheduler may have its place'
  return queryError('SCHEDULER_UNREACHABLE', { address: 'the scheduler', reason })
}
