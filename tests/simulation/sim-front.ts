/** The front of a simulated cluster: clients with their jobs, and the planner that unfolds them step by step. */
import { assert, type JobId, present, queryError } from '@arbalest/common'
import { clusterFactsOf, type FirstStep, type UnfoldStep } from '@arbalest/plan'
import { type Effect, isTerminal, type JobState, renumbered } from '@arbalest/scheduler/testing'
import type { SimJob } from './sim-job.js'
import type { SchedulerNode, World } from './world.js'

type RestRequest = Extract<Effect, { kind: 'plan-rest' }>['request']

export class SimFront {
  /** Jobs whose end their client has seen. */
  readonly seen = new Map<JobId, string>()
  readonly refused = new Set<JobId>()
  /** Jobs whose client has gone for good, perhaps. */
  readonly abandoned = new Set<JobId>()
  private readonly submitted = new Set<JobId>()
  plannerSlowness = 1
  /** The next question is answered with a crash. */
  plannerCrashes = false
  /** The share of clients that never read their result. */
  vanishing = 0
  private readonly world: World
  private readonly asking = new Map<JobId, number>()
  private asked = 0

  constructor(world: World) {
    this.world = world
  }

  submit(job: SimJob): void {
    const { scheduler, clock } = this.world
    if (!scheduler.isUp) return clock.after(500, () => this.submit(job))
    this.submitted.add(job.id)
    const texts = { sql: '', jobName: undefined, sessionId: undefined, preparedQuery: '' } as const
    const rules = { timeoutMs: job.timeoutMs, pool: job.pool, priority: job.priority } as const
    const { speculation, labels, endsWithClient } = job
    const kind = { settings: {}, compression: 'none', speculation, labels, endsWithClient } as const
    const submission = { ...texts, ...rules, ...kind }
    const firstStep = job.bringsFirstStep ? this.firstStep(job) : undefined
    scheduler.dispatch({ kind: 'job-submitted', jobId: job.id, jobToken: 'token', submission, firstStep })
    this.wait(job.id)
  }

  /** The client waits for its job from soon on, unless it never comes. */
  private wait(jobId: JobId): void {
    const { clock, random } = this.world
    clock.after(random.next() * 50, () => {
      if (random.chance(this.vanishing * 0.3)) this.abandoned.add(jobId)
      else this.world.scheduler.dispatch({ kind: 'client-came', jobId })
    })
  }

  /** A client goes away while its job runs; some come back, in time or not. */
  leave(jobId: JobId): void {
    const { clock, random, scheduler } = this.world
    scheduler.dispatch({ kind: 'client-left', jobId })
    this.abandoned.add(jobId)
    if (random.chance(0.5)) return
    clock.after(random.next() * 2_000, () => this.world.scheduler.dispatch({ kind: 'client-came', jobId }))
  }

  cancel(jobId: JobId): void {
    this.world.scheduler.dispatch({ kind: 'cancel-requested', jobId, reason: 'simulated' })
  }

  onReleased(effect: Effect, from: SchedulerNode): void {
    if (effect.kind === 'plan-rest') this.ask(effect.request, from)
    else if (effect.kind === 'stop-planning') this.asking.delete(effect.jobId)
    else if (effect.kind === 'job-changed') this.look(effect.jobId, from)
    else if (effect.kind === 'job-refused') this.refused.add(effect.jobId)
  }

  /** Another scheduler has taken over: the front watches its jobs there, and sends again what did not arrive. */
  onTakeover(hasArrived: (jobId: JobId) => boolean): void {
    const { jobs, scheduler } = this.world
    this.asking.clear()
    for (const job of jobs.values()) {
      this.look(job.id, scheduler)
      const isOver = this.seen.has(job.id) || this.refused.has(job.id)
      if (!isOver && scheduler.state.live.has(job.id)) this.wait(job.id)
      if (isOver || !this.submitted.has(job.id) || scheduler.state.jobs.has(job.id)) continue
      if (hasArrived(job.id)) this.seen.set(job.id, 'forgotten')
      else this.submit(job)
    }
  }

  // ---- planning ------------------------------------------------------------------------------------

  private firstStep(job: SimJob): FirstStep | undefined {
    const executors = [...this.world.scheduler.state.executors.values()].filter(({ state }) => state === 'active')
    if (executors.length === 0) return undefined
    const cluster = clusterFactsOf(executors.map(({ announcement }) => announcement))
    return { cluster, step: stepOf(job, 0) }
  }

  private ask(request: RestRequest, from: SchedulerNode): void {
    const { jobId } = request
    const { clock, random, jobs } = this.world
    this.asked += 1
    const question = this.asked
    this.asking.set(jobId, question)
    clock.after((1 + random.next() * 20) * this.plannerSlowness, () => {
      if (this.asking.get(jobId) !== question) return
      this.asking.delete(jobId)
      const job = present(jobs.get(jobId), 'only jobs of this world are planned')
      if (this.plannerCrashes) {
        this.plannerCrashes = false
        const error = queryError('PLANNER_CRASHED', { reason: 'simulated' }).toWire()
        return from.dispatch({ kind: 'planning-failed', jobId, error })
      }
      from.dispatch({ kind: 'stages-planned', jobId, step: this.answer(job, request) })
    })
  }

  /** The next stages; while earlier ones still run, sometimes none yet. */
  private answer(job: SimJob, { published, nextStageId }: RestRequest): UnfoldStep {
    const count = job.stages.length
    const first = published[0]?.stageId ?? nextStageId + count - 1
    const shift = Math.floor((first - 1) / count) * count
    let next = 0
    for (let before = 0; before < published.length; next++) before += job.steps[next]?.length ?? published.length
    const works = published.some(({ facts }) => facts === undefined)
    if (works && this.world.random.chance(0.3)) return { ...stepOf(job, next), stages: [], finished: false }
    return stepOf(job, next, shift)
  }

  // ---- clients -------------------------------------------------------------------------------------

  /** A client hears of the state when the log has it. */
  private look(jobId: JobId, at: SchedulerNode): void {
    const state = at.state.jobs.get(jobId)?.state
    if (state === undefined || this.seen.get(jobId) === state) return
    at.whenRecorded(() => this.hear(jobId, state))
  }

  private hear(jobId: JobId, state: JobState): void {
    const { clock, random } = this.world
    const seen = this.seen.get(jobId)
    const isSame = seen === undefined || seen === state
    assert(isSame, `ends are final: a client saw ${jobId} as ${seen}, now it is ${state}`)
    if (!isTerminal(state) || seen) return
    this.seen.set(jobId, state)
    if (state !== 'succeeded' || random.chance(this.vanishing)) return
    clock.after(random.next() * 200, () => this.read(jobId))
  }

  /** Whatever is said to be readable is there, unless its executor or its file has just gone. */
  private read(jobId: JobId): void {
    const { scheduler, executors, tables } = this.world
    const result = scheduler.state.jobs.get(jobId)?.result
    if (result && !result.released && result.lost === undefined) {
      for (const part of result.parts) {
        const executor = executors.get(part.executorId)
        const isGone = !executor?.isAlive || executor.hasLostFiles
        const isThere = part.inline !== undefined || tables.has(part.attemptId) || executor?.disk.has(part.attemptId)
        assert(isGone || isThere === true, `result kept: ${part.attemptId} can be read until it is released`)
      }
    }
    scheduler.dispatch({ kind: 'result-released', jobId })
  }
}

/** `shift`: what the numbers of its stages are higher by than in the first plan of the job. */
function stepOf(job: SimJob, number: number, shift = 0): UnfoldStep {
  const stages = (job.steps[number] ?? []).map((spec) => renumbered(spec, shift))
  const finished = number >= job.steps.length - 1
  return { mode: 'distributed', modeReason: '', decisions: [], stages, finished }
}
