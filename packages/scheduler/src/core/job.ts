/** Jobs: taken, planned step by step, ended, and forgotten. */
import {
  type JobId, present, queryError, type StageId, type WireError,
} from '@arbalest/common'
import {
  clusterFactsOf, isLastOutput, sameCluster, type ClusterFacts, type FirstStep, type UnfoldStep,
} from '@arbalest/plan'
import type { Submission } from './event.js'
import { poolError } from './fair-share.js'
import type { ResultPlace } from './job-log.js'
import { restore } from './recovery.js'
import { hasStarted, publishStage, settleStage, shuffleInputs } from './stage.js'
import {
  activeExecutors, type Attempt, type ClusterState, isOnExecutor, isTerminal, type Job, type JobResult,
  type Stage,
} from './state.js'
import { cancelAttempts } from './task.js'
import { cancelTimer, condemn, record, startTimer, type Turn, type Verdict } from './turn.js'

export interface NewJob {
  readonly jobId: JobId
  readonly jobToken: string
  readonly submission: Submission
  readonly firstStep?: FirstStep | undefined
}

export function submitJob(turn: Turn, { jobId, jobToken, submission, firstStep }: NewJob): void {
  const { state, effects } = turn
  const { jobsMax, noExecutorGraceMs } = state.limits
  if (state.live.size >= jobsMax) {
    const error = queryError('LIMIT_EXCEEDED', { what: 'the number of jobs', limit: jobsMax }).toWire()
    effects.push({ kind: 'job-refused', jobId, error })
    return
  }
  const noPool = poolError(state, submission.pool)
  if (noPool !== undefined) {
    effects.push({ kind: 'job-refused', jobId, error: noPool })
    return
  }
  const job = newJob({ jobId, jobToken, submission }, turn.atMs)
  state.jobs.set(jobId, job)
  state.live.set(jobId, job)
  turn.changed.add(job)
  record(turn, { kind: 'job-submitted', jobId, jobToken, submission })
  if (submission.timeoutMs !== undefined) {
    startTimer(turn, { kind: 'job-timeout', jobId }, submission.timeoutMs)
  }
  awaitClient(turn, job)
  if (activeExecutors(state).length === 0) {
    startTimer(turn, { kind: 'no-executor', jobId }, noExecutorGraceMs)
  } else if (firstStep !== undefined && sameCluster(firstStep.cluster, clusterNow(turn.state))) {
    startPlanning(turn, job)
    onStagesPlanned(turn, job, firstStep.step)
  }
}

/** Nobody waits for the job at the moment: somebody must come in time if it ends with its client. */
export function awaitClient(turn: Turn, { id: jobId, submission }: Job): void {
  if (submission.endsWithClient !== true) return
  startTimer(turn, { kind: 'abandoned', jobId }, turn.state.limits.abandonedJobMs)
}

export function newJob({ jobId, jobToken, submission }: Omit<NewJob, 'firstStep'>, atMs: number): Job {
  return {
    id: jobId,
    token: jobToken,
    submission,
    submittedMs: atMs,
    state: 'queued',
    startedMs: undefined,
    endedMs: undefined,
    revision: 0,
    cluster: undefined,
    mode: undefined,
    modeReason: undefined,
    decisions: [],
    stages: new Map(),
    nextStageId: 1,
    planWanted: true,
    planning: false,
    planFinished: false,
    slotsUsed: 0,
    executors: new Set(),
    error: undefined,
    result: undefined,
    bytes: 0,
  }
}

/** Asks for the next step of the plan when one is wanted, none is under way and somebody could run it. */
export function askForPlan(turn: Turn, job: Job): void {
  if (!job.planWanted || job.planning || isTerminal(job.state)) return
  if (activeExecutors(turn.state).length === 0) return
  const cluster = startPlanning(turn, job)
  const { id: jobId, submission } = job
  const nextStageId = job.nextStageId as StageId
  const request = {
    jobId, preparedQuery: submission.preparedQuery, cluster, published: publishedStages(job), nextStageId,
  }
  turn.effects.push({ kind: 'plan-rest', request })
}

/** The cluster that the job is planned for. */
function startPlanning(turn: Turn, job: Job): ClusterFacts {
  job.planWanted = false
  job.planning = true
  if (job.state === 'queued') {
    job.state = 'planning'
    job.startedMs = turn.atMs
    turn.changed.add(job)
  }
  // Tasks of one stage go on where tasks of another were: their number must not change on the way.
  return (job.cluster ??= clusterNow(turn.state))
}

/** Only while there is an active executor. */
const clusterNow = (state: ClusterState): ClusterFacts =>
  clusterFactsOf(activeExecutors(state).map(({ announcement }) => announcement))

function publishedStages(job: Job) {
  return [...job.stages.values()].map(({ id, spec, facts }) => ({
    stageId: id,
    key: spec.key,
    ...(facts === undefined ? {} : { facts }),
  }))
}

/** The planner has answered: its stages join the job. A step that does not fit fails the job. */
export function onStagesPlanned(turn: Turn, job: Job, step: UnfoldStep): void {
  if (!job.planning) return
  job.planning = false
  const fault = faultOf(job, step)
  if (fault !== undefined) {
    const reason = `the planner's step does not fit the job: ${fault}`
    return condemn(turn, job, queryError('INTERNAL', { reason }).toWire())
  }
  const remaining = publishedStages(job)
  job.mode = step.mode
  job.modeReason = step.modeReason
  job.decisions.push(...step.decisions)
  job.planFinished = step.finished
  if (step.finished) job.planWanted = false
  if (step.stages.length > 0) job.state = 'running'
  turn.changed.add(job)
  for (const spec of step.stages) {
    job.nextStageId = Math.max(job.nextStageId, spec.stageId + 1)
    settleStage(turn, job, publishStage(turn, job, spec))
  }
  record(turn, {
    kind: 'plan-unfolded',
    jobId: job.id,
    mode: step.mode,
    modeReason: step.modeReason,
    decisions: step.decisions,
    stageIds: step.stages.map(({ stageId }) => stageId),
    finished: step.finished,
    remaining,
    cluster: job.cluster,
    startedMs: job.startedMs,
  })
  restore(turn, job)
}

/** What is wrong with a step, if anything: everything after it relies on these. */
function faultOf(job: Job, { stages, finished }: UnfoldStep): string | undefined {
  const known = new Map([...job.stages.values()].map((stage) => [stage.id, stage.spec]))
  for (const spec of stages) {
    const at = `stage ${spec.stageId}`
    if (spec.stageId < job.nextStageId || known.has(spec.stageId)) return `${at} is not a new number`
    if (spec.tasks.length === 0) return `${at} has no task`
    if (spec.tasks.some((task, index) => task.task !== index)) return `${at} numbers its tasks wrongly`
    for (const input of shuffleInputs(spec)) {
      const producer = known.get(input.stageId)
      if (!producer) return `${at} reads stage ${input.stageId}, which is not there before it`
      if (input.mode === 'task' && producer.tasks.length !== spec.tasks.length) {
        return `${at} reads stage ${input.stageId} task by task and has another number of tasks`
      }
    }
    known.set(spec.stageId, spec)
  }
  const results = [...known.values()].filter((spec) => isLastOutput(spec.output)).length
  if (results !== (finished ? 1 : 0)) return `it has ${results} result stages`
  const working = [...job.stages.values()].some((stage) => stage.state !== 'succeeded')
  if (!finished && stages.length === 0 && !working && !job.planWanted) return 'it goes no further'
  return undefined
}

export function onPlanningFailed(turn: Turn, job: Job, error: WireError): void {
  if (!job.planning) return
  job.planning = false
  condemn(turn, job, error)
}

/** At the end of a turn: ends the job if it has failed or its result is complete. */
export function concludeJob(turn: Turn, job: Job): void {
  if (isTerminal(job.state)) return
  const verdict = turn.verdicts.get(job)
  if (verdict) return failJob(turn, job, verdict)
  const last = [...job.stages.values()].find(({ spec }) => isLastOutput(spec.output))
  if (job.planFinished && last?.missing === 0) endJob(turn, job, 'succeeded', resultOf(turn.state, last))
}

function failJob(turn: Turn, job: Job, verdict: Verdict): void {
  job.error = verdict.error
  const stage = verdict.stageId === undefined ? undefined : job.stages.get(verdict.stageId)
  if (stage) endStage(turn, job, stage, 'failed')
  endJob(turn, job, 'failed')
}

function resultOf(state: ClusterState, stage: Stage): JobResult {
  const parts = stage.tasks.map((task): ResultPlace => {
    const output = present(task.output, 'a finished stage has all outputs')
    const report = present(output.report, 'a finished attempt has reported')
    const executorId = present(output.executorId, 'a finished attempt had a place')
    // An inline part may have outlived the memory of its executor.
    const { host, port } = state.executors.get(executorId)?.announcement ?? { host: '', port: 0 }
    const { rows, bytes, inline, sequences, files } = report
    const { output: target } = stage.spec
    const inBuckets = target.kind === 'table' && target.buckets !== undefined
    return {
      executorId, host, port, attemptId: output.id, rows, bytes,
      ...(inline === undefined ? {} : { inline }),
      ...(sequences === undefined ? {} : { sequences }),
      ...(inBuckets ? { buckets: files.map(({ partition }) => partition) } : {}),
    }
  })
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  return { columns: stage.spec.columns, rows, bytes, parts, released: false, lost: undefined }
}

export function cancelJob(turn: Turn, job: Job, reason: string): void {
  if (isTerminal(job.state)) return
  job.error = queryError('JOB_CANCELLED', { jobId: job.id, reason }, { jobId: job.id }).toWire()
  endJob(turn, job, 'cancelled')
}

export function onNoExecutor(turn: Turn, job: Job): void {
  const { state } = turn
  if (isTerminal(job.state) || activeExecutors(state).length > 0) return
  const { noExecutorGraceMs: afterMs } = state.limits
  // What still runs on an executor that leaves may be all that the job needs.
  const tasks = [...job.stages.values()].flatMap((stage) => stage.tasks)
  const works = tasks.some((task) => isOnExecutor(task.current))
  if (works) {
    startTimer(turn, { kind: 'no-executor', jobId: job.id }, afterMs)
  } else condemn(turn, job, queryError('NO_EXECUTORS', {}).toWire())
}

function endJob(
  turn: Turn,
  job: Job,
  end: 'succeeded' | 'failed' | 'cancelled',
  result?: JobResult,
): void {
  const { state, effects } = turn
  if (job.planning) effects.push({ kind: 'stop-planning', jobId: job.id })
  job.planning = false
  job.planWanted = false
  for (const stage of job.stages.values()) endStage(turn, job, stage, end === 'failed' ? 'cancelled' : end)
  job.state = end
  job.endedMs = turn.atMs
  job.result = result
  state.live.delete(job.id)
  state.ended.add(job.id)
  turn.changed.add(job)
  cancelTimer(turn, { kind: 'job-timeout', jobId: job.id })
  cancelTimer(turn, { kind: 'no-executor', jobId: job.id })
  cancelTimer(turn, { kind: 'abandoned', jobId: job.id })
  record(turn, {
    kind: 'job-ended',
    jobId: job.id,
    state: end,
    error: job.error,
    rows: result?.rows ?? 0,
    bytes: result?.bytes ?? 0,
    parts: result?.parts ?? [],
  })
  if (result) {
    const afterMs = state.limits.resultRetentionMs
    startTimer(turn, { kind: 'retention', jobId: job.id }, afterMs)
  } else forgetFiles(turn, job)
  job.bytes = jobBytes(job)
  state.endedBytes += job.bytes
  forgetEnded(turn)
}

/** Ends what is left of a stage with its job. The inline copies go: nobody reads them any more. */
function endStage(
  turn: Turn,
  job: Job,
  stage: Stage,
  end: 'succeeded' | 'failed' | 'cancelled',
): void {
  const started = hasStarted(stage)
  for (const task of stage.tasks) {
    cancelAttempts(turn, { job, stage, task })
    dropInline(task.attempts)
  }
  if (stage.state === 'succeeded' || stage.state === 'failed') return
  if (end === 'succeeded') stage.state = stage.facts === undefined ? 'skipped' : 'succeeded'
  else stage.state = end === 'failed' || started ? end : 'skipped'
  record(turn, {
    kind: 'stage-ended', jobId: job.id, stageId: stage.id, state: stage.state, facts: stage.facts,
  })
}

/** Their inline copies go: nobody reads them any more. */
export function dropInline(attempts: readonly Attempt[]): void {
  for (const attempt of attempts) {
    if (attempt.report?.inline === undefined) continue
    const { inline: _dropped, ...report } = attempt.report
    attempt.report = report
  }
}

/** The result has been read, or nobody wants it any more. */
export function releaseResult(turn: Turn, job: Job, reason: string): void {
  const { result } = job
  if (!result || result.released) return
  result.released = true
  result.parts = []
  turn.changed.add(job)
  cancelTimer(turn, { kind: 'retention', jobId: job.id })
  record(turn, { kind: 'result-released', jobId: job.id, reason })
  forgetFiles(turn, job)
}

function forgetFiles(turn: Turn, job: Job): void {
  for (const executorId of job.executors) {
    const executor = turn.state.executors.get(executorId)
    if (executor && executor.state !== 'lost') {
      turn.effects.push({ kind: 'forget-job', executorId, jobId: job.id })
    }
  }
  job.executors.clear()
}

/** The oldest ended jobs that are too many, or too large together and waited for by nobody. */
export function forgetEnded(turn: Turn): void {
  const { state } = turn
  const { finishedJobsKept, finishedJobsBytesMax, finishedJobsKeptMin } = state.limits
  for (const jobId of state.ended) {
    const isMany = state.ended.size > finishedJobsKept
    if (!isMany && (state.endedBytes <= finishedJobsBytesMax || state.ended.size <= finishedJobsKeptMin)) return
    const job = present(state.jobs.get(jobId), 'an ended job is known')
    if (isMany || job.result?.released !== false) forget(turn, job)
  }
}

/** About: a file and a task's share of it are objects of a few hundred and some fifty bytes. */
export function jobBytes({ submission, stages }: Job): number {
  let bytes = submission.preparedQuery.length
  for (const { spec } of stages.values()) {
    bytes += spec.sql.length
    for (const input of spec.inputs) if (input.kind === 'scan') bytes += input.files.length * 300
    for (const { splits } of spec.tasks) {
      for (const split of Object.values(splits)) bytes += split.length * 50
    }
  }
  return bytes
}

function forget(turn: Turn, job: Job): void {
  const { state } = turn
  releaseResult(turn, job, 'too many finished jobs')
  state.ended.delete(job.id)
  state.endedBytes -= job.bytes
  state.jobs.delete(job.id)
  turn.effects.push({ kind: 'job-forgotten', jobId: job.id })
}
