/** What executors report of their attempts. News of attempts that have ended change nothing. */
import { assertNever, type JobId } from '@arbalest/common'
import type { AttemptNews } from './event.js'
import { endBusy } from './free-slots.js'
import { onAttemptFailed, onAttemptLost } from './recovery.js'
import { trustAgain } from './set-aside.js'
import { settleStage } from './stage.js'
import { type AttemptPlace, type Executor, findAttempt, type Job, jobIdOf, needsFiles, underWay } from './state.js'
import { cancelAttempts, endAttempt } from './task.js'
import type { Turn } from './turn.js'

export function onUpdates(turn: Turn, executor: Executor, updates: readonly AttemptNews[]): void {
  const over = new Set<JobId>()
  for (const update of updates) {
    const { attemptId } = update
    const place = findAttempt(turn.state, attemptId)
    const isCurrent =
      place?.attempt.executorId === executor.id && underWay(place.task).includes(place.attempt)
    if (isCurrent) apply(turn, executor, place, update)
    else if (update.kind !== 'running') {
      endBusy(turn.state, executor, attemptId)
      const jobId = jobIdOf(attemptId)
      if (!keepFiles(executor, turn.state.jobs.get(jobId))) over.add(jobId)
    }
  }
  for (const jobId of over) turn.effects.push({ kind: 'forget-job', executorId: executor.id, jobId })
}

/** Notes that an executor has files of a job; tells whether the job still needs any. */
function keepFiles(executor: Executor, job: Job | undefined): boolean {
  if (!job || !needsFiles(job)) return false
  job.executors.add(executor.id)
  return true
}

function apply(turn: Turn, executor: Executor, place: AttemptPlace, update: AttemptNews): void {
  switch (update.kind) {
    case 'running':
      if (place.attempt.state === 'placed') place.attempt.state = 'running'
      turn.changed.add(place.job)
      return
    case 'succeeded':
      trustAgain(turn, executor)
      cancelAttempts(turn, place, place.attempt)
      endAttempt(turn, place, { state: 'succeeded', confirmed: true, report: update.report })
      settleStage(turn, place.job, place.stage)
      return
    case 'failed':
      return onAttemptFailed(turn, place, update)
    case 'cancelled':
      // Nobody here asked for it: the executor leaves.
      return onAttemptLost(turn, place, 'it was given up by its executor')
  }
  return assertNever(update)
}
