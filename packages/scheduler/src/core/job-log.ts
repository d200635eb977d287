/**
 * The job log: what a restarted scheduler, the history and the observability pages read. Decisions are
 * recorded, not only events: a published stage is never planned again. Records are append-only.
 */
import type { AttemptId, ExecutorId, JobId, StageId, WireError } from '@arbalest/common'
import type {
  AttemptReport, ClusterFacts, Decision, PublishedStage, StageFacts, StageSpec,
} from '@arbalest/plan'
import type { ExecutorAction } from './executor-action.js'
import type { ExecutorAnnouncement, Submission } from './event.js'

/** Readers refuse records of a version above theirs. */
export const jobLogVersion = 2

/** One part of a result, in the order of the rows. */
export interface ResultPlace {
  readonly executorId: ExecutorId
  readonly host: string
  readonly port: number
  readonly attemptId: AttemptId
  readonly rows: number
  readonly bytes: number
  /** The Arrow IPC stream itself, base64, when it is small. */
  readonly inline?: string
  /** By name, the last values of the sequences that were made before it ran. */
  readonly sequences?: Readonly<Record<string, string>>
  /** Of a table with buckets: that of each of its files. */
  readonly buckets?: readonly number[]
}

export type JobLogEntry =
  | {
      readonly kind: 'job-submitted'
      readonly jobId: JobId
      readonly jobToken: string
      readonly submission: Submission
    }
  /**
   * One answer of the unfolding planner. What remains of the plan is a function of the submission's
   * `preparedQuery` and `remaining`: stages published so far with the facts known at that time.
   */
  | {
      readonly kind: 'plan-unfolded'
      readonly jobId: JobId
      readonly mode: 'whole' | 'distributed'
      readonly modeReason: string
      readonly decisions: readonly Decision[]
      readonly stageIds: readonly StageId[]
      readonly finished: boolean
      readonly remaining: readonly PublishedStage[]
      /** What the job is planned for until its end, and when it was first planned. */
      readonly cluster: ClusterFacts | undefined
      readonly startedMs: number | undefined
    }
  /** It ran out of memory: its stages are given up, and it is planned anew for a cluster with more partitions. */
  | {
      readonly kind: 'job-planned-anew'
      readonly jobId: JobId
      readonly cluster: ClusterFacts | undefined
      readonly decision: Decision
    }
  /** `engineFingerprint`: the only engines whose hashes, sort keys and aggregate states fit this stage. */
  | {
      readonly kind: 'stage-published'
      readonly jobId: JobId
      readonly engineFingerprint: string
      readonly spec: StageSpec
    }
  /** A task runs again; its first attempt comes with the stage. The counts are those of the task until now. */
  | {
      readonly kind: 'attempt-opened'
      readonly attemptId: AttemptId
      /** It runs beside the one that is under way; not unless given. */
      readonly isTwin?: boolean
      readonly generation: number
      readonly delayMs: number
      /** It must run with nothing beside it. */
      readonly alone: boolean
      readonly failures: number
      readonly losses: number
      readonly recomputations: number
      /** Executors on which the task has failed. */
      readonly avoid: readonly ExecutorId[]
    }
  /** No new attempt is made for one that has failed, as another of its task goes on; the counts of the task. */
  | {
      readonly kind: 'attempt-replaced'
      readonly attemptId: AttemptId
      readonly alone: boolean
      readonly failures: number
      readonly losses: number
      readonly avoid: readonly ExecutorId[]
    }
  | {
      readonly kind: 'attempt-placed'
      readonly attemptId: AttemptId
      readonly executorId: ExecutorId
      /** Input bytes that already lie on that executor, and all input bytes from earlier stages. */
      readonly localBytes: number
      readonly shuffleBytes: number
      /** Nothing else runs on that executor meanwhile. */
      readonly alone: boolean
    }
  /** `placedMs` with the report's times make the time line: placed, started, fetched, computed, committed. */
  | {
      readonly kind: 'attempt-ended'
      readonly attemptId: AttemptId
      readonly executorId: ExecutorId | undefined
      readonly state: 'succeeded' | 'failed' | 'lost' | 'cancelled'
      readonly placedMs: number | undefined
      readonly report: AttemptReport | undefined
      readonly error: WireError | undefined
      readonly lostInputs: readonly AttemptId[]
      /** Its engine crashed and ran nothing of other jobs; not unless given. */
      readonly crashedAlone?: boolean
    }
  /** A finished attempt's output is gone; it is computed again only if somebody needs it. */
  | { readonly kind: 'output-lost'; readonly attemptId: AttemptId; readonly reason: string }
  /** An executor came back with an output given up before. */
  | { readonly kind: 'output-found'; readonly attemptId: AttemptId; readonly executorId: ExecutorId }
  /** An indeterminate stage lost an output after somebody had read it: these stages start again whole. */
  | {
      readonly kind: 'stages-reset'
      readonly jobId: JobId
      readonly stageIds: readonly StageId[]
      readonly reason: string
    }
  | {
      readonly kind: 'stage-ended'
      readonly jobId: JobId
      readonly stageId: StageId
      readonly state: 'succeeded' | 'failed' | 'skipped' | 'cancelled'
      readonly facts: StageFacts | undefined
    }
  | {
      readonly kind: 'job-ended'
      readonly jobId: JobId
      readonly state: 'succeeded' | 'failed' | 'cancelled'
      readonly error: WireError | undefined
      readonly rows: number
      readonly bytes: number
      readonly parts: readonly ResultPlace[]
    }
  | { readonly kind: 'result-released'; readonly jobId: JobId; readonly reason: string }
  | {
      readonly kind: 'result-lost'
      readonly jobId: JobId
      /** The part of the result that is gone. */
      readonly attemptId: AttemptId
      readonly reason: string
    }
  | { readonly kind: 'executor-joined'; readonly announcement: ExecutorAnnouncement; readonly again: boolean }
  /** Attempts fail there and nowhere else: it gets none for `pauseMs`, then one at a time. */
  | {
      readonly kind: 'executor-set-aside'
      readonly executorId: ExecutorId
      readonly failures: number
      readonly pauseMs: number
      readonly reason: string
    }
  | { readonly kind: 'executor-trusted'; readonly executorId: ExecutorId }
  | { readonly kind: 'executor-ordered'; readonly executorId: ExecutorId; readonly action: ExecutorAction }
  | { readonly kind: 'executor-left'; readonly executorId: ExecutorId; readonly reason: string }

export type JobLogRecord = JobLogEntry & {
  readonly version: typeof jobLogVersion
  /** Milliseconds since 1970 by the scheduler's clock. */
  readonly atMs: number
}

/** The job that a record is about; executors as such belong to none. */
export function jobOfRecord(record: JobLogEntry): JobId | undefined {
  switch (record.kind) {
    case 'executor-joined':
    case 'executor-left':
    case 'executor-set-aside':
    case 'executor-trusted':
    case 'executor-ordered':
      return undefined
    case 'attempt-opened':
    case 'attempt-replaced':
    case 'attempt-placed':
    case 'attempt-ended':
    case 'output-lost':
    case 'output-found':
      return record.attemptId.split('/')[0] as JobId
    case 'job-submitted':
    case 'plan-unfolded':
    case 'job-planned-anew':
    case 'stage-published':
    case 'stages-reset':
    case 'stage-ended':
    case 'job-ended':
    case 'result-released':
    case 'result-lost':
      return record.jobId
  }
}
