/**
 * Executors on which attempts fail one after the other, of several jobs and while they succeed elsewhere: they get
 * nothing for a while, then one attempt at a time until one succeeds.
 *
 *            failures of several jobs in a row          the pause is over
 *   trusted ---------------------------------> aside ------------------> on probation
 *      ^                                         ^                          |       |
 *      |                                         +------- a failure --------+       |
 *      +------------------------------- a success ----------------------------------+
 */
import type { WireError } from '@arbalest/common'
import { newStanding } from './standing.js'
import { activeExecutors, type AttemptPlace, type ClusterState, type Executor } from './state.js'
import { cancelTimer, record, startTimer, type Turn } from './turn.js'

/** Those that get attempts: all active ones but those set aside, unless there is nobody else. */
export function usableExecutors(state: ClusterState): readonly Executor[] {
  const active = activeExecutors(state)
  const usable = active.filter(({ standing }) => standing.state !== 'aside')
  return usable.length > 0 ? usable : active
}

/** Whether it may have another attempt beside those it has. */
export const takesMore = ({ standing, busy }: Executor): boolean => standing.state !== 'probation' || busy.size === 0

/** An attempt has failed in a way that may be its executor's fault. */
export function noteFailure(turn: Turn, { job, attempt }: AttemptPlace, error: WireError): void {
  const executor = attempt.executorId && turn.state.executors.get(attempt.executorId)
  if (!executor) return
  const { standing } = executor
  standing.failures += 1
  standing.jobs.add(job.id)
  if (executor.state !== 'active' || standing.state === 'aside') return
  const isSuspicious = standing.failures >= turn.state.limits.executorFailuresMax && standing.jobs.size > 1
  if (standing.state === 'probation' || (isSuspicious && othersDoWell(turn.state, executor))) {
    setAside(turn, executor, error.message)
  }
}

/** An attempt has succeeded there, or it makes a new start after it was lost. */
export function trustAgain(turn: Turn, executor: Executor): void {
  const { standing, id: executorId } = executor
  if (standing.failures === 0) return
  if (standing.state === 'aside') cancelTimer(turn, { kind: 'probation', executorId })
  if (standing.state !== 'trusted') record(turn, { kind: 'executor-trusted', executorId })
  executor.standing = newStanding()
  turn.state.places += 1
}

/** The pause is over. */
export function onProbationTimer(turn: Turn, { id: executorId, standing }: Executor): void {
  if (standing.state !== 'aside') return
  standing.state = 'probation'
  turn.state.places += 1
  // An event that comes a second time ends the pause early: its timer still runs.
  cancelTimer(turn, { kind: 'probation', executorId })
}

/** Where all fail, or there is nobody to compare with, the fault lies elsewhere. */
const othersDoWell = (state: ClusterState, executor: Executor): boolean =>
  activeExecutors(state).some((other) =>
    other !== executor && other.standing.state === 'trusted' && other.standing.failures === 0)

function setAside(turn: Turn, { standing, id: executorId }: Executor, reason: string): void {
  const { executorPauseMs, executorPauseMaxMs } = turn.state.limits
  const pauseMs = Math.min(executorPauseMs * 2 ** standing.pauses, executorPauseMaxMs)
  standing.state = 'aside'
  turn.state.places += 1
  standing.pauses += 1
  startTimer(turn, { kind: 'probation', executorId }, pauseMs)
  record(turn, { kind: 'executor-set-aside', executorId, failures: standing.failures, pauseMs, reason })
}
