/**
 * A whole cluster from a seed: the real cores of scheduler and executors among simulated clocks, streams,
 * disks, planners and clients. First a time of trouble, then a calm one in which every job must come to
 * its right end and nothing may be left over. Every law is checked after every event.
 */
import { assert, type AttemptId, type ErrorCode, type ExecutorId, type JobId, present } from '@arbalest/common'
import {
  type CoreLimits, type Effect, isTerminal, type JobLogRecord, Random, type SchedulerEvent,
  type SchedulerFact,
} from '@arbalest/scheduler/testing'
import { checkAnswer } from './checkers/check-answer.js'
import { checkLaunch } from './checkers/check-launch.js'
import { checkLeftovers } from './checkers/check-leftovers.js'
import { checkRecord } from './checkers/check-record.js'
import { Coverage } from './coverage.js'
import { type FaultScope, strikeOnce } from './faults.js'
import { Ledger } from './ledger.js'
import type { Rows } from './rows.js'
import { SimClock } from './sim-clock.js'
import { currentProtocol, SimExecutor } from './sim-executor.js'
import { SimFront } from './sim-front.js'
import { randomJob, type SimJob } from './sim-job.js'
import { SimScheduler, type SimSchedulerOptions } from './sim-scheduler.js'
import { SimStore } from './sim-store.js'
import { strayFacts } from './stray-facts.js'
import { type ExecutorTraits, ownEngine, type SchedulerNode, shortId, type World } from './world.js'

/** What is wrong with the scheduler. */
export interface Bug extends Pick<SimSchedulerOptions, 'reducer' | 'skipsFlush'> {
  readonly ignoresLease?: boolean
}

export interface SimulationOptions {
  readonly seed: number
  readonly bug?: Bug
  /** Takes the lines of the trace. */
  readonly print?: (line: string) => void
}

export interface SimulationFigures {
  readonly jobs: number
  readonly tasks: number
  readonly attempts: number
  readonly events: number
  readonly faults: readonly string[]
  readonly ends: readonly string[]
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
/** Simulated time that the cluster has for the rest of its work once nothing goes wrong any more. */
const calmMs = 600_000
const patience: Partial<CoreLimits> = {
  attemptsPerTaskMax: 1_000, lossesPerTaskMax: 1_000, recomputationsPerStageMax: 1_000, noExecutorGraceMs: 300_000,
  partitionsTimesMax: 4 ** 24,
}

export class Simulation implements World, FaultScope {
  readonly clock = new SimClock()
  readonly random: Random
  readonly coverage = new Coverage()
  readonly jobs = new Map<JobId, SimJob>()
  readonly executors = new Map<ExecutorId, SimExecutor>()
  scheduler: SimScheduler
  readonly front: SimFront
  readonly ledger = new Ledger()
  readonly runs: Rows[] = []
  readonly committed = new Map<AttemptId, Rows>()
  readonly tables = new Map<AttemptId, Rows>()
  readonly peerCuts = new Map<string, number>()
  readonly trace: (line: () => string) => void
  /** A client cancels when the last attempts of its job are about to report. */
  cancelsAtEnd = false
  isLeaderless = false
  private readonly store = new SimStore()
  private readonly schedulerOptions: SimSchedulerOptions
  private readonly isPatient: boolean
  private readonly faults: string[] = []
  private readonly oldNews: (SchedulerEvent & { kind: 'attempt-updates' })[] = []
  private readonly oldFacts: SchedulerFact[] = []
  private readonly ends = new Map<JobId, string>()
  private troubleEndsMs = 0

  constructor({ seed, bug, print }: SimulationOptions) {
    this.random = new Random(seed)
    this.isPatient = this.random.chance(0.7)
    this.trace = (line) => print?.(`${(this.clock.nowMs - 1_000_000).toFixed(1).padStart(9)} ${line()}`)
    const few = this.random.chance(0.2) ? { finishedJobsKept: 2, lostExecutorsKept: 1, inlineInputBytesMax: 60 } : {}
    const full = this.random.chance(0.05) ? { jobsMax: 2 } : {}
    const hasty = this.random.chance(0.5) ? { noExecutorGraceMs: 300 } : {}
    const eager = this.random.chance(0.5) ? { stragglerMinMs: 200, stragglerTimes: 2, stragglerCheckMs: 50 } : {}
    const retries = this.isPatient ? patience : {}
    const brief = this.random.chance(0.5) ? { abandonedJobMs: 100 } : {}
    const times = { resultRetentionMs: 60_000, ...brief, ...eager, ...hasty }
    const limits = { sharedPiecesMin: 3, ...times, ...few, ...full, ...retries }
    this.schedulerOptions = {
      limits,
      distribution: this.random.pick(['locality', 'round-robin', 'bias'] as const),
      ...bug,
      store: this.store,
      onEvent: (event) => this.remember(event),
      onLogged: (records) => this.onLogged(records),
      onReleased: (effect, from) => this.onReleased(effect, from),
      onGivenUp: (scheduler) => {
        if (scheduler === this.scheduler && !this.isLeaderless) this.replaceScheduler(this.random.next() * 1_000)
      },
    }
    this.store.ignoresLease = bug?.ignoresLease === true
    this.scheduler = new SimScheduler(this, this.schedulerOptions)
    this.front = new SimFront(this)
  }

  /** @throws AssertionFailed naming the law that was broken */
  run(): SimulationFigures {
    this.prepare()
    while (this.clock.step(this.troubleEndsMs));
    this.calmDown()
    const deadlineMs = this.clock.nowMs + calmMs
    while (this.front.seen.size + this.front.refused.size < this.jobs.size && this.clock.step(deadlineMs));
    for (const job of this.scheduler.state.live.values()) assert(false, `every job ends: ${job.id} is ${job.state}`)
    // Results are read or expire, forgotten jobs leave the executors.
    const endMs = this.clock.nowMs + 130_000
    while (this.clock.step(endMs));
    checkLeftovers(this)
    this.checkEnds()
    return this.figures()
  }

  private figures(): SimulationFigures {
    const { jobs, ledger, scheduler, faults, ends } = this
    const tasks = [...jobs.values()].reduce((sum, job) => sum + job.tasks, 0)
    const attempts = ledger.attempts.size
    return { jobs: jobs.size, tasks, attempts, events: scheduler.events, faults, ends: [...ends.values()] }
  }

  // ---- what is done to the cluster -------------------------------------------------------------------

  private prepare(): void {
    const { random, clock } = this
    const executors = 2 + random.below(3)
    for (let n = 0; n < executors; n++) clock.after(random.next() * 300, () => void this.addExecutor())
    const count = 3 + random.below(3)
    const size = Math.ceil(210 / count) + random.below(20)
    const spanMs = 500 + random.next() * 3_000
    for (let n = 0; n < count; n++) {
      const job = randomJob(random, `j${'j'.repeat(15)}${letters[n]}` as JobId, size)
      this.jobs.set(job.id, job)
      clock.after(random.next() * spanMs * 0.5, () => this.front.submit(job))
    }
    const faultCount = 5 + random.below(10)
    const workMs = spanMs + (random.chance(0.3) ? 10_000 : 0)
    for (let n = 0; n < faultCount; n++) {
      clock.after(random.next() * workMs, () => this.faults.push(strikeOnce(this)))
    }
    this.troubleEndsMs = clock.nowMs + workMs
  }

  /** Whatever is wrong passes, and there are executors enough. */
  private calmDown(): void {
    this.note(() => 'calm')
    this.takeBack()
    // Another scheduler may be about to take over, and who is lost obeys when it is back.
    for (let ms = 10_000; ms <= 60_000; ms += 10_000) this.clock.after(ms, () => this.takeBack())
    for (const executor of this.executors.values()) {
      executor.failureRate = 0
      executor.slowness = 1
    }
    const isUseful = ({ state, traits }: SimExecutor) => !state.draining && traits.fingerprint === ownEngine
    for (let n = this.aliveExecutors().filter(isUseful).length; n < 2; n++) this.addExecutor()
    this.front.plannerSlowness = 1
  }

  private takeBack(): void {
    for (const executorId of this.executors.keys()) {
      this.scheduler.dispatch({ kind: 'executor-ordered', executorId, action: 'take-back' })
    }
  }

  addExecutor(more: Partial<ExecutorTraits> = {}): SimExecutor {
    const number = this.executors.size
    const id = `e${'e'.repeat(14)}${letters[Math.floor(number / 36)]}${letters[number % 36]}` as ExecutorId
    const slots = 1 + this.random.below(4)
    const host = `host-${this.random.below(3)}`
    // Outputs have some hundred bytes a task.
    const memoryLimitBytes = this.random.pick([2_000, 20_000, 1e9])
    const missingSlots = this.random.chance(0.1) ? 1 + this.random.below(2) : 0
    const engine = { fingerprint: ownEngine, protocolVersion: currentProtocol }
    const traits = { id, host, slots, missingSlots, memoryLimitBytes, ...engine, ...more }
    const executor = new SimExecutor(this, traits)
    this.executors.set(id, executor)
    return executor
  }

  aliveExecutors(): readonly SimExecutor[] {
    return [...this.executors.values()].filter(({ isAlive }) => isAlive)
  }

  killExecutor(executor: SimExecutor, silently: boolean): void {
    executor.kill(silently)
    if (this.random.chance(0.7)) this.clock.after(this.random.next() * 3_000, () => void this.addExecutor())
  }

  drain(executor: SimExecutor): void {
    executor.dispatch({ kind: 'drain' })
    executor.later(100 * 1_200 ** this.random.next(), () => executor.dispatch({ kind: 'drain-expired' }))
  }

  untilMs(fromSeconds: number, toSeconds: number): number {
    // Short ones are as likely as long ones.
    const factor = (toSeconds / fromSeconds) ** this.random.next()
    return this.clock.nowMs + fromSeconds * factor * 1_000
  }

  forAWhile(fromSeconds: number, toSeconds: number, begin: () => void, end: () => void): void {
    begin()
    this.clock.at(this.untilMs(fromSeconds, toSeconds), end)
  }

  repeatOldNews(): void {
    if (this.oldNews.length === 0) return
    const { executorId, updates } = this.random.pick(this.oldNews)
    this.scheduler.dispatch({ kind: 'attempt-updates', executorId, updates })
  }

  /** What has happened before is told again, whatever has become of it; answers only to who asks nothing. */
  repeatOldEvents(): void {
    for (let n = 0; n < 10 && this.oldFacts.length > 0; n++) {
      const fact = this.random.pick(this.oldFacts)
      const isAsked = 'jobId' in fact && this.scheduler.state.jobs.get(fact.jobId)?.planning === true
      if (!isAsked) this.scheduler.dispatch(fact)
    }
    for (const fact of strayFacts(this.scheduler.state, this.random)) this.scheduler.dispatch(fact)
  }

  /** Another one goes on from the log, at once or after a while. */
  replaceScheduler(afterMs: number): void {
    this.isLeaderless = true
    this.clock.after(afterMs, () => this.takeOver())
  }

  /** Another one waits until the lease has run out; nothing comes of it when it is renewed meanwhile. */
  rivalScheduler(afterMs: number): void {
    this.isLeaderless = true
    this.clock.after(afterMs, () => {
      const { heldUntilMs } = this.store
      this.clock.at(heldUntilMs, () => {
        if (this.store.heldUntilMs <= heldUntilMs) this.takeOver()
        else this.isLeaderless = false
      })
    })
  }

  private takeOver(): void {
    this.isLeaderless = false
    this.note(() => 'another scheduler takes over')
    this.scheduler = new SimScheduler(this, this.schedulerOptions)
    this.scheduler.start()
    this.front.onTakeover((jobId) => this.ledger.jobs.has(jobId))
  }

  cancelSome(): void {
    this.front.cancel(this.random.pick([...this.jobs.keys()]))
  }

  /** Results that may not be there yet, or no more, are given back. */
  releaseSome(): void {
    for (const jobId of this.jobs.keys()) {
      const isRead = this.scheduler.state.jobs.get(jobId)?.state !== 'succeeded'
      if (isRead || this.random.chance(0.2)) this.scheduler.dispatch({ kind: 'result-released', jobId })
    }
  }

  note(line: () => string): void {
    this.trace(() => `---- ${line()}`)
  }

  // ---- what is watched -----------------------------------------------------------------------------

  /** A new stream and a submission are never told twice. */
  private remember(event: SchedulerEvent): void {
    if (event.kind === 'attempt-updates') this.oldNews.push(event)
    else if (event.kind !== 'executor-attached' && event.kind !== 'job-submitted') this.oldFacts.push(event)
  }

  private observeRecord(record: JobLogRecord): void {
    checkRecord(this.ledger, record)
    this.ledger.enter(record)
    if (record.kind === 'job-ended') {
      this.ends.set(record.jobId, record.state)
      if (record.state === 'succeeded') checkAnswer(this, record)
    } else if (record.kind === 'attempt-ended' && record.state === 'succeeded') {
      assert(this.committed.has(record.attemptId), `a success is that of who computed it: ${record.attemptId}`)
    }
  }

  private onLogged(records: readonly JobLogRecord[]): void {
    for (const record of records) this.observeRecord(record)
    for (const [id, end] of this.ends) {
      const state = this.scheduler.state.jobs.get(id)?.state ?? end
      assert(state === end, `ends are final: ${id} ended as ${end} and is ${state}`)
    }
  }

  private onReleased(effect: Effect, from: SchedulerNode): void {
    const { ledger } = this
    if (effect.kind === 'launch') checkLaunch(ledger, effect)
    else if (effect.kind === 'forget-job') {
      const job = ledger.jobs.get(effect.jobId)
      const isKept = job !== undefined && (job.end === undefined || (job.end === 'succeeded' && !job.isReleased))
      assert(!isKept, `files stay while they are needed: ${effect.jobId} on ${effect.executorId}`)
    }
    this.front.onReleased(effect, from)
    if (this.cancelsAtEnd && effect.kind === 'launch') this.cancelSoon(effect)
  }

  private cancelSoon({ attempts }: Effect & { kind: 'launch' }): void {
    const last = attempts.find(({ output }) => output.kind === 'result' || output.kind === 'table')
    if (!last || !this.random.chance(0.3)) return
    const [jobId] = last.attemptId.split('/')
    this.clock.after(this.random.next() * 200, () => this.front.cancel(jobId as JobId))
  }

  /** A job fails for a reason that was given to it. */
  private checkEnds(): void {
    for (const record of this.scheduler.state.jobs.values()) {
      if (!isTerminal(record.state)) continue
      const code = record.error?.code
      const job = present(this.jobs.get(record.id), 'it was submitted here')
      const isFair = record.state !== 'failed' || this.fairCodes(job).includes(code)
      assert(isFair, `a job fails only for a reason: ${shortId(record.id)} ${code} ${record.error?.message}`)
      const isLeft = record.error?.message.includes('its client went away') === true
      const mayBeLeft = this.front.abandoned.has(record.id) || this.faults.includes('late events')
      assert(!isLeft || mayBeLeft, `a job ends with its client only when that has gone: ${shortId(record.id)}`)
    }
  }

  private fairCodes(job: SimJob): readonly (ErrorCode | undefined)[] {
    const codes: (ErrorCode | undefined)[] = []
    if (job.wrongTask !== undefined) codes.push('EXECUTION_ERROR')
    if (this.faults.includes('planner crash')) codes.push('PLANNER_CRASHED')
    // Whoever crashes an engine while it runs alone is taken for the cause.
    if (this.faults.includes('engine crash')) codes.push('ENGINE_CRASHED')
    if (!this.isPatient) codes.push('TOO_MANY_FAILURES', 'NO_EXECUTORS', 'OUT_OF_MEMORY', 'DISK_FULL', 'LIMIT_EXCEEDED')
    return codes
  }
}
