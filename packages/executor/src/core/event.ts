/** Everything that can happen to an executor, with the facts that the reducer may not find out itself. */
import type { AttemptId, JobId, WireError } from '@arbalest/common'
import type { AttemptReport, AttemptSpec } from '@arbalest/plan'

export type ExecutorEvent =
  // from the scheduler
  | { readonly kind: 'launch'; readonly attempts: readonly AttemptSpec[]; readonly atMs: number }
  | { readonly kind: 'cancel'; readonly attemptIds: readonly AttemptId[]; readonly atMs: number }
  | { readonly kind: 'forget-job'; readonly jobId: JobId; readonly atMs: number }
  // from the stream to the scheduler
  | { readonly kind: 'stream-opened' }
  | { readonly kind: 'registered' }
  | { readonly kind: 'stream-closed' }
  // from the runner of an attempt
  | { readonly kind: 'fetched'; readonly attemptId: AttemptId }
  | { readonly kind: 'computed'; readonly attemptId: AttemptId }
  | {
      readonly kind: 'committed'
      readonly attemptId: AttemptId
      readonly report: AttemptReport
      readonly atMs: number
    }
  | {
      readonly kind: 'stopped'
      readonly attemptId: AttemptId
      readonly error: WireError
      /** Producers whose output could not be fetched. */
      readonly lostInputs: readonly AttemptId[]
      readonly atMs: number
    }
  // from the engine and the operator
  | { readonly kind: 'engine-crashed'; readonly reason: string; readonly atMs: number }
  | { readonly kind: 'drain' }
  | { readonly kind: 'drain-expired' }
  /** The supervisor has begun to close everything. */
  | { readonly kind: 'ended' }
