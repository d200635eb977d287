/**
 * A stream between an executor and the scheduler, as TCP gives it: in order and whole, late, stalled by a
 * cut, or broken with what was under way. Two streams of one executor overtake each other freely.
 */
import type { ExecutorMessage, SchedulerMessage } from '@arbalest/protocol'
import type { Random } from '@arbalest/scheduler/testing'
import type { SimClock } from './sim-clock.js'

/** What arrives at an end: a message, or the other end's close. */
export type Arrival<Message> = Message | { readonly kind: 'closed' }

export interface WireEnds<Message> {
  readonly deliver: (arrival: Arrival<Message>) => void
  /** Until when nothing arrives: the link is cut, or the receiver stands still. */
  readonly blockedUntilMs: () => number
}

/** One direction. Whenever a message is due, the oldest one arrives. */
export class Wire<Message> {
  private readonly queue: Arrival<Message>[] = []
  private readonly clock: SimClock
  private readonly random: Random
  private readonly ends: WireEnds<Message>

  constructor(clock: SimClock, random: Random, ends: WireEnds<Message>) {
    this.clock = clock
    this.random = random
    this.ends = ends
  }

  send(arrival: Arrival<Message>): void {
    this.queue.push(arrival)
    this.clock.after(this.random.chance(0.02) ? this.random.next() * 80 : this.random.next() * 2, this.arrive)
  }

  /** The sender is gone: part of what is under way goes with it. */
  breakOff(): void {
    const arrived = this.random.below(this.queue.length + 1)
    this.queue.length = arrived
    this.send({ kind: 'closed' })
  }

  private readonly arrive = (): void => {
    const untilMs = this.ends.blockedUntilMs()
    if (untilMs > this.clock.nowMs) return this.clock.at(untilMs, this.arrive)
    const arrival = this.queue.shift()
    if (arrival) this.ends.deliver(arrival)
  }
}

export interface SimStream {
  readonly up: Wire<ExecutorMessage>
  readonly down: Wire<SchedulerMessage>
}
