/**
 * One event being worked off: the state, the time, and what has piled up to be done about it. Verdicts
 * over jobs are collected here and carried out at the end of the turn, so that no transition pulls the
 * ground from under another.
 */
import type { AttemptId, ExecutorId, StageId, WireError } from '@arbalest/common'
import type { AttemptSpec } from '@arbalest/plan'
import type { Effect } from './effect.js'
import type { SchedulerEvent, Timer } from './event.js'
import { type JobLogEntry, type JobLogRecord, jobLogVersion } from './job-log.js'
import { type ClusterState, isTerminal, type Job } from './state.js'

export interface Verdict {
  readonly error: WireError
  /** The stage that failed, when it was one. */
  readonly stageId: StageId | undefined
}

export interface Turn {
  readonly state: ClusterState
  readonly atMs: number
  readonly jitter: number
  readonly effects: Effect[]
  readonly records: JobLogRecord[]
  /** Jobs of which something visible has changed. */
  readonly changed: Set<Job>
  readonly verdicts: Map<Job, Verdict>
  readonly cancels: Map<ExecutorId, AttemptId[]>
  readonly launches: Launch[]
}

export interface Launch {
  readonly executorId: ExecutorId
  readonly job: Job
  readonly spec: AttemptSpec
  readonly inlineBytes: number
}

export function startTurn(state: ClusterState, event: SchedulerEvent): Turn {
  const { atMs, jitter } = event
  return {
    state,
    atMs,
    jitter,
    effects: [],
    records: [],
    changed: new Set(),
    verdicts: new Map(),
    cancels: new Map(),
    launches: [],
  }
}

export function record(turn: Turn, entry: JobLogEntry): void {
  turn.records.push({ ...entry, version: jobLogVersion, atMs: turn.atMs })
}

export function startTimer(turn: Turn, timer: Timer, afterMs: number): void {
  turn.effects.push({ kind: 'start-timer', timer, afterMs })
}

export function cancelTimer(turn: Turn, timer: Timer): void {
  turn.effects.push({ kind: 'cancel-timer', timer })
}

/** Decides that a job has failed. The first verdict of a turn stands. */
export function condemn(turn: Turn, job: Job, error: WireError, stageId?: StageId): void {
  if (isTerminal(job.state) || turn.verdicts.has(job)) return
  turn.verdicts.set(job, { error: { ...error, jobId: job.id }, stageId })
  turn.changed.add(job)
}

/** Notes that an attempt given up must be ended where it runs. */
export function noteCancel(turn: Turn, executorId: ExecutorId, attemptId: AttemptId): void {
  const ids = turn.cancels.get(executorId)
  if (ids) ids.push(attemptId)
  else turn.cancels.set(executorId, [attemptId])
}

/** Everything the turn asks for, log records first. */
export function effectsOf(turn: Turn): readonly Effect[] {
  const { state, records, effects, cancels, launches } = turn
  const all: Effect[] = records.length === 0 ? [] : [{ kind: 'append-log', records }]
  all.push(...effects)
  for (const [executorId, attemptIds] of cancels) {
    all.push({ kind: 'cancel-attempts', executorId, attemptIds })
  }
  all.push(...batchLaunches(launches, state.limits.inlineInputBytesMax))
  for (const job of turn.changed) {
    if (!state.jobs.has(job.id)) continue
    job.revision += 1
    all.push({ kind: 'job-changed', jobId: job.id })
  }
  return all
}

interface Batch {
  readonly launch: Launch
  readonly attempts: AttemptSpec[]
  inlineBytes: number
}

/** One message per executor and job, divided where the inline inputs would make it too large. */
function batchLaunches(launches: readonly Launch[], inlineBytesMax: number): readonly Effect[] {
  const batches: Batch[] = []
  const byExecutor = new Map<ExecutorId, Batch[]>()
  for (const launch of launches) {
    const own = byExecutor.get(launch.executorId) ?? []
    const open = own.find(
      (batch) => batch.launch.job === launch.job && batch.inlineBytes + launch.inlineBytes <= inlineBytesMax,
    )
    if (open) {
      open.attempts.push(launch.spec)
      open.inlineBytes += launch.inlineBytes
      continue
    }
    const batch = { launch, attempts: [launch.spec], inlineBytes: launch.inlineBytes }
    batches.push(batch)
    byExecutor.set(launch.executorId, [...own, batch])
  }
  return batches.map(({ launch, attempts }) => ({
    kind: 'launch',
    executorId: launch.executorId,
    jobToken: launch.job.token,
    attempts,
  }))
}
