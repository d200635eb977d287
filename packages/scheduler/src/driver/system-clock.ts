/** The clock of this process. */
import type { Clock } from '@arbalest/common'

/** The longest wait that Node's timers take; a longer one ends then. */
const delayMaxMs = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, delayMaxMs))
    return () => clearTimeout(timer)
  },
}
