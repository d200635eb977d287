/** What the core asks its driver to do. The driver does so in order, after the log has taken the records. */
import type { AttemptId, ExecutorId, JobId, StageId, WireError } from '@arbalest/common'
import type { AttemptSpec, ClusterFacts, PublishedStage } from '@arbalest/plan'
import type { Timer } from './event.js'
import type { JobLogRecord } from './job-log.js'

/** What the unfolding planner is asked: the rest of a job, given the facts measured so far. */
export interface RestRequest {
  readonly jobId: JobId
  readonly preparedQuery: string
  readonly cluster: ClusterFacts
  readonly published: readonly PublishedStage[]
  readonly nextStageId: StageId
}

export type Effect =
  /** Comes first: nothing else of the event may happen before the log has these. */
  | { readonly kind: 'append-log'; readonly records: readonly JobLogRecord[] }
  /** Answered by `stages-planned` or `planning-failed`. */
  | { readonly kind: 'plan-rest'; readonly request: RestRequest }
  /** No answer is awaited any more. */
  | { readonly kind: 'stop-planning'; readonly jobId: JobId }
  | {
      readonly kind: 'launch'
      readonly executorId: ExecutorId
      readonly jobToken: string
      readonly attempts: readonly AttemptSpec[]
    }
  | {
      readonly kind: 'cancel-attempts'
      readonly executorId: ExecutorId
      readonly attemptIds: readonly AttemptId[]
    }
  /** The executor may remove the job's files. */
  | { readonly kind: 'forget-job'; readonly executorId: ExecutorId; readonly jobId: JobId }
  | { readonly kind: 'executor-registered'; readonly streamId: number; readonly executorId: ExecutorId }
  | { readonly kind: 'executor-refused'; readonly streamId: number; readonly error: WireError }
  /** It drains and nothing on it is needed any more. */
  | { readonly kind: 'shut-down'; readonly executorId: ExecutorId }
  /** The executor is given up: its stream is closed and its inspect calls go elsewhere. */
  | { readonly kind: 'end-stream'; readonly executorId: ExecutorId; readonly reason: string }
  | { readonly kind: 'start-timer'; readonly timer: Timer; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: Timer }
  | { readonly kind: 'job-changed'; readonly jobId: JobId }
  /** The submission was not taken. */
  | { readonly kind: 'job-refused'; readonly jobId: JobId; readonly error: WireError }
  /** Nothing is known of the job any more; its log may go too. */
  | { readonly kind: 'job-forgotten'; readonly jobId: JobId }
