/** What the scheduler shows of its state: jobs, stages, attempts and executors as the protocol has them. */
import type { ExecutorId } from '@arbalest/common'
import type { ExecutorRecord, JobDetails, JobStatus, StageRecord } from '@arbalest/protocol'
import {
  type ClusterState, type Executor, type Job, jobIdOf, type JobResult, needsFiles, type Stage, type Task,
} from '../core/state.js'
import { outlivesExecutor } from '../core/task.js'

export function jobStatus(job: Job): JobStatus {
  const stages = [...job.stages.values()]
  const done = stages.filter(({ state }) => state === 'succeeded' || state === 'skipped')
  const running = stages.flatMap((stage) =>
    stage.tasks.filter(({ current }) => current?.state === 'placed' || current?.state === 'running'),
  )
  return {
    jobId: job.id,
    state: job.state,
    name: job.submission.jobName,
    pool: job.submission.pool,
    priority: job.submission.priority,
    revision: job.revision,
    stagesDone: done.length,
    stagesKnown: stages.length,
    attemptsRunning: running.length,
    submittedMs: job.submittedMs,
    startedMs: job.startedMs,
    endedMs: job.endedMs,
    mode: job.mode,
    modeReason: job.modeReason,
    ...(job.error === undefined ? {} : { error: job.error }),
    ...(job.result === undefined ? {} : { result: resultView(job.result, job.token) }),
  }
}

function resultView({ columns, rows, bytes, parts }: JobResult, jobToken: string) {
  return { columns, rows, bytes, parts, jobToken }
}

export function jobDetails(job: Job): JobDetails {
  return {
    status: jobStatus(job),
    sql: job.submission.sql,
    stages: [...job.stages.values()].map(stageRecord),
    decisions: [...job.decisions],
  }
}

function stageRecord(stage: Stage): StageRecord {
  const attempts = stage.tasks.flatMap((task) =>
    task.attempts.map((attempt) => ({
      attemptId: attempt.id,
      task: task.spec.task,
      executorId: attempt.executorId,
      state: attempt.state,
      placedMs: attempt.placedMs,
      endedMs: attempt.endedMs,
      ...(attempt.report === undefined ? {} : { report: attempt.report }),
      ...(attempt.error === undefined ? {} : { error: attempt.error }),
    })),
  )
  return { spec: stage.spec, state: stage.state, attempts }
}

export function executorRecord(executor: Executor): ExecutorRecord {
  return {
    registration: executor.announcement,
    state: executor.state,
    standing: executor.standing.state,
    isCordoned: executor.isCordoned,
    lastSeenMs: executor.lastSeenMs,
    health: executor.vitals,
    runningAttempts: executor.busy.size,
  }
}

/** What hangs on an executor: jobs that need something of it, and the outputs that would be lost with it. */
export function hangingOn(
  state: ClusterState,
  { id, busy }: Executor,
): { readonly jobs: number; readonly outputs: number } {
  const jobs = new Set([...busy.keys()].map(jobIdOf))
  let outputs = 0
  for (const job of state.jobs.values()) {
    if (!needsFiles(job)) continue
    const held = job.result?.parts.filter((part) => part.executorId === id) ?? outputsOn(job, id)
    if (held.length > 0) jobs.add(job.id)
    outputs += held.length
  }
  return { jobs: jobs.size, outputs }
}

const outputsOn = (job: Job, id: ExecutorId): readonly Task[] =>
  [...job.stages.values()].flatMap((stage) =>
    stage.tasks.filter(({ output }) => output?.executorId === id && !outlivesExecutor(stage, output)))
