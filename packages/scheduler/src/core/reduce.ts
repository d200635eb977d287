/**
 * The scheduler as a state machine: one event in, the state moved on, the effects out. First the event
 * itself, then what follows from it for every event alike: jobs that are over end, plans are asked for,
 * open tasks are placed.
 */
import { assertNever, type ExecutorId, type JobId } from '@arbalest/common'
import { onUpdates } from './attempt-updates.js'
import type { Effect } from './effect.js'
import type { SchedulerEvent, Timer } from './event.js'
import {
  dismissDrained, onAttached, onDetached, onDraining, onExecutorLost, onHeartbeat, onSilenceTimer,
  releaseFingerprint,
} from './executor.js'
import {
  askForPlan, awaitClient, cancelJob, concludeJob, onNoExecutor, onPlanningFailed, onStagesPlanned, releaseResult,
  submitJob,
} from './job.js'
import { onOrdered } from './operator.js'
import { placeAttempts } from './placement.js'
import { dropNeedless } from './recovery.js'
import { onRestarted } from './restart.js'
import { onProbationTimer } from './set-aside.js'
import { speculate } from './speculation.js'
import { type ClusterState, type Executor, findAttempt, type Job } from './state.js'
import { onRetryTimer } from './task.js'
import { cancelTimer, effectsOf, startTurn, type Turn } from './turn.js'

/** Moves `state` on; the caller carries the effects out in order. Never throws for what peers send. */
export function reduce(state: ClusterState, event: SchedulerEvent): readonly Effect[] {
  const turn = startTurn(state, event)
  apply(turn, event)
  for (const job of [...turn.changed]) concludeJob(turn, job)
  for (const job of turn.changed) dropNeedless(turn, job)
  for (const job of state.live.values()) askForPlan(turn, job)
  placeAttempts(turn)
  speculate(turn)
  dismissDrained(turn)
  releaseFingerprint(state)
  return effectsOf(turn)
}

function apply(turn: Turn, event: SchedulerEvent): void {
  const { state } = turn
  switch (event.kind) {
    case 'scheduler-restarted':
      return onRestarted(turn)
    case 'executor-attached':
      return onAttached(turn, event.streamId, event.announcement)
    case 'executor-detached':
      return withExecutor(state, event.executorId, (executor) => {
        if (executor.streamId === event.streamId) onDetached(turn, executor)
      })
    case 'heartbeat':
      return withExecutor(state, event.executorId, (executor) => {
        hear(turn, executor)
        onHeartbeat(turn, executor, event.vitals)
      })
    case 'executor-draining':
      return withExecutor(state, event.executorId, (executor) => {
        hear(turn, executor)
        onDraining(turn, executor)
      })
    case 'executor-ordered':
      return withExecutor(state, event.executorId, (executor) => onOrdered(turn, executor, event.action))
    case 'attempt-updates':
      return withExecutor(state, event.executorId, (executor) => {
        hear(turn, executor)
        onUpdates(turn, executor, event.updates)
      })
    case 'job-submitted':
      return submitJob(turn, event)
    case 'stages-planned':
      return withLive(state, event.jobId, (job) => onStagesPlanned(turn, job, event.step))
    case 'planning-failed':
      return withLive(state, event.jobId, (job) => onPlanningFailed(turn, job, event.error))
    case 'cancel-requested':
      return withLive(state, event.jobId, (job) => cancelJob(turn, job, event.reason))
    case 'client-came':
      return withLive(state, event.jobId, ({ id: jobId }) => cancelTimer(turn, { kind: 'abandoned', jobId }))
    case 'client-left':
      return withLive(state, event.jobId, (job) => awaitClient(turn, job))
    case 'result-released': {
      const job = state.jobs.get(event.jobId)
      return job && releaseResult(turn, job, 'it was read or is not wanted')
    }
    case 'timer-fired':
      return onTimer(turn, event.timer)
  }
  return assertNever(event)
}

function onTimer(turn: Turn, timer: Timer): void {
  const { state } = turn
  switch (timer.kind) {
    case 'silence':
      return withExecutor(state, timer.executorId, (executor) => onSilenceTimer(turn, executor))
    case 'reattach':
      return withExecutor(state, timer.executorId, (executor) => {
        if (executor.state === 'suspect') onExecutorLost(turn, executor, 'its stream broke')
      })
    case 'probation':
      return withExecutor(state, timer.executorId, (executor) => onProbationTimer(turn, executor))
    case 'retry':
      return withLive(state, timer.jobId, (job) => {
        const attempt = job.stages.get(timer.stageId)?.tasks[timer.task]?.current
        const place = attempt && findAttempt(state, attempt.id)
        if (place) onRetryTimer(turn, place)
      })
    case 'no-executor':
      return withLive(state, timer.jobId, (job) => onNoExecutor(turn, job))
    case 'job-timeout':
      return withLive(state, timer.jobId, (job) => {
        cancelJob(turn, job, `its time of ${job.submission.timeoutMs ?? 0} ms is over`)
      })
    case 'abandoned':
      return withLive(state, timer.jobId, (job) => cancelJob(turn, job, 'its client went away and did not come back'))
    case 'retention': {
      const job = state.jobs.get(timer.jobId)
      return job && releaseResult(turn, job, 'nobody has read it in time')
    }
  }
  return assertNever(timer)
}

function withExecutor(state: ClusterState, id: ExecutorId, transition: (found: Executor) => void): void {
  const executor = state.executors.get(id)
  if (executor) transition(executor)
}

function withLive(state: ClusterState, id: JobId, transition: (found: Job) => void): void {
  const job = state.live.get(id)
  if (job) transition(job)
}

/** Any message is a sign of life. A lost executor's last words count for nothing: it must come back first. */
function hear(turn: Turn, executor: Executor): void {
  if (executor.state !== 'lost') executor.lastSeenMs = turn.atMs
}
