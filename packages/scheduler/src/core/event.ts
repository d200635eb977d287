/**
 * What can happen to the scheduler. Everything a transition needs from outside (time, ids, secrets,
 * jitter) arrives here; the shapes are those of the protocol, declared anew because the core knows no wire.
 */
import type { AttemptId, ExecutorId, JobId, StageId, WireError } from '@arbalest/common'
import type { AttemptReport, FirstStep, Machine, UnfoldStep } from '@arbalest/plan'
import type { ExecutorAction } from './executor-action.js'

/** What an executor says of itself whenever it opens a stream. */
export interface ExecutorAnnouncement {
  readonly protocolVersion: number
  readonly executorId: ExecutorId
  readonly host: string
  readonly port: number
  /** Attempts it runs at once. */
  readonly slots: number
  readonly threads: number
  readonly memoryLimitBytes: number
  /** Names that jobs may ask for. */
  readonly labels?: readonly string[] | undefined
  readonly machine?: Machine | undefined
  readonly engineFingerprint: string
  readonly version: string
  readonly pid: number
  /** Finished attempts whose outputs it still holds. */
  readonly heldOutputs: readonly AttemptId[]
  readonly runningAttempts: readonly AttemptId[]
}

export interface ExecutorVitals {
  readonly runningAttempts: number
  readonly residentBytes: number
  readonly cpuMs: number
  readonly workDirBytes: number
}

export type AttemptNews =
  | { readonly kind: 'running'; readonly attemptId: AttemptId; readonly atMs: number }
  | { readonly kind: 'succeeded'; readonly attemptId: AttemptId; readonly report: AttemptReport }
  | {
      readonly kind: 'failed'
      readonly attemptId: AttemptId
      readonly error: WireError
      readonly lostInputs: readonly AttemptId[]
    }
  | { readonly kind: 'cancelled'; readonly attemptId: AttemptId }

/** A statement to run. `preparedQuery` is opaque: it goes to the unfolding planner as it came. */
export interface Submission {
  readonly sql: string
  readonly jobName: string | undefined
  readonly sessionId: string | undefined
  readonly preparedQuery: string
  readonly settings: Readonly<Record<string, string>>
  readonly compression: 'none' | 'lz4' | 'zstd'
  readonly timeoutMs: number | undefined
  /** The pool whose share it uses; `undefined` = the default one. */
  readonly pool: string | undefined
  /** 0 to 100: within a pool the higher go first. */
  readonly priority: number
  /** Whether tasks that take too long get a second attempt; not unless given. */
  readonly speculation?: boolean | undefined
  /** It is cancelled when nobody has waited for it for a while. */
  readonly endsWithClient?: boolean | undefined
  /** Labels of the executors that it runs on as long as there are some; none unless given. */
  readonly labels?: readonly string[] | undefined
}

/** What a timer waits for. Two timers of the same meaning never run at once: the later replaces. */
export type Timer =
  /** Nothing was heard from an attached executor. */
  | { readonly kind: 'silence'; readonly executorId: ExecutorId }
  /** A suspect executor has not come back. */
  | { readonly kind: 'reattach'; readonly executorId: ExecutorId }
  /** An executor that was set aside is tried again. */
  | { readonly kind: 'probation'; readonly executorId: ExecutorId }
  /** The back-off of a failed task is over. */
  | { readonly kind: 'retry'; readonly jobId: JobId; readonly stageId: StageId; readonly task: number }
  /** A job has waited long enough for an executor. */
  | { readonly kind: 'no-executor'; readonly jobId: JobId }
  | { readonly kind: 'job-timeout'; readonly jobId: JobId }
  /** Nobody has asked for the job, or waited for it, for a while. */
  | { readonly kind: 'abandoned'; readonly jobId: JobId }
  /** Nobody has read the result in time. */
  | { readonly kind: 'retention'; readonly jobId: JobId }

export type SchedulerFact =
  /** The state comes from the log of an earlier scheduler; nothing has happened since. */
  | { readonly kind: 'scheduler-restarted' }
  /** A stream opened and announced itself. `streamId` tells a new stream from the one it replaces. */
  | {
      readonly kind: 'executor-attached'
      readonly streamId: number
      readonly announcement: ExecutorAnnouncement
    }
  | { readonly kind: 'executor-detached'; readonly streamId: number; readonly executorId: ExecutorId }
  | { readonly kind: 'heartbeat'; readonly executorId: ExecutorId; readonly vitals: ExecutorVitals }
  | { readonly kind: 'executor-draining'; readonly executorId: ExecutorId }
  /** An operator wants the executor to get nothing new, or takes that back. */
  | { readonly kind: 'executor-ordered'; readonly executorId: ExecutorId; readonly action: ExecutorAction }
  | {
      readonly kind: 'attempt-updates'
      readonly executorId: ExecutorId
      readonly updates: readonly AttemptNews[]
    }
  /** `jobToken`: 32 random bytes in hex, made for this job. `firstStep`: as it was planned for some cluster. */
  | {
      readonly kind: 'job-submitted'
      readonly jobId: JobId
      readonly jobToken: string
      readonly submission: Submission
      readonly firstStep?: FirstStep | undefined
    }
  | { readonly kind: 'stages-planned'; readonly jobId: JobId; readonly step: UnfoldStep }
  | { readonly kind: 'planning-failed'; readonly jobId: JobId; readonly error: WireError }
  | { readonly kind: 'cancel-requested'; readonly jobId: JobId; readonly reason: string }
  /** Somebody waits for the job from now on. */
  | { readonly kind: 'client-came'; readonly jobId: JobId }
  /** Nobody waits for it any more, or somebody who does not wait has asked for it. */
  | { readonly kind: 'client-left'; readonly jobId: JobId }
  | { readonly kind: 'result-released'; readonly jobId: JobId }
  | { readonly kind: 'timer-fired'; readonly timer: Timer }

/** A fact with its time (milliseconds since 1970) and a random number in [0, 1) to spread retries. */
export type SchedulerEvent = SchedulerFact & { readonly atMs: number; readonly jitter: number }

/** Equal for timers of the same meaning. */
export function timerKey(timer: Timer): string {
  switch (timer.kind) {
    case 'silence':
    case 'reattach':
    case 'probation':
      return `${timer.kind} ${timer.executorId}`
    case 'retry':
      return `retry ${timer.jobId}/${timer.stageId}/${timer.task}`
    case 'no-executor':
    case 'job-timeout':
    case 'abandoned':
    case 'retention':
      return `${timer.kind} ${timer.jobId}`
  }
}
