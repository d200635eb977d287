/** Simulated time: what is to happen, in the order of its time, and what was planned first goes first. */
import { present } from '@arbalest/common'

interface Entry {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

/** A binary heap; planning and taking cost the logarithm of what is planned. */
export class SimClock {
  nowMs = 1_000_000
  private readonly heap: Entry[] = []
  private planned = 0

  after(delayMs: number, run: () => void): void {
    this.at(this.nowMs + delayMs, run)
  }

  at(dueMs: number, run: () => void): void {
    const { heap } = this
    this.planned += 1
    heap.push({ dueMs: Math.max(dueMs, this.nowMs), order: this.planned, run })
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1
      if (!this.swapIfBefore(child, parent)) return
      child = parent
    }
  }

  /** Lets the next thing happen; `false` when there is none before `untilMs`. */
  step(untilMs: number): boolean {
    const { heap } = this
    const first = heap[0]
    if (first === undefined || first.dueMs > untilMs) return false
    const last = present(heap.pop(), 'the heap has an entry')
    if (heap.length > 0) {
      heap[0] = last
      this.sink()
    }
    this.nowMs = first.dueMs
    first.run()
    return true
  }

  private sink(): void {
    const { heap } = this
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1
      if (left >= heap.length) return
      const right = left + 1
      const child = right < heap.length && this.isBefore(right, left) ? right : left
      if (!this.swapIfBefore(child, parent)) return
      parent = child
    }
  }

  private swapIfBefore(child: number, parent: number): boolean {
    if (!this.isBefore(child, parent)) return false
    const { heap } = this
    const lower = present(heap[child], 'positions lie in the heap')
    heap[child] = present(heap[parent], 'positions lie in the heap')
    heap[parent] = lower
    return true
  }

  private isBefore(a: number, b: number): boolean {
    const one = present(this.heap[a], 'positions lie in the heap')
    const other = present(this.heap[b], 'positions lie in the heap')
    return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
  }
}
