/**
 * What processes say to each other, as data. The wire forms (protobuf envelopes with JSON payloads)
 * and the in-process transports carry exactly these.
 */
import type { AttemptId, Column, ExecutorId, JobId, StageId, WireError } from '@arbalest/common'
import type {
  AttemptReport, AttemptSpec, ClusterFacts, Decision, InspectReply, InspectRequest, Machine, PublishedStage,
  FirstStep, StageSpec, UnfoldStep,
} from '@arbalest/plan'

/**
 * A scheduler takes executors of its own version and of the one before: a cluster is upgraded scheduler first, and
 * what the version before does not understand is not sent to it. Others are refused with PROTOCOL_MISMATCH. Version 3
 * brought sorted files and lists of pieces, which 2 does not read.
 */
export const protocolVersion = 4

// ---- executor <-> scheduler: one bidirectional stream per executor ----------------------------------

export interface Registration {
  readonly protocolVersion: number
  readonly executorId: ExecutorId
  /** Where other executors and the front reach this executor's file server. */
  readonly host: string
  readonly port: number
  /** Attempts it runs at once. */
  readonly slots: number
  readonly threads: number
  readonly memoryLimitBytes: number
  /** Names that jobs may ask for. */
  readonly labels?: readonly string[] | undefined
  /** Executors of one machine share its cores; older executors do not tell. */
  readonly machine?: Machine | undefined
  /** Lists of files may be sent once and named in launches; older executors do not tell. */
  readonly takesLists?: boolean | undefined
  /** DuckDB version, architecture and the hash of a fixed row: `hash()` holds only within one. */
  readonly engineFingerprint: string
  readonly version: string
  readonly pid: number
  /** Attempts whose outputs it still holds, when it comes back after a broken stream. */
  readonly heldOutputs: readonly AttemptId[]
  /** Attempts that still run there. */
  readonly runningAttempts: readonly AttemptId[]
}

export type AttemptUpdate =
  | { readonly kind: 'running'; readonly attemptId: AttemptId; readonly atMs: number }
  | { readonly kind: 'succeeded'; readonly attemptId: AttemptId; readonly report: AttemptReport }
  | {
      readonly kind: 'failed'
      readonly attemptId: AttemptId
      readonly error: WireError
      /** Producers whose output could not be fetched, for lost-input errors. */
      readonly lostInputs: readonly AttemptId[]
    }
  | { readonly kind: 'cancelled'; readonly attemptId: AttemptId }

export interface ExecutorHealth {
  readonly runningAttempts: number
  readonly residentBytes: number
  readonly cpuMs: number
  readonly workDirBytes: number
}

export type ExecutorMessage =
  | { readonly kind: 'register'; readonly registration: Registration }
  | { readonly kind: 'heartbeat'; readonly health: ExecutorHealth }
  | { readonly kind: 'updates'; readonly updates: readonly AttemptUpdate[] }
  | { readonly kind: 'inspected'; readonly callId: number; readonly replies: readonly InspectReply[] }
  | { readonly kind: 'inspect-failed'; readonly callId: number; readonly error: WireError }
  /** It takes no new attempts and leaves when its outputs are no longer needed. */
  | { readonly kind: 'draining' }

export type SchedulerMessage =
  | { readonly kind: 'registered' }
  | { readonly kind: 'refused'; readonly error: WireError }
  /** `jobToken` is what the file server demands for this job's files, and what fetches present. */
  | { readonly kind: 'launch'; readonly jobToken: string; readonly attempts: readonly AttemptSpec[] }
  | { readonly kind: 'cancel'; readonly attemptIds: readonly AttemptId[] }
  /** The job's files may go. */
  | { readonly kind: 'forget-job'; readonly jobId: JobId }
  | { readonly kind: 'inspect'; readonly callId: number; readonly requests: readonly InspectRequest[] }
  | { readonly kind: 'shut-down' }

/** One side of an open stream. `send` never blocks; what cannot be sent is lost with the stream. */
export interface MessageStream<Out, In> {
  send(message: Out): void
  onMessage(listener: (message: In) => void): void
  /** Called once, with a reason, when the stream ends in whatever way. */
  onClose(listener: (reason: string) => void): void
  close(reason: string): void
}

/** How an executor reaches its scheduler. */
export interface SchedulerLink {
  /** @throws QueryError SCHEDULER_UNREACHABLE, UNAUTHENTICATED */
  attach(signal: AbortSignal): Promise<MessageStream<ExecutorMessage, SchedulerMessage>>
}

// ---- front <-> scheduler ----------------------------------------------------------------------------

export type JobState = 'queued' | 'planning' | 'running' | 'succeeded' | 'failed' | 'cancelled'

export interface JobSubmission {
  readonly sql: string
  readonly jobName: string | undefined
  readonly sessionId: string | undefined
  /** The encoded `PreparedQuery`; opaque to the scheduler, which hands it to the unfolding planner. */
  readonly preparedQuery: string
  /** Its first step, where the front has planned it for the cluster that it knows. */
  readonly firstStep?: FirstStep | undefined
  readonly settings: Readonly<Record<string, string>>
  readonly compression: 'none' | 'lz4' | 'zstd'
  readonly timeoutMs: number | undefined
  /** The pool whose share it uses; `undefined` = the default one. */
  readonly pool: string | undefined
  /** 0 to 100: within a pool the higher go first. */
  readonly priority: number
  /** Whether tasks that take too long get a second attempt; not unless given. */
  readonly speculation?: boolean | undefined
  /** It is cancelled when nobody has waited for it, or asked for it, for a while. */
  readonly endsWithClient?: boolean | undefined
  /** Labels of the executors that it runs on as long as there are some; none unless given. */
  readonly labels?: readonly string[] | undefined
}

/** One part of a result: parts follow each other in order. */
export interface ResultPart {
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

export interface JobStatus {
  readonly jobId: JobId
  readonly state: JobState
  readonly name: string | undefined
  /** `undefined` = the default one. */
  readonly pool: string | undefined
  readonly priority: number
  /** Changes with every state or stage change. */
  readonly revision: number
  readonly stagesDone: number
  readonly stagesKnown: number
  readonly attemptsRunning: number
  readonly submittedMs: number
  readonly startedMs: number | undefined
  readonly endedMs: number | undefined
  readonly mode: 'whole' | 'distributed' | undefined
  readonly modeReason: string | undefined
  readonly error?: WireError
  /** Once succeeded. */
  readonly result?: {
    readonly columns: readonly Column[]
    readonly rows: number
    readonly bytes: number
    readonly parts: readonly ResultPart[]
    readonly jobToken: string
  }
}

export type AttemptState = 'waiting' | 'placed' | 'running' | 'succeeded' | 'failed' | 'lost' | 'cancelled'
export type StageState = 'waiting' | 'ready' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'

export interface AttemptRecord {
  readonly attemptId: AttemptId
  readonly task: number
  readonly executorId: ExecutorId | undefined
  readonly state: AttemptState
  readonly placedMs: number | undefined
  readonly endedMs: number | undefined
  readonly report?: AttemptReport
  readonly error?: WireError
}

export interface StageRecord {
  readonly spec: StageSpec
  readonly state: StageState
  readonly attempts: readonly AttemptRecord[]
}

/** All that is known of a job: for EXPLAIN ANALYZE, REST and tests. */
export interface JobDetails {
  readonly status: JobStatus
  readonly sql: string
  readonly stages: readonly StageRecord[]
  readonly decisions: readonly Decision[]
}

export interface ExecutorRecord {
  readonly registration: Registration
  readonly state: 'active' | 'suspect' | 'draining' | 'lost'
  /** Whether it gets attempts as others do: none while it is set aside, one at a time on probation. */
  readonly standing: 'trusted' | 'aside' | 'probation'
  /** An operator has set it aside. */
  readonly isCordoned: boolean
  readonly lastSeenMs: number
  readonly health: ExecutorHealth | undefined
  readonly runningAttempts: number
}

/**
 *   set-aside   it keeps its outputs, and gets nothing new until it is taken back
 *   drain       it gets nothing new, and ends when nothing on it is needed any more
 *   take-back   undoes both, and what was held against it; not a drain that the executor itself began
 */
export type ExecutorAction = 'set-aside' | 'drain' | 'take-back'

/** What an operator wants of an executor; `isDryRun`: only to know what hangs on it. */
export interface ExecutorOrder {
  readonly executorId: ExecutorId
  readonly action: ExecutorAction
  readonly isDryRun: boolean
}

/** The executor after an order, and what of jobs hangs on it: outputs and attempts that would run again without it. */
export interface ExecutorOrdered {
  readonly executor: ExecutorRecord
  readonly jobs: number
  readonly outputs: number
}

/** What the unfolding planner is asked for a job. */
export interface UnfoldRequest {
  readonly jobId: JobId
  readonly preparedQuery: string
  readonly cluster: ClusterFacts
  readonly published: readonly PublishedStage[]
  readonly nextStageId: StageId
}

/** What the scheduler asks of the front: planning what remains of a job. */
export interface UnfoldingPlanner {
  /** @throws QueryError FRONT_LOST when another planner should be asked, PLANNER_CRASHED and planning errors */
  unfold(request: UnfoldRequest, signal: AbortSignal): Promise<UnfoldStep>
}

/** What the scheduler offers to the front. In process and over the control port alike. */
export interface SchedulerService {
  /** Jobs need a planner: the front offers its own for as long as it is attached. */
  offerPlanner(planner: UnfoldingPlanner): void
  submit(submission: JobSubmission): Promise<JobId>
  /**
   * Yields the status when it has changed, no more often than every `limits.progressIntervalMs`, and the end at once.
   * @throws QueryError UNKNOWN_JOB
   */
  watch(jobId: JobId, signal: AbortSignal): AsyncIterable<JobStatus>
  /** Asks for the end of a job; a job that has ended stays as it is. @throws QueryError UNKNOWN_JOB */
  cancel(jobId: JobId, reason: string): Promise<JobStatus>
  /** The client has read the result, or never will: its files may go. */
  releaseResult(jobId: JobId): Promise<void>
  details(jobId: JobId): Promise<JobDetails>
  jobs(): Promise<readonly JobStatus[]>
  executors(): Promise<readonly ExecutorRecord[]>
  /** @throws QueryError INVALID_REQUEST where there is no such executor */
  orderExecutor(order: ExecutorOrder): Promise<ExecutorOrdered>
  /** Runs on an active executor; @throws QueryError NO_EXECUTORS, FILE_NOT_FOUND, … */
  inspect(requests: readonly InspectRequest[], signal: AbortSignal): Promise<readonly InspectReply[]>
}
