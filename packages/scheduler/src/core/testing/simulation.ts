/**
 * The core among random executors, planners and clients. First a time of trouble, then a calm one in
 * which every job must come to its right end.
 */
import { assert, type AttemptId, type ExecutorId, type JobId, present, queryError } from '@arbalest/common'
import type { StageSpec } from '@arbalest/plan'
import type { Effect } from '../effect.js'
import { type SchedulerFact, timerKey } from '../event.js'
import { type CoreLimits, isTerminal, type Job } from '../state.js'
import { Random } from './random.js'
import { sameState } from './same-state.js'
import { randomSteps } from './random-job.js'
import { type Lineage, merge, SimExecutor, type SimWorld, type ToExecutor } from './sim-executor.js'
import { executorId, jobId, renumbered } from './specs.js'
import { TestCluster } from './test-cluster.js'

export interface SimulationOptions {
  readonly seed: number
  /** Attempts fail by themselves, so that jobs may fail too. */
  readonly withFailures: boolean
  readonly limits: Partial<CoreLimits>
}

/** A wait as long as this does not end in a simulation. */
export const neverMs = 1e9

const distributions = ['locality', 'round-robin', 'bias'] as const
const letters = 'abcdefghijklmnopqrstuvwxyz'

export class Simulation implements SimWorld {
  readonly cluster: TestCluster
  readonly cancelled = new Set<JobId>()
  readonly executors: SimExecutor[] = []
  readonly steps = new Map<JobId, readonly (readonly StageSpec[])[]>()
  /** The final state of each job, which must never change again. */
  readonly ends = new Map<JobId, string>()
  private readonly random: Random
  private readonly withFailures: boolean
  private readonly planning = new Set<JobId>()
  private readonly made = new Map<AttemptId, Lineage>()
  private readonly old: SchedulerFact[] = []
  private executorsMade = 0
  private streams = 1_000

  constructor({ seed, withFailures, limits }: SimulationOptions) {
    this.random = new Random(seed)
    this.withFailures = withFailures
    const eager = { stragglerMinMs: 30, stragglerTimes: 1.5, stragglerCheckMs: 10 }
    this.cluster = new TestCluster({ ...eager, ...limits }, undefined, distributions[seed % 3])
  }

  run(): void {
    const trouble = 40 + this.random.below(200)
    for (let n = 0; n < trouble; n++) {
      if (!this.random.chance(0.2) || !this.disturb()) this.proceed()
    }
    for (const executor of [...this.executors]) if (executor.isDraining) this.kill(executor)
    while (this.executors.length < 2) this.addExecutor()
    for (const { letter } of this.executors) {
      this.send({ kind: 'executor-ordered', executorId: executorId(letter), action: 'take-back' })
    }
    let calm = 0
    while (this.cluster.state.live.size > 0 && calm < 20_000) {
      this.proceed()
      calm += 1
    }
    assert(this.cluster.state.live.size === 0, 'every job ends when there are executors')
    this.settle()
  }

  /** When all has arrived and nothing runs, no slot is taken any more. */
  private settle(): void {
    for (const executor of this.executors) {
      if (executor.streamId === undefined) this.attach(executor)
      while (executor.fromScheduler.length > 0) this.deliver(executor)
      for (const id of [...executor.running.keys()]) executor.finish(id)
      while (executor.toScheduler.length > 0) this.hear(executor)
      const { busy } = present(this.cluster.state.executors.get(executorId(executor.letter)), 'it is attached')
      assert(busy.size === 0, `executor ${executor.letter} has all its slots free: ${[...busy.keys()].join()}`)
    }
  }

  private send(fact: SchedulerFact): void {
    this.cluster.jitter = this.random.next()
    this.cluster.nowMs += this.random.below(20)
    const effects = this.cluster.send(fact)
    for (const effect of effects) this.perform(effect)
    for (const job of this.cluster.state.jobs.values()) {
      const end = this.ends.get(job.id)
      assert(end === undefined || end === job.state, `job ${job.id} stays as it has ended`)
      if (end === undefined && isTerminal(job.state)) this.onEnd(job)
    }
  }

  private onEnd(job: Job): void {
    this.ends.set(job.id, job.state)
    for (const [task, ids] of this.lineageOf(job)) {
      assert(ids.size === 1, `the result has rows of one attempt of task ${task}: ${[...ids].join()}`)
    }
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case 'plan-rest':
        this.planning.add(effect.request.jobId)
        return
      case 'stop-planning':
        this.planning.delete(effect.jobId)
        return
      case 'launch':
      case 'cancel-attempts':
      case 'forget-job':
      case 'shut-down':
      case 'end-stream':
        return this.post(effect)
      case 'append-log':
      case 'executor-registered':
      case 'executor-refused':
      case 'start-timer':
      case 'cancel-timer':
      case 'job-changed':
      case 'job-refused':
      case 'job-forgotten':
        return
    }
  }

  private post(effect: ToExecutor): void {
    const executor = this.executors.find(({ letter }) => executorId(letter) === effect.executorId)
    if (executor?.streamId === undefined) return
    if (effect.kind === 'end-stream') executor.loseStream()
    else executor.fromScheduler.push(effect)
  }

  /** Something that goes well: one of all things that could happen next. */
  private proceed(): void {
    const possible: (() => void)[] = []
    for (const executor of this.executors) {
      if (executor.streamId === undefined) possible.push(() => this.attach(executor))
      const [message] = executor.fromScheduler
      if (message) possible.push(() => this.deliver(executor))
      if (executor.toScheduler.length > 0) possible.push(() => this.hear(executor))
      if (executor.running.size > 0) possible.push(() => this.work(executor))
    }
    for (const id of this.planning) possible.push(() => this.plan(id))
    if (possible.length === 0 || this.random.chance(0.05)) this.fireNext()
    else this.random.pick(possible)()
  }

  /** Something that happens to a cluster; tells whether it could. */
  private disturb(): boolean {
    const { random } = this
    const executor = this.executors.length > 0 ? random.pick(this.executors) : undefined
    const job = this.steps.size > 0 ? random.pick([...this.steps.keys()]) : undefined
    switch (random.below(12)) {
      case 0:
      case 1:
        return this.steps.size < 4 && this.submit()
      case 2:
      case 3:
        return this.executors.length < 4 && this.executorsMade < letters.length && this.addExecutor()
      case 4:
        return executor !== undefined && this.kill(executor)
      case 5:
        return executor?.streamId !== undefined && this.breakStream(executor)
      case 6:
        if (this.old.length > 0) this.send(random.pick(this.old))
        return true
      case 7:
        return executor?.streamId !== undefined && random.chance(0.3) && this.drain(executor)
      case 8:
        if (job && random.chance(0.2)) this.cancel(job)
        return true
      case 9:
        return executor !== undefined && executor.loseFile(random)
      case 10:
        return this.crash()
      default:
        if (executor && random.chance(0.5)) return this.order(executor)
        if (job) this.send({ kind: 'result-released', jobId: job })
        return true
    }
  }

  private submit(): boolean {
    const id = jobId(present(letters[this.steps.size], 'there are letters enough'))
    this.steps.set(id, randomSteps(this.random))
    const submission = { sql: '', jobName: undefined, sessionId: undefined, preparedQuery: '' } as const
    const more = { settings: {}, compression: 'none', timeoutMs: undefined, pool: undefined, priority: 0 } as const
    const speculation = this.random.chance(0.5)
    this.send({ kind: 'job-submitted', jobId: id, jobToken: '', submission: { ...submission, ...more, speculation } })
    return true
  }

  private cancel(id: JobId): void {
    if (this.cluster.state.live.has(id)) this.cancelled.add(id)
    this.send({ kind: 'cancel-requested', jobId: id, reason: 'a whim' })
  }

  private addExecutor(): boolean {
    const letter = present(letters[this.executorsMade], 'there are letters enough')
    this.executorsMade += 1
    this.executors.push(new SimExecutor(letter, 1 + this.random.below(3), this))
    return true
  }

  private attach(executor: SimExecutor): void {
    this.streams += 1
    executor.streamId = this.streams
    this.send({ kind: 'executor-attached', streamId: this.streams, announcement: executor.announce() })
  }

  private kill(executor: SimExecutor): boolean {
    this.executors.splice(this.executors.indexOf(executor), 1)
    if (executor.streamId !== undefined) this.breakStream(executor)
    return true
  }

  /** The scheduler hears of the end, unless it is cut off too and only silence will tell. */
  private breakStream(executor: SimExecutor): boolean {
    const streamId = present(executor.streamId, 'it has a stream')
    executor.loseStream()
    if (this.random.chance(0.9)) {
      this.send({ kind: 'executor-detached', streamId, executorId: executorId(executor.letter) })
    }
    return true
  }

  /** The scheduler dies with all its streams, and goes on from its log. */
  private crash(): boolean {
    this.planning.clear()
    for (const executor of this.executors) executor.loseStream()
    assert(sameState(this.cluster.state, this.cluster.replayed()), 'the log tells the state')
    for (const effect of this.cluster.restart()) this.perform(effect)
    return true
  }

  private drain(executor: SimExecutor): boolean {
    executor.isDraining = true
    executor.toScheduler.push({ kind: 'executor-draining', executorId: executorId(executor.letter) })
    return true
  }

  private order(executor: SimExecutor): boolean {
    const action = this.random.pick(['set-aside', 'drain', 'take-back'] as const)
    this.send({ kind: 'executor-ordered', executorId: executorId(executor.letter), action })
    return true
  }

  private deliver(executor: SimExecutor): void {
    executor.receive(present(executor.fromScheduler.shift(), 'there is a message'))
  }

  private hear(executor: SimExecutor): void {
    const fact = present(executor.toScheduler.shift(), 'there is a message')
    if (fact.kind === 'attempt-updates') this.old.push(fact)
    this.send(fact)
  }

  private work(executor: SimExecutor): void {
    const attemptId = this.random.pick([...executor.running.keys()])
    if (this.random.chance(0.3)) {
      return executor.tell({ kind: 'running', attemptId, atMs: this.cluster.nowMs })
    }
    if (!this.withFailures || !this.random.chance(0.15)) return executor.finish(attemptId)
    const code = this.random.pick(['IO_ERROR', 'OUT_OF_MEMORY', 'ENGINE_CRASHED', 'EXECUTION_ERROR'] as const)
    const error = queryError(code, { reason: 'bad luck' }).toWire()
    const victims = code === 'ENGINE_CRASHED' ? [...executor.running.keys()] : [attemptId]
    for (const victim of victims) {
      executor.running.delete(victim)
      executor.tell({ kind: 'failed', attemptId: victim, error, lostInputs: [] })
    }
  }

  private plan(id: JobId): void {
    this.planning.delete(id)
    const job = present(this.cluster.state.jobs.get(id), 'only known jobs are planned')
    const steps = present(this.steps.get(id), 'the job was made here')
    const published = job.stages.size
    const measured = [...job.stages.values()].filter(({ facts }) => facts !== undefined).length
    let before = 0
    let next = 0
    while (before < published) before += steps[next++]?.length ?? published
    const count = steps.flat().length
    // After a plan was given up the same stages come again, under numbers that were never used.
    const first = [...job.stages.keys()][0] ?? job.nextStageId + count - 1
    const shift = Math.floor((first - 1) / count) * count
    const dawdles = measured < published && this.random.chance(0.3)
    const stages = dawdles ? [] : (steps[next] ?? []).map((spec) => renumbered(spec, shift))
    const finished = !dawdles && next >= steps.length - 1
    const step = { mode: 'distributed', modeReason: '', decisions: [], stages, finished } as const
    this.send({ kind: 'stages-planned', jobId: id, step })
  }

  private fireNext(): void {
    const [first] = [...this.cluster.timers.values()].toSorted((a, b) => a.dueMs - b.dueMs)
    if (!first || first.dueMs - this.cluster.nowMs >= neverMs) return
    if (first.timer.kind === 'silence') this.beat(first.timer.executorId)
    this.cluster.timers.delete(timerKey(first.timer))
    this.cluster.nowMs = Math.max(this.cluster.nowMs, first.dueMs)
    this.send({ kind: 'timer-fired', timer: first.timer })
  }

  /** All that an attached executor has said until now arrives, and its heartbeat behind it. */
  private beat(id: ExecutorId): void {
    const executor = this.executors.find(({ letter }) => executorId(letter) === id)
    if (executor?.streamId === undefined) return
    while (executor.toScheduler.length > 0) this.hear(executor)
    const { size: runningAttempts } = executor.running
    const vitals = { runningAttempts, residentBytes: 0, cpuMs: 0, workDirBytes: 0 }
    this.send({ kind: 'heartbeat', executorId: id, vitals })
  }

  // ---- the world as executors see it ---------------------------------------------------------------

  outputOf(id: AttemptId): Lineage | undefined {
    return this.executors.map(({ held }) => held.get(id)).find((found) => found !== undefined)
  }

  madeBy(id: AttemptId): Lineage {
    return present(this.made.get(id), 'only what was made travels inline')
  }

  remember(id: AttemptId, lineage: Lineage): void {
    this.made.set(id, lineage)
  }

  stageOf(id: AttemptId): { readonly spec: StageSpec; readonly stages: readonly StageSpec[] } {
    const [job, stage] = id.split('/')
    const own = present(this.steps.get(job as JobId), 'the job was made here').flat()
    const shift = Math.floor((Number(stage) - 1) / own.length) * own.length
    const stages = own.map((spec) => renumbered(spec, shift))
    return { spec: present(stages.find(({ stageId }) => stageId === Number(stage)), 'it exists'), stages }
  }

  /** Attempts of indeterminate tasks in the rows of a result: more than one for a task is a mixture. */
  lineageOf(job: Job): Lineage {
    const all = new Map<string, Set<AttemptId>>()
    for (const part of job.result?.parts ?? []) merge(all, this.madeBy(part.attemptId))
    return all
  }
}
