/** A clock that is moved by hand. */
import type { Clock } from '@arbalest/common'

export class HandClock implements Clock {
  private time = 0
  private readonly waiting = new Map<() => void, number>()

  nowMs(): number {
    return this.time
  }

  after(delayMs: number, callback: () => void): () => void {
    const entry = () => callback()
    this.waiting.set(entry, this.time + delayMs)
    return () => void this.waiting.delete(entry)
  }

  moveTo(time: number): void {
    this.time = time
    for (const [entry, dueMs] of [...this.waiting]) {
      if (dueMs > time || !this.waiting.delete(entry)) continue
      entry()
    }
  }
}
