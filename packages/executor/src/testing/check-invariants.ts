/** What must hold after every event, for tests. */
import { assert } from '@arbalest/common'
import { isActive, type ExecutorState, type HeldAttempt } from '../core/state.js'

/** @throws AssertionFailed with the law that was broken. Linear in the attempts. */
export function checkInvariants(state: ExecutorState): void {
  const all = [...state.attempts.values()]
  const active = all.filter(isActive)
  const waiting = all.filter(({ phase }) => phase === 'received')
  assert(active.length <= state.slots, 'no more attempts are active than there are slots')
  if (!state.closed) {
    assert(waiting.length === 0 || active.length === state.slots, 'nothing waits while a slot is free')
  }
  assert(!state.draining || waiting.length === 0, 'nothing waits on a draining executor')
  for (const [id, attempt] of state.attempts) {
    assert(attempt.attemptId === id, 'an attempt lies under its own id')
    assert(outcomeAgrees(attempt), 'the outcome of an ended attempt is that of its phase')
  }
  for (const jobId of state.leavingJobs) {
    assert(active.some((a) => a.jobId === jobId), 'a leaving job stays only for its active attempts')
    assert(
      active.every((a) => a.jobId !== jobId || a.ending),
      'active attempts of a leaving job are ending',
    )
  }
}

function outcomeAgrees(attempt: HeldAttempt): boolean {
  if (!('outcome' in attempt)) return true
  const { outcome, phase, attemptId } = attempt
  return outcome.kind === phase && outcome.attemptId === attemptId
}
