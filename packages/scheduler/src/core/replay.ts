/**
 * The state as it was, from the records of the log: nothing is planned, nobody is asked. What runs where is
 * told again by the executors when they come back; until then all of them are suspect.
 */
import { type AttemptId, assert, assertNever, type JobId, present } from '@arbalest/common'
import { isLastOutput } from '@arbalest/plan'
import { forgetExecutors, newExecutor, noStream } from './executor.js'
import { dropInline, jobBytes, newJob } from './job.js'
import type { JobLogRecord, ResultPlace } from './job-log.js'
import { noteOrder } from './operator.js'
import { beginAnew } from './plan-finer.js'
import { addStage, stateOf } from './stage.js'
import {
  type AttemptPlace, type ClusterState, type Executor, findAttempt, isOnExecutor, isTerminal, type Job, jobIdOf,
  type JobResult, type Task, underWay,
} from './state.js'
import { addAttempt, countLoad, dropOutput, noteEnd, offer, putOutput } from './task.js'

type RecordOf<Kind extends JobLogRecord['kind']> = Extract<JobLogRecord, { readonly kind: Kind }>

/**
 * Brings a new state to where the records end. Those of one job come in their order, and so do those of
 * executors; which of the two come first does not matter.
 * @throws Error when they do not fit together
 */
export function replay(state: ClusterState, records: Iterable<JobLogRecord>): void {
  const fingerprints = new Map<JobId, string>()
  for (const record of records) {
    apply(state, record)
    noteEngine(state, record, fingerprints)
  }
  for (const job of state.live.values()) {
    resume(state, job)
    // No other engine was taken since, and none is until it has ended.
    state.engineFingerprint = fingerprints.get(job.id) ?? state.engineFingerprint
  }
  forgetExecutors(state)
}

/** The engine of a job is the one its stages were published for, or, with nobody there then, that of its attempts. */
function noteEngine(state: ClusterState, record: JobLogRecord, fingerprints: Map<JobId, string>): void {
  if (record.kind === 'stage-published' && record.engineFingerprint !== '') {
    fingerprints.set(record.jobId, record.engineFingerprint)
  } else if (record.kind === 'attempt-placed') {
    const executor = state.executors.get(record.executorId)
    if (executor) fingerprints.set(jobIdOf(record.attemptId), executor.announcement.engineFingerprint)
  }
}

function apply(state: ClusterState, record: JobLogRecord): void {
  switch (record.kind) {
    case 'executor-joined':
    case 'executor-left':
    case 'executor-ordered':
      return applyToExecutor(state, record)
    // Who was set aside is tried again after a restart.
    case 'executor-set-aside':
    case 'executor-trusted':
      return
    case 'job-submitted': {
      const job = newJob(record, record.atMs)
      state.jobs.set(job.id, job)
      state.live.set(job.id, job)
      return
    }
    case 'plan-unfolded':
      return applyPlan(jobOf(state, record.jobId), record)
    case 'job-planned-anew': {
      const job = jobOf(state, record.jobId)
      beginAnew(job, record.cluster)
      job.decisions.push(record.decision)
      return
    }
    case 'stage-published': {
      const job = jobOf(state, record.jobId)
      const stage = addStage(job, record.spec)
      for (const task of stage.tasks) addAttempt(job, stage, task)
      job.nextStageId = Math.max(job.nextStageId, stage.id + 1)
      return
    }
    case 'attempt-opened':
    case 'attempt-replaced':
    case 'attempt-placed':
    case 'attempt-ended':
    case 'output-lost':
    case 'output-found':
      return applyToTask(state, record)
    case 'stages-reset':
      return startStagesAgain(jobOf(state, record.jobId), record)
    case 'stage-ended': {
      const stage = present(jobOf(state, record.jobId).stages.get(record.stageId), 'a stage is published first')
      stage.state = record.state
      if (record.state === 'succeeded') stage.facts ??= record.facts
      return
    }
    case 'job-ended':
      return applyEnd(state, jobOf(state, record.jobId), record)
    case 'result-released':
    case 'result-lost':
      return applyToResult(state, jobOf(state, record.jobId), record)
  }
  return assertNever(record)
}

function jobOf(state: ClusterState, jobId: JobId): Job {
  return present(state.jobs.get(jobId), `the log has the submission of job ${jobId}`)
}

function placeOf(state: ClusterState, id: AttemptId): AttemptPlace {
  return present(findAttempt(state, id), `the log has the beginning of attempt ${id}`)
}

function applyToExecutor(
  state: ClusterState,
  record: RecordOf<'executor-joined' | 'executor-left' | 'executor-ordered'>,
): void {
  state.places += 1
  if (record.kind === 'executor-joined') {
    const { announcement, atMs } = record
    const known = state.executors.get(announcement.executorId)
    const executor: Executor = known ?? newExecutor(announcement, noStream)
    Object.assign(executor, { announcement, state: 'suspect', lastSeenMs: atMs })
    state.executors.set(executor.id, executor)
    return
  }
  const executor = state.executors.get(record.executorId)
  if (!executor) return
  if (record.kind === 'executor-left') executor.state = 'lost'
  else noteOrder(executor, record.action)
}

function applyPlan(job: Job, record: RecordOf<'plan-unfolded'>): void {
  job.mode = record.mode
  job.modeReason = record.modeReason
  job.decisions.push(...record.decisions)
  job.planFinished = record.finished
  job.cluster = record.cluster
  job.startedMs = record.startedMs
  if (job.state === 'queued') job.state = 'planning'
  if (record.stageIds.length > 0) job.state = 'running'
}

/** What their attempts were and what they held has been told before. */
function startStagesAgain(job: Job, { stageIds }: RecordOf<'stages-reset'>): void {
  for (const id of stageIds) present(job.stages.get(id), 'a stage is published first').generation += 1
}

function applyToTask(
  state: ClusterState,
  record: RecordOf<
    'attempt-opened' | 'attempt-replaced' | 'attempt-placed' | 'attempt-ended' | 'output-lost' | 'output-found'
  >,
): void {
  if (record.kind === 'attempt-opened') return applyOpened(state, record)
  const place = placeOf(state, record.attemptId)
  const { job, stage, task, attempt } = place
  switch (record.kind) {
    case 'attempt-placed':
      attempt.state = 'placed'
      attempt.executorId = record.executorId
      attempt.placedMs = record.atMs
      countLoad(stage, attempt, 1)
      job.executors.add(record.executorId)
      return
    case 'attempt-replaced':
      return applyCounts(task, record)
    case 'attempt-ended':
      return noteEnd(place, record, record.atMs)
    case 'output-lost':
      return dropOutput(stage, task, attempt)
    case 'output-found':
      attempt.state = 'succeeded'
      job.executors.add(record.executorId)
      if (isTerminal(job.state)) return recountLost(state, job.result)
      putOutput(stage, task, attempt)
      countLoad(stage, attempt, 1)
      return
  }
  return assertNever(record)
}

function applyOpened(state: ClusterState, record: RecordOf<'attempt-opened'>): void {
  const [jobId, stageId, taskNumber] = record.attemptId.split('/')
  const job = jobOf(state, jobId as JobId)
  const stage = present([...job.stages.values()].find(({ id }) => id === Number(stageId)), 'it is published')
  const task = present(stage.tasks[Number(taskNumber)], 'a task belongs to its stage')
  stage.generation = Math.max(stage.generation, record.generation)
  task.recomputations = record.recomputations
  applyCounts(task, record)
  const { current } = task
  const attempt = addAttempt(job, stage, task)
  if (record.isTwin === true) {
    task.current = current
    task.twin = attempt
  }
  assert(attempt.id === record.attemptId, `the attempts before ${record.attemptId} are in the log`)
}

function applyEnd(state: ClusterState, job: Job, record: RecordOf<'job-ended'>): void {
  job.state = record.state
  job.error = record.error
  job.endedMs = record.atMs
  job.planWanted = false
  if (record.state === 'succeeded') job.result = resultFrom(job, record)
  else job.executors.clear()
  for (const stage of job.stages.values()) for (const task of stage.tasks) dropInline(task.attempts)
  job.bytes = jobBytes(job)
  state.live.delete(job.id)
  state.ended.add(job.id)
  state.endedBytes += job.bytes
}

function resultFrom(job: Job, { rows, bytes, parts }: RecordOf<'job-ended'>): JobResult {
  const last = [...job.stages.values()].find(({ spec }) => isLastOutput(spec.output))
  const { columns } = present(last, 'a job that has succeeded has a last stage').spec
  return { columns, rows, bytes, parts, released: false, lost: undefined }
}

function applyToResult(
  state: ClusterState,
  job: Job,
  record: RecordOf<'result-released' | 'result-lost'>,
): void {
  const result = present(job.result, 'only a job that has succeeded has a result')
  if (record.kind === 'result-lost') {
    placeOf(state, record.attemptId).attempt.state = 'lost'
    result.lost ??= record.reason
    return
  }
  result.released = true
  result.parts = []
  job.executors.clear()
}

function recountLost(state: ClusterState, result: JobResult | undefined): void {
  const isLost = ({ attemptId }: ResultPlace): boolean => findAttempt(state, attemptId)?.attempt.state === 'lost'
  if (result && !result.parts.some(isLost)) result.lost = undefined
}

/** What follows from the attempts of a job: who is busy, what can be placed, how its stages stand. */
function resume(state: ClusterState, job: Job): void {
  job.planWanted = !job.planFinished
  for (const stage of job.stages.values()) {
    for (const task of stage.tasks) {
      for (const attempt of underWay(task)) resumeAttempt(state, { job, stage, task, attempt })
    }
    stage.state = stateOf(job, stage)
  }
}

function resumeAttempt(state: ClusterState, place: AttemptPlace): void {
  const { job, attempt } = place
  const executor = attempt.executorId && state.executors.get(attempt.executorId)
  if (!isOnExecutor(attempt)) return offer(state, place)
  if (!executor) return
  job.slotsUsed += 1
  executor.busy.set(attempt.id, undefined)
  if (attempt.alone) state.alone = { attemptId: attempt.id, executorId: executor.id }
}

function applyCounts(task: Task, counts: RecordOf<'attempt-opened' | 'attempt-replaced'>): void {
  task.alone = counts.alone
  task.failures = counts.failures
  task.losses = counts.losses
  for (const executorId of counts.avoid) task.avoid.add(executorId)
}
