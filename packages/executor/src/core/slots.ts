/** Slots: how many attempts are active at once, and who comes next. */
import type { ExecutorEffect } from './effect.js'
import { isActive, type ExecutorState, type ReceivedAttempt } from './state.js'

/** Starts received attempts in the order of their arrival while there are free slots. */
export function fillSlots(state: ExecutorState, atMs: number): readonly ExecutorEffect[] {
  if (state.draining || state.closed) return []
  const all = [...state.attempts.values()]
  const free = state.slots - all.filter(isActive).length
  const waiting = all.filter((attempt): attempt is ReceivedAttempt => attempt.phase === 'received')
  return waiting.slice(0, Math.max(0, free)).flatMap((attempt) => start(state, attempt, atMs))
}

function start(state: ExecutorState, attempt: ReceivedAttempt, atMs: number): readonly ExecutorEffect[] {
  const { attemptId, jobId, spec } = attempt
  state.attempts.set(attemptId, { attemptId, jobId, phase: 'fetching', ending: false })
  const started: ExecutorEffect = { kind: 'start-attempt', spec }
  if (!state.attached) return [started]
  return [started, { kind: 'report', outcome: { kind: 'running', attemptId, atMs } }]
}
