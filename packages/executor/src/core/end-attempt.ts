/** How attempts, jobs and the executor itself end: each end in one place, whatever its cause. */
import type { AttemptId, JobId } from '@arbalest/common'
import type { EndOutcome, ExecutorEffect } from './effect.js'
import { isActive, type ExecutorState } from './state.js'

/** Enters the outcome, which from then on stays as it is, and reports it. */
export function endAttempt(
  state: ExecutorState,
  attempt: { readonly attemptId: AttemptId; readonly jobId: JobId },
  outcome: EndOutcome,
): readonly ExecutorEffect[] {
  const { attemptId, jobId } = attempt
  state.attempts.set(attemptId, { attemptId, jobId, phase: outcome.kind, outcome: withoutInline(outcome) })
  return state.attached ? [{ kind: 'report', outcome }] : []
}

/** The bytes ride in the first report only: kept for every attempt they would fill the memory. */
function withoutInline(outcome: EndOutcome): EndOutcome {
  if (outcome.kind !== 'succeeded' || outcome.report.inline === undefined) return outcome
  const { inline: _, ...report } = outcome.report
  return { ...outcome, report }
}

/** Drops a leaving job once nothing of it is active. */
export function removeIfIdle(state: ExecutorState, jobId: JobId): readonly ExecutorEffect[] {
  if (!state.leavingJobs.has(jobId)) return []
  const own = [...state.attempts.values()].filter((attempt) => attempt.jobId === jobId)
  if (own.some(isActive)) return []
  for (const attempt of own) state.attempts.delete(attempt.attemptId)
  state.leavingJobs.delete(jobId)
  return [{ kind: 'remove-job', jobId }]
}

/** A draining executor leaves when nothing runs and no output is needed any more. */
export function closeIfDrained(state: ExecutorState): readonly ExecutorEffect[] {
  if (!state.draining) return []
  const needed = [...state.attempts.values()].some((a) => isActive(a) || a.phase === 'succeeded')
  return needed ? [] : close(state)
}

/** After this no event changes anything. */
export function close(state: ExecutorState): readonly ExecutorEffect[] {
  if (state.closed) return []
  state.closed = true
  return [{ kind: 'close' }]
}
