/**
 * A simulated process of the scheduler around its core: streams, timers, and a log that takes its time.
 * Effects go out when the log has the records of their event, as in the real run loop.
 */
import { assertNever, type ExecutorId, limits } from '@arbalest/common'
import { type ExecutorMessage, protocolVersion, type SchedulerMessage } from '@arbalest/protocol'
import {
  checkInvariants, type ClusterState, type CoreLimits, createState, type Effect, type JobLogRecord, reduce,
  replay, type SchedulerEvent, type SchedulerFact, type Timer, timerKey,
} from '@arbalest/scheduler/testing'
import type { SimStore } from './sim-store.js'
import type { Arrival, Wire } from './sim-stream.js'
import { describeTurn } from './describe-turn.js'
import { pools } from './sim-job.js'
import type { SchedulerNode, World } from './world.js'

export type Reducer = (state: ClusterState, event: SchedulerEvent) => readonly Effect[]

export interface SimSchedulerOptions {
  readonly limits: Partial<CoreLimits>
  readonly distribution?: 'locality' | 'round-robin' | 'bias'
  /** The reducer, unless it has a bug planted around it. */
  readonly reducer?: Reducer | undefined
  /** A bug of the run loop: effects do not wait for the log. */
  readonly skipsFlush?: boolean | undefined
  readonly store: SimStore
  /** Sees every event, at once. */
  readonly onEvent: (event: SchedulerEvent) => void
  /** Sees records when the log has them. */
  readonly onLogged: (records: readonly JobLogRecord[]) => void
  /** Sees every effect when it goes out. */
  readonly onReleased: (effect: Effect, from: SchedulerNode) => void
  /** It has ended because its lease has run out. */
  readonly onGivenUp: (scheduler: SchedulerNode) => void
}

type Deed = Exclude<Effect, { kind: 'append-log' }>

/** Between two looks at the lease. */
const leaseRenewalMs = 1_000

/** An event worked off, until the log has its records. */
interface PendingTurn {
  readonly records: readonly JobLogRecord[]
  readonly deeds: readonly Deed[]
  readonly number: number
  /** Who waits until the log has what they have seen. */
  readonly hearers: (() => void)[]
}

interface OpenStream {
  readonly down: Wire<SchedulerMessage>
  executorId: ExecutorId | undefined
}

interface RunningTimer {
  readonly timer: Timer
  readonly dueMs: number
  /** The event that asked for it. */
  readonly askedBy: number
}

export class SimScheduler implements SchedulerNode {
  state: ClusterState
  isUp = true
  pausedUntilMs = 0
  events = 0
  private readonly world: World
  private readonly options: SimSchedulerOptions
  private readonly lease: number
  private heldUntilMs = 0
  private readonly pending: PendingTurn[] = []
  private readonly streams = new Map<number, OpenStream>()
  private readonly current = new Map<ExecutorId, number>()
  /** Timers that run, and those that the core believes to run: the effects may still be waiting. */
  private readonly timers = new Map<string, RunningTimer>()
  private readonly asked = new Map<string, number>()
  private lastStreamId = 0
  private releasedMs = 0

  constructor(world: World, options: SimSchedulerOptions) {
    this.world = world
    this.options = options
    this.state = createState(options.limits, protocolVersion, pools, options.distribution)
    this.lease = options.store.takeLease(world.clock.nowMs)
    replay(this.state, options.store.kept(world.random.chance(0.5)))
    this.renewLease()
  }

  /** Goes on with what the log has kept. */
  start(): void {
    if (this.state.jobs.size > 0 || this.state.executors.size > 0) this.dispatch({ kind: 'scheduler-restarted' })
  }

  /** Who has nothing to write must hear too that another one has its place. */
  private readonly renewLease = (): void => {
    const { clock } = this.world
    if (!this.isUp) return
    if (this.pausedUntilMs > clock.nowMs) return clock.at(this.pausedUntilMs, this.renewLease)
    const untilMs = this.options.store.renew(this.lease, clock.nowMs)
    if (untilMs === undefined) return this.giveUp()
    this.heldUntilMs = untilMs
    clock.after(leaseRenewalMs, this.renewLease)
  }

  /** The process is gone. Of the turns under way some are in the log already. */
  die(): void {
    if (!this.isUp) return
    this.isUp = false
    const logged = this.world.random.below(this.pending.length + 1)
    for (const { records } of this.pending.slice(0, logged)) this.log(records)
    for (const { down } of this.streams.values()) down.breakOff()
    this.streams.clear()
    this.timers.clear()
  }

  /** It stands still; pauses do not shorten each other. */
  pauseUntil(ms: number): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, ms)
  }

  /** It has lost its lease. */
  private giveUp(): void {
    this.die()
    this.options.onGivenUp(this)
  }

  /** Calls when the log has all that happened until now; never when this process dies before. */
  whenRecorded(hear: () => void): void {
    const last = this.pending.at(-1)
    if (last) last.hearers.push(hear)
    else if (this.isUp) hear()
  }

  accept(down: Wire<SchedulerMessage>): (arrival: Arrival<ExecutorMessage>) => void {
    this.lastStreamId += 1
    const streamId = this.lastStreamId
    const stream: OpenStream = { down, executorId: undefined }
    this.streams.set(streamId, stream)
    return (arrival) => {
      if (this.streams.get(streamId) === stream) this.onArrival(streamId, stream, arrival)
    }
  }

  dispatch(fact: SchedulerFact): void {
    if (!this.isUp) return
    const { world, options, state } = this
    const event = { ...fact, atMs: Math.floor(world.clock.nowMs), jitter: world.random.next() }
    this.events += 1
    world.coverage.noteSchedulerEvent(state, event)
    const effects = (options.reducer ?? reduce)(state, event)
    world.trace(() => describeTurn(event, effects))
    for (const effect of effects) {
      if (effect.kind === 'start-timer') this.asked.set(timerKey(effect.timer), this.events)
      if (effect.kind === 'cancel-timer') this.asked.delete(timerKey(effect.timer))
    }
    checkInvariants(state, this.asked)
    options.onEvent(event)
    this.release(effects)
  }

  private release(effects: readonly Effect[]): void {
    const { clock, random } = this.world
    const records = effects.flatMap((effect) => (effect.kind === 'append-log' ? effect.records : []))
    const deeds = effects.filter((effect): effect is Deed => effect.kind !== 'append-log')
    const { skipsFlush = false } = this.options
    if (skipsFlush) this.performAll(deeds, this.events)
    this.pending.push({ records, deeds: skipsFlush ? [] : deeds, number: this.events, hearers: [] })
    const flushedMs = records.length === 0 ? clock.nowMs : clock.nowMs + 0.2 + random.next() * 3
    this.releasedMs = Math.max(this.releasedMs, flushedMs)
    clock.at(this.releasedMs, this.releaseNext)
  }

  private readonly releaseNext = (): void => {
    const { clock } = this.world
    if (this.isUp && this.pausedUntilMs > clock.nowMs) return clock.at(this.pausedUntilMs, this.releaseNext)
    if (!this.isUp) return
    // Nobody may have taken its place: what follows goes out without a look at the store.
    if (this.heldUntilMs <= clock.nowMs) return this.giveUp()
    const turn = this.pending.shift()
    if (!turn) return
    if (!this.log(turn.records)) return this.giveUp()
    this.performAll(turn.deeds, turn.number)
    for (const hear of turn.hearers) hear()
  }

  private log(records: readonly JobLogRecord[]): boolean {
    if (records.length === 0) return true
    if (!this.options.store.append(this.lease, records)) return false
    this.options.onLogged(records)
    return true
  }

  private performAll(deeds: readonly Deed[], askedBy: number): void {
    for (const deed of deeds) {
      this.options.onReleased(deed, this)
      this.perform(deed, askedBy)
    }
  }

  private perform(effect: Deed, askedBy: number): void {
    switch (effect.kind) {
      case 'launch':
        return this.send(effect.executorId, { kind: 'launch', jobToken: effect.jobToken, attempts: effect.attempts })
      case 'cancel-attempts':
        return this.send(effect.executorId, { kind: 'cancel', attemptIds: effect.attemptIds })
      case 'forget-job':
        return this.send(effect.executorId, { kind: 'forget-job', jobId: effect.jobId })
      case 'shut-down':
        return this.send(effect.executorId, { kind: 'shut-down' })
      case 'executor-registered':
        return this.register(effect.streamId, effect.executorId)
      case 'executor-refused':
        return this.refuse(effect.streamId, { kind: 'refused', error: effect.error })
      case 'end-stream': {
        const streamId = this.current.get(effect.executorId)
        return streamId === undefined ? undefined : this.close(streamId)
      }
      case 'start-timer':
        return this.startTimer(effect.timer, effect.afterMs, askedBy)
      case 'cancel-timer':
        return void this.timers.delete(timerKey(effect.timer))
      case 'job-forgotten':
        return this.options.store.forget(effect.jobId)
      // The front's, which sees effects as they are released.
      case 'plan-rest':
      case 'stop-planning':
      case 'job-changed':
      case 'job-refused':
        return
    }
    return assertNever(effect)
  }

  // ---- streams -------------------------------------------------------------------------------------

  private onArrival(streamId: number, stream: OpenStream, arrival: Arrival<ExecutorMessage>): void {
    const { executorId } = stream
    switch (arrival.kind) {
      case 'register':
        stream.executorId = arrival.registration.executorId
        return this.dispatch({ kind: 'executor-attached', streamId, announcement: arrival.registration })
      case 'closed':
        return this.dropStream(streamId)
      case 'heartbeat':
        if (executorId) this.dispatch({ kind: 'heartbeat', executorId, vitals: arrival.health })
        return
      case 'updates':
        if (executorId) this.dispatch({ kind: 'attempt-updates', executorId, updates: arrival.updates })
        return
      case 'draining':
        if (executorId) this.dispatch({ kind: 'executor-draining', executorId })
        return
      case 'inspected':
      case 'inspect-failed':
        return
    }
    return assertNever(arrival)
  }

  private dropStream(streamId: number): void {
    const stream = this.streams.get(streamId)
    this.streams.delete(streamId)
    const executorId = stream?.executorId
    if (executorId === undefined) return
    if (this.current.get(executorId) === streamId) this.current.delete(executorId)
    this.dispatch({ kind: 'executor-detached', streamId, executorId })
  }

  private close(streamId: number): void {
    this.streams.get(streamId)?.down.send({ kind: 'closed' })
    this.dropStream(streamId)
  }

  private register(streamId: number, executorId: ExecutorId): void {
    const stream = this.streams.get(streamId)
    if (!stream) return
    const older = this.current.get(executorId)
    this.current.set(executorId, streamId)
    if (older !== undefined) this.close(older)
    stream.down.send({ kind: 'registered' })
  }

  private refuse(streamId: number, message: SchedulerMessage & { readonly kind: 'refused' }): void {
    this.streams.get(streamId)?.down.send(message)
    this.close(streamId)
  }

  private send(executorId: ExecutorId, message: SchedulerMessage): void {
    const streamId = this.current.get(executorId)
    if (streamId !== undefined) this.streams.get(streamId)?.down.send(message)
  }

  // ---- timers --------------------------------------------------------------------------------------

  private startTimer(timer: Timer, afterMs: number, askedBy: number): void {
    const { clock } = this.world
    const running: RunningTimer = { timer, dueMs: clock.nowMs + afterMs, askedBy }
    this.timers.set(timerKey(timer), running)
    clock.after(afterMs, () => this.fire(running))
  }

  /** After a pause of its own the scheduler reads its sockets first. */
  private fire(running: RunningTimer): void {
    const { timer, dueMs, askedBy } = running
    const { clock } = this.world
    const key = timerKey(timer)
    if (this.timers.get(key) !== running) return
    if (this.pausedUntilMs > clock.nowMs) return clock.at(this.pausedUntilMs, () => this.fire(running))
    if (clock.nowMs - dueMs > limits.timerLatenessMs) return this.startTimer(timer, limits.socketDrainMs, askedBy)
    this.timers.delete(key)
    if (this.asked.get(key) === askedBy) this.asked.delete(key)
    this.dispatch({ kind: 'timer-fired', timer })
  }
}
