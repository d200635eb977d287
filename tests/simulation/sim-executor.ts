/** A simulated executor: the real core, with a process, a disk and a stream that all may fail. */
import { type AttemptId, assertNever, type JobId, limits, parseAttemptId, queryError } from '@arbalest/common'
import {
  checkInvariants, type AttemptOutcome, type ExecutorEffect, type ExecutorEvent, type ExecutorState, initialState,
  reduce,
} from '@arbalest/executor/testing'
import { type ExecutorMessage, protocolVersion, type SchedulerMessage } from '@arbalest/protocol'
import { reportOfLie, type RunnerHost, SimRunner } from './sim-runner.js'
import { type Arrival, type SimStream, Wire } from './sim-stream.js'
import { type ExecutorNode, type ExecutorTraits, shortId, type StoredOutput, type World } from './world.js'

export class SimExecutor implements ExecutorNode, RunnerHost {
  readonly traits: ExecutorTraits
  readonly state: ExecutorState
  readonly disk = new Map<AttemptId, StoredOutput>()
  readonly jobs = new Set<JobId>()
  readonly runner: SimRunner
  isAlive = true
  frozenUntilMs = 0
  cutUpUntilMs = 0
  cutDownUntilMs = 0
  diskFullUntilMs = 0
  littleMemoryUntilMs = 0
  slowness = 1
  hasLostFiles = false
  losesCommit = false
  /** Attempts it says to have when it announces itself next. */
  falseClaims: { readonly held: readonly AttemptId[]; readonly running: readonly AttemptId[] } | undefined
  failureRate = 0
  private readonly world: World
  private readonly events: ExecutorEvent[] = []
  private readonly told: ExecutorEvent[] = []
  private isReducing = false
  private stream: SimStream | undefined
  private isRegistered = false
  private pending: AttemptOutcome[] = []

  constructor(world: World, traits: ExecutorTraits) {
    this.world = world
    this.traits = traits
    this.state = initialState(traits.id, Math.max(traits.slots - traits.missingSlots, 1))
    this.runner = new SimRunner(world, this)
    this.attach(0)
  }

  /** Does something after a while, unless the process has ended by then; not while it stands still. */
  later(delayMs: number, run: () => void): void {
    const { clock } = this.world
    const due = (): void => {
      if (!this.isAlive) return
      if (this.frozenUntilMs > clock.nowMs) return clock.at(this.frozenUntilMs, due)
      run()
    }
    clock.after(delayMs, due)
  }

  dispatch(event: ExecutorEvent): void {
    this.events.push(event)
    if (this.isReducing) return
    this.isReducing = true
    for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
      const subject = next
      if ('attemptId' in next || next.kind === 'cancel' || next.kind === 'launch') this.told.push(next)
      this.world.coverage.noteExecutorEvent(this.state, subject)
      this.world.trace(() => `${shortId(this.traits.id)}   ${describe(subject)}`)
      const effects = reduce(this.state, next)
      checkInvariants(this.state)
      for (const effect of effects) this.perform(effect)
    }
    this.isReducing = false
  }

  /** Its runner and its stream tell again what they have told, of attempts that have ended. */
  repeatOldEvents(): void {
    for (let n = 0; n < 30 && this.told.length > 0; n++) {
      const event = this.world.random.pick(this.told)
      if (this.absorbs(event)) this.dispatch(event)
    }
    for (const event of lateNews(this.state)) this.dispatch(event)
  }

  /** A launch comes again while its attempts are known, the rest when they have ended. */
  private absorbs(event: ExecutorEvent): boolean {
    const { attempts, closed } = this.state
    if (event.kind === 'launch') return event.attempts.every(({ attemptId }) => attempts.has(attemptId))
    const phase = 'attemptId' in event ? attempts.get(event.attemptId)?.phase : 'failed'
    return closed || phase === 'succeeded' || phase === 'failed' || phase === 'cancelled'
  }

  /** The process is gone, its files with it. `silently`: nobody closes its stream. */
  kill(silently: boolean): void {
    if (!this.isAlive) return
    this.isAlive = false
    this.disk.clear()
    this.jobs.clear()
    if (!silently) this.stream?.up.breakOff()
    this.stream = undefined
  }

  /** Its stream breaks and is opened again. */
  breakStream(): void {
    const { stream } = this
    if (!stream) return
    stream.up.breakOff()
    this.onClosed()
  }

  get attemptsUnderWay(): number {
    return this.runner.count
  }

  loseCommit(): void {
    this.losesCommit = false
    this.hasLostFiles = true
  }

  send(message: ExecutorMessage): void {
    this.flush()
    this.stream?.up.send(message)
  }

  private perform(effect: ExecutorEffect): void {
    switch (effect.kind) {
      case 'start-attempt':
        return this.runner.start(effect.spec)
      case 'interrupt-attempt':
        return this.runner.interrupt(effect.attemptId)
      case 'discard-output':
        this.disk.delete(effect.attemptId)
        this.world.tables.delete(effect.attemptId)
        return
      case 'report':
        return this.report(effect.outcome)
      case 'announce':
        return this.register(effect)
      case 'announce-draining':
        return this.send({ kind: 'draining' })
      case 'remove-job':
        return this.removeJob(effect.jobId)
      case 'close':
        return this.end()
    }
    return assertNever(effect)
  }

  /** What was under way when it ended. */
  private hearAfterEnd(): void {
    const atMs = this.world.clock.nowMs
    this.repeatOldEvents()
    const [jobId] = this.jobs
    if (jobId) this.dispatch({ kind: 'forget-job', jobId, atMs })
    this.dispatch({ kind: 'engine-crashed', reason: 'it ends', atMs })
    this.dispatch({ kind: 'drain' })
    this.dispatch({ kind: 'drain-expired' })
  }

  private removeJob(jobId: JobId): void {
    this.jobs.delete(jobId)
    for (const id of this.disk.keys()) if (parseAttemptId(id).jobId === jobId) this.disk.delete(id)
  }

  /** An orderly end: what was reported is still sent. */
  end(): void {
    this.flush()
    this.dispatch({ kind: 'ended' })
    this.dispatch({ kind: 'stream-closed' })
    this.hearAfterEnd()
    this.stream?.up.send({ kind: 'closed' })
    this.stream = undefined
    this.isAlive = false
    this.disk.clear()
    this.jobs.clear()
  }

  // ---- the stream to the scheduler -----------------------------------------------------------------

  private attach(failures: number): void {
    const { clock, scheduler } = this.world
    const isCut = Math.max(this.cutUpUntilMs, this.cutDownUntilMs) > clock.nowMs
    if (isCut || !scheduler.isUp) {
      const pauseMs = Math.min(limits.retryBackoffMs * 2 ** failures, limits.attachBackoffMaxMs)
      return this.later(pauseMs, () => this.attach(failures + 1))
    }
    const stream = this.openStream()
    this.stream = stream
    this.later(1, () => {
      if (this.stream === stream) this.dispatch({ kind: 'stream-opened' })
    })
    this.later(limits.executorTimeoutMs, () => {
      if (this.stream === stream && !this.isRegistered) this.breakStream()
    })
  }

  private openStream(): SimStream {
    const { clock, random, scheduler } = this.world
    const down: Wire<SchedulerMessage> = new Wire(clock, random, {
      deliver: (arrival) => {
        if (this.isAlive && this.stream === stream) this.onArrival(arrival)
      },
      blockedUntilMs: () => Math.max(this.cutDownUntilMs, this.isAlive ? this.frozenUntilMs : 0),
    })
    const accepted = scheduler.accept(down)
    const up = new Wire(clock, random, {
      deliver: accepted,
      blockedUntilMs: () => Math.max(this.cutUpUntilMs, scheduler.pausedUntilMs),
    })
    const stream: SimStream = { up, down }
    return stream
  }

  private onArrival(message: Arrival<SchedulerMessage>): void {
    const atMs = this.world.clock.nowMs
    switch (message.kind) {
      case 'closed':
        return this.onClosed()
      case 'registered':
        this.isRegistered = true
        this.dispatch({ kind: 'registered' })
        return this.beat(this.stream)
      case 'refused':
      case 'shut-down':
        return this.end()
      case 'launch':
        for (const { attemptId } of message.attempts) this.jobs.add(parseAttemptId(attemptId).jobId)
        return this.dispatch({ kind: 'launch', attempts: message.attempts, atMs })
      case 'cancel':
        return this.dispatch({ kind: 'cancel', attemptIds: message.attemptIds, atMs })
      case 'forget-job':
        return this.dispatch({ kind: 'forget-job', jobId: message.jobId, atMs })
      case 'inspect':
        return
    }
    return assertNever(message)
  }

  private onClosed(): void {
    this.stream = undefined
    this.isRegistered = false
    this.pending = []
    this.dispatch({ kind: 'stream-closed' })
    if (this.isAlive) this.later(0, () => this.attach(0))
  }

  private beat(stream: SimStream | undefined): void {
    if (this.stream !== stream || !this.isRegistered) return
    const runningAttempts = this.attemptsUnderWay
    this.send({ kind: 'heartbeat', health: { runningAttempts, residentBytes: 0, cpuMs: 0, workDirBytes: 0 } })
    this.later(limits.heartbeatIntervalMs, () => this.beat(stream))
  }

  private register(held: { heldOutputs: readonly AttemptId[]; runningAttempts: readonly AttemptId[] }): void {
    const { id: executorId, host, slots, fingerprint: engineFingerprint } = this.traits
    const { held: claimed = [], running = [] } = this.falseClaims ?? {}
    this.falseClaims = undefined
    const heldOutputs = [...new Set([...held.heldOutputs, ...claimed])]
    const runningAttempts = [...new Set([...held.runningAttempts, ...running])]
    const own = { executorId, host, port: 50051, slots, engineFingerprint, heldOutputs, runningAttempts }
    const more = { threads: 1, memoryLimitBytes: this.traits.memoryLimitBytes, labels: [host], version: '', pid: 1 }
    this.send({
      kind: 'register', registration: { ...own, ...more, protocolVersion: this.traits.protocolVersion },
    })
  }

  /** Ends go out at once; that an attempt runs waits a little. */
  private report(outcome: AttemptOutcome): void {
    if (this.stream === undefined) return
    this.pending.push(outcome)
    this.later(outcome.kind === 'running' ? limits.runningReportWaitMs : 0, () => this.flush())
  }

  private flush(): void {
    const updates = this.pending
    this.pending = []
    if (updates.length > 0) this.stream?.up.send({ kind: 'updates', updates })
  }
}

export const currentProtocol = protocolVersion

/** Whatever a runner can say, of one attempt of each end. */
function lateNews({ attempts, closed }: ExecutorState): readonly ExecutorEvent[] {
  if (closed) return []
  const ended = [...attempts.values()].filter(({ phase }) => ['succeeded', 'failed', 'cancelled'].includes(phase))
  const one = new Map(ended.map(({ phase, attemptId }) => [phase, attemptId]))
  const error = queryError('IO_ERROR', { reason: 'simulated' }).toWire()
  return [...one.values()].flatMap((attemptId): readonly ExecutorEvent[] => [
    { kind: 'fetched', attemptId },
    { kind: 'computed', attemptId },
    { kind: 'committed', attemptId, report: reportOfLie, atMs: 0 },
    { kind: 'stopped', attemptId, error, lostInputs: [], atMs: 0 },
  ])
}

function describe(event: ExecutorEvent): string {
  switch (event.kind) {
    case 'launch':
      return `launch ${event.attempts.map(({ attemptId }) => shortId(attemptId)).join(' ')}`
    case 'cancel':
      return `cancel ${event.attemptIds.map(shortId).join(' ')}`
    case 'forget-job':
      return `forget-job ${shortId(event.jobId)}`
    case 'fetched':
    case 'computed':
    case 'committed':
    case 'stopped':
      return `${event.kind} ${shortId(event.attemptId)}${'error' in event ? ` ${event.error.code}` : ''}`
    case 'engine-crashed':
    case 'stream-opened':
    case 'registered':
    case 'stream-closed':
    case 'drain':
    case 'drain-expired':
    case 'ended':
      return event.kind
  }
}
