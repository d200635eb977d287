/** The core's timers on a clock. */
import { type Clock, limits } from '@arbalest/common'
import { type Timer, timerKey } from '../core/event.js'

export interface Timers {
  /** Replaces a running timer of the same meaning. */
  start(timer: Timer, afterMs: number): void
  cancel(timer: Timer): void
  cancelAll(): void
}

/**
 * A timer that fires far too late tells that this process stood still. Others may have called meanwhile:
 * their messages wait in the sockets and must be read before anybody is declared silent.
 */
export function createTimers(clock: Clock, onFired: (timer: Timer) => void): Timers {
  const running = new Map<string, () => void>()

  function start(timer: Timer, afterMs: number): void {
    const key = timerKey(timer)
    running.get(key)?.()
    const dueMs = clock.nowMs() + afterMs
    running.set(
      key,
      clock.after(afterMs, () => {
        running.delete(key)
        const isLate = clock.nowMs() - dueMs > limits.timerLatenessMs
        if (isLate) start(timer, limits.socketDrainMs)
        else onFired(timer)
      }),
    )
  }

  return {
    start,
    cancel(timer) {
      const key = timerKey(timer)
      running.get(key)?.()
      running.delete(key)
    },
    cancelAll() {
      for (const cancel of running.values()) cancel()
      running.clear()
    },
  }
}
