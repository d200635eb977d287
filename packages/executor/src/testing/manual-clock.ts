/** A clock that stands still until a test moves it. */
import type { Clock } from '@arbalest/common'

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

export class ManualClock implements Clock {
  #nowMs = 1_000_000
  #timers: Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** Moves the time and calls back what has become due, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let next = this.#due(untilMs); next !== undefined; next = this.#due(untilMs)) {
      const timer = next
      this.#timers = this.#timers.filter((other) => other !== timer)
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
      timer.callback()
    }
    this.#nowMs = untilMs
  }

  #due(untilMs: number): Timer | undefined {
    const due = this.#timers.filter(({ dueMs }) => dueMs <= untilMs)
    return due.sort((left, right) => left.dueMs - right.dueMs)[0]
  }
}
