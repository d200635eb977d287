/** What the reducer asks of the supervisor. Effects are carried out in their order. */
import type { AttemptId, JobId, WireError } from '@arbalest/common'
import type { AttemptReport, AttemptSpec } from '@arbalest/plan'

/** How an attempt goes on, as the scheduler is told. */
export type AttemptOutcome =
  | { readonly kind: 'running'; readonly attemptId: AttemptId; readonly atMs: number }
  | { readonly kind: 'succeeded'; readonly attemptId: AttemptId; readonly report: AttemptReport }
  | {
      readonly kind: 'failed'
      readonly attemptId: AttemptId
      readonly error: WireError
      readonly lostInputs: readonly AttemptId[]
    }
  | { readonly kind: 'cancelled'; readonly attemptId: AttemptId }

export type EndOutcome = Exclude<AttemptOutcome, { readonly kind: 'running' }>

export type ExecutorEffect =
  | { readonly kind: 'start-attempt'; readonly spec: AttemptSpec }
  /** Stop its fetches and its SQL; its end is an event of its own. */
  | { readonly kind: 'interrupt-attempt'; readonly attemptId: AttemptId }
  /** It was committed after nobody wanted it any more. */
  | { readonly kind: 'discard-output'; readonly attemptId: AttemptId }
  | { readonly kind: 'report'; readonly outcome: AttemptOutcome }
  | {
      readonly kind: 'announce'
      readonly heldOutputs: readonly AttemptId[]
      readonly runningAttempts: readonly AttemptId[]
    }
  | { readonly kind: 'announce-draining' }
  /** No attempt of the job is active here: its files and its token may go. */
  | { readonly kind: 'remove-job'; readonly jobId: JobId }
  | { readonly kind: 'close' }
