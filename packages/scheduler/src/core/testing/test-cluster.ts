/** A core under test: feeds it events, keeps its timers, remembers its effects, checks its laws. */
import { type AttemptId, type ErrorCode, present, queryError } from '@arbalest/common'
import type { AttemptSpec, FirstStep, StageSpec } from '@arbalest/plan'
import type { TaskDistribution } from '../task-distribution.js'
import type { Effect } from '../effect.js'
import {
  type ExecutorAnnouncement, type SchedulerFact, type Submission, type Timer, timerKey,
} from '../event.js'
import type { PoolRules } from '../pool-rules.js'
import { checkInvariants } from './invariants.js'
import { type JobLogRecord, jobOfRecord } from '../job-log.js'
import { reduce } from '../reduce.js'
import { replay } from '../replay.js'
import { type ClusterState, type CoreLimits, createState, findAttempt, type Job } from '../state.js'
import { announcement, executorId, jobId, reportFor, submission } from './specs.js'

export class TestCluster {
  state: ClusterState
  readonly timers = new Map<string, { readonly timer: Timer; readonly dueMs: number }>()
  /** What the store of a real scheduler would hold. */
  log: JobLogRecord[] = []
  nowMs = 1_000
  jitter = 0.5
  private lastStreamId = 0
  private taken: Effect[] = []

  constructor(
    more: Partial<CoreLimits> = {},
    pools?: ReadonlyMap<string, PoolRules>,
    distribution?: TaskDistribution,
  ) {
    this.state = createState(more, 1, pools, distribution)
  }

  send(fact: SchedulerFact): readonly Effect[] {
    const effects = reduce(this.state, { ...fact, atMs: this.nowMs, jitter: this.jitter })
    for (const effect of effects) {
      if (effect.kind === 'append-log') this.log.push(...effect.records)
      if (effect.kind === 'job-forgotten') this.log = this.log.filter((record) => jobOfRecord(record) !== effect.jobId)
      if (effect.kind === 'cancel-timer') this.timers.delete(timerKey(effect.timer))
      if (effect.kind === 'start-timer') {
        const { timer, afterMs } = effect
        this.timers.set(timerKey(timer), { timer, dueMs: this.nowMs + afterMs })
      }
    }
    this.taken.push(...effects)
    checkInvariants(this.state, new Set(this.timers.keys()))
    return effects
  }

  /** The state as its log has it, read as from a disk. */
  replayed(): ClusterState {
    const state = createState(this.state.limits, 1, this.state.pools, this.state.distribution)
    replay(state, JSON.parse(JSON.stringify(this.log)) as readonly JobLogRecord[])
    return state
  }

  /** The scheduler dies, and another one goes on from its log. */
  restart(): readonly Effect[] {
    this.state = this.replayed()
    this.timers.clear()
    return this.send({ kind: 'scheduler-restarted' })
  }

  /** The effects of a kind since the last call for that kind. */
  take<K extends Effect['kind']>(kind: K): (Effect & { kind: K })[] {
    const found = this.taken.filter((effect): effect is Effect & { kind: K } => effect.kind === kind)
    this.taken = this.taken.filter((effect) => effect.kind !== kind)
    return found
  }

  /** The attempts launched since the last call by id, with the letter of their executor. */
  takeLaunches(): { readonly on: string; readonly spec: AttemptSpec; readonly id: AttemptId }[] {
    return this.take('launch')
      .flatMap(({ executorId: id, attempts }) =>
        attempts.map((spec) => ({ on: id.charAt(1), spec, id: spec.attemptId })),
      )
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** `takeLaunches` in short: `a 1/0/1` is stage 1, task 0, attempt 1 on executor a. */
  takePlaces(): readonly string[] {
    return this.takeLaunches().map(({ on, id }) => `${on} ${id.slice(18)}`)
  }

  attach(letter: string, more: Partial<ExecutorAnnouncement> = {}): number {
    this.lastStreamId += 1
    const streamId = this.lastStreamId
    this.send({ kind: 'executor-attached', streamId, announcement: announcement(letter, more) })
    return streamId
  }

  detach(letter: string): void {
    const executor = present(this.state.executors.get(executorId(letter)), 'it was attached')
    this.send({ kind: 'executor-detached', streamId: executor.streamId, executorId: executor.id })
  }

  lose(letter: string): void {
    this.detach(letter)
    this.fire({ kind: 'reattach', executorId: executorId(letter) })
  }

  submit(letter: string, more: Partial<Submission> = {}, firstStep?: FirstStep): Job {
    const id = jobId(letter)
    const fact = { jobId: id, jobToken: `token ${letter}`, submission: { ...submission, ...more }, firstStep }
    this.send({ kind: 'job-submitted', ...fact })
    return present(this.state.jobs.get(id), 'it was taken')
  }

  /** Answers the planner's call of a job. */
  plan(job: Job, stages: readonly StageSpec[], finished = true): void {
    const step = { mode: 'distributed', modeReason: 'a test', stages, decisions: [], finished } as const
    this.send({ kind: 'stages-planned', jobId: job.id, step })
  }

  /** A job with all its stages published. */
  run(letter: string, stages: readonly StageSpec[], more: Partial<Submission> = {}): Job {
    const job = this.submit(letter, more)
    this.plan(job, stages)
    return job
  }

  /** `where`: stage/task, whose current attempt succeeds. */
  succeed(job: Job, where: string, inline?: string): AttemptId {
    const place = this.current(job, where)
    const report = reportFor(place.stage.spec, inline)
    this.report(place.attempt.id, { kind: 'succeeded', attemptId: place.attempt.id, report })
    return place.attempt.id
  }

  fail(job: Job, where: string, code: ErrorCode, lostInputs: readonly AttemptId[] = []): AttemptId {
    const { attempt } = this.current(job, where)
    const error = queryError(code, { reason: 'a test' }).toWire()
    this.report(attempt.id, { kind: 'failed', attemptId: attempt.id, error, lostInputs })
    return attempt.id
  }

  report(id: AttemptId, update: (SchedulerFact & { kind: 'attempt-updates' })['updates'][number]): void {
    const attempt = present(findAttempt(this.state, id), 'the attempt exists').attempt
    const on = present(attempt.executorId, 'the attempt was placed')
    this.send({ kind: 'attempt-updates', executorId: on, updates: [update] })
  }

  /** Lets a running timer go off, at its time. */
  fire(timer: Timer): void {
    const running = present(this.timers.get(timerKey(timer)), `the timer runs: ${timerKey(timer)}`)
    this.timers.delete(timerKey(timer))
    this.nowMs = Math.max(this.nowMs, running.dueMs)
    this.send({ kind: 'timer-fired', timer })
  }

  current(job: Job, where: string) {
    const [stage, task] = where.split('/').map(Number)
    const found = [...job.stages.values()].find(({ id }) => id === stage)?.tasks[task ?? 0]?.current
    return present(findAttempt(this.state, present(found, `${where} has an attempt`).id), 'it is known')
  }

  /** States of the attempts of a task, oldest first. */
  attempts(job: Job, where: string): readonly string[] {
    const [stage, task] = where.split('/').map(Number)
    const found = [...job.stages.values()].find(({ id }) => id === stage)?.tasks[task ?? 0]
    return present(found, `${where} exists`).attempts.map(({ state }) => state)
  }

  stages(job: Job): readonly string[] {
    return [...job.stages.values()].map(({ state }) => state)
  }
}
