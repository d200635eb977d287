/**
 * What an executor knows of its attempts.
 *
 *   received ──> fetching ──> running ──> committing ──> succeeded
 *      │            │            │            │
 *      └────────────┴────────────┴────────────┴──────> failed | cancelled
 *
 * `received` waits for a slot; `fetching`, `running` and `committing` hold one. The three on the right
 * absorb: whatever comes late for them changes nothing. An attempt is dropped with its job.
 */
import type { AttemptId, ExecutorId, JobId } from '@arbalest/common'
import type { AttemptSpec } from '@arbalest/plan'
import type { EndOutcome } from './effect.js'

export type ActivePhase = 'fetching' | 'running' | 'committing'

interface AttemptBase {
  readonly attemptId: AttemptId
  readonly jobId: JobId
}

/** Waits for a slot; it needs its text only until it starts. */
export interface ReceivedAttempt extends AttemptBase {
  readonly phase: 'received'
  readonly spec: AttemptSpec
}

/** Holds a slot. `ending`: it was asked to stop and may no longer succeed. */
export interface ActiveAttempt extends AttemptBase {
  readonly phase: ActivePhase
  readonly ending: boolean
}

/** Ended; the outcome is kept for telling it again to a scheduler that comes back. */
export interface EndedAttempt extends AttemptBase {
  readonly phase: 'succeeded' | 'failed' | 'cancelled'
  readonly outcome: EndOutcome
}

export type HeldAttempt = ReceivedAttempt | ActiveAttempt | EndedAttempt

/** Owned by `reduce`, which is its only writer. */
export interface ExecutorState {
  readonly executorId: ExecutorId
  /** Attempts that may hold a slot at once. */
  readonly slots: number
  /** In the order of arrival. */
  readonly attempts: Map<AttemptId, HeldAttempt>
  /** Jobs to be forgotten as soon as their active attempts have ended. */
  readonly leavingJobs: Set<JobId>
  /** Whether a scheduler has answered our registration on the present stream. */
  attached: boolean
  draining: boolean
  closed: boolean
}

/** The state of an executor that has received nothing yet; `slots` is a whole number from 1. */
export const initialState = (executorId: ExecutorId, slots: number): ExecutorState => ({
  executorId,
  slots,
  attempts: new Map(),
  leavingJobs: new Set(),
  attached: false,
  draining: false,
  closed: false,
})

export const isActive = (attempt: HeldAttempt): attempt is ActiveAttempt =>
  attempt.phase === 'fetching' || attempt.phase === 'running' || attempt.phase === 'committing'

export const isEnded = (attempt: HeldAttempt): attempt is EndedAttempt =>
  attempt.phase === 'succeeded' || attempt.phase === 'failed' || attempt.phase === 'cancelled'
