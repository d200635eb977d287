/**
 * What the network side asks of the front's business side: sessions, catalog, planner child and
 * scheduler stand behind it. gRPC, Flight and HTTP know nothing else of the front.
 */
import type { JobId, SessionId } from '@arbalest/common'
import type {
  ExecuteEvent,
  ExecuteRequest,
  ExecutorOrder, ExecutorOrdered, ExecutorRecord,
  JobAnswer,
  JobDetails,
  JobStatus,
  ResultPart,
  StatementPiece,
} from '@arbalest/protocol'

/** A finished result whose rows are to be streamed. */
export interface ResultSource {
  readonly jobId: JobId
  /** At least one, in order; each is a complete Arrow IPC stream of the same schema. */
  readonly parts: readonly ResultPart[]
  /** What the executors' file servers demand for this job's files. */
  readonly jobToken: string
  /** Called once, when all rows were sent or the reader has gone. */
  done(outcome: 'read' | 'abandoned'): void
}

/** What `/readyz` and `/api/state` say. */
export interface FrontState {
  readonly version: string
  readonly engineVersion: string
  readonly startedMs: number
  /** Executors that take attempts now. */
  readonly executorsActive: number
  readonly executorsRequired: number
  readonly plannerUp: boolean
  readonly schedulingPolicy: 'push' | 'pull'
}

export interface FrontBackend {
  /** @throws QueryError UNKNOWN_SETTING, INVALID_SETTING, LIMIT_EXCEEDED */
  openSession(settings: Readonly<Record<string, string>>): Promise<SessionId>
  /** Unknown sessions are none of the caller's business: no error. */
  closeSession(sessionId: SessionId): Promise<void>
  /**
   * Runs one statement; the iterable ends after its `result`. `signal` aborts when the client cancels or
   * goes away: the job is then cancelled where `arbalest.cancel_on_disconnect` says so.
   * @throws QueryError from the iterable
   */
  execute(request: ExecuteRequest, signal: AbortSignal): AsyncIterable<ExecuteEvent>
  /** Starts one statement and returns; the job outlives the call. */
  submit(request: ExecuteRequest): Promise<JobId>
  /** @throws QueryError UNKNOWN_JOB */
  status(jobId: JobId): Promise<JobAnswer>
  /** A job that has ended stays as it is. @throws QueryError UNKNOWN_JOB */
  cancel(jobId: JobId, reason: string): Promise<JobAnswer>
  split(text: string): Promise<readonly StatementPiece[]>
  /**
   * What a ticket stands for.
   * @throws QueryError INVALID_REQUEST, RESULT_EXPIRED, UNKNOWN_JOB
   */
  result(ticket: Uint8Array, signal: AbortSignal): Promise<ResultSource>
  /** Where executors reach the scheduler's control port; `undefined` when it has none. */
  controlAddress(): { readonly host: string; readonly port: number } | undefined

  // ---- for HTTP
  state(): Promise<FrontState>
  jobs(): Promise<readonly JobStatus[]>
  details(jobId: JobId): Promise<JobDetails>
  executors(): Promise<readonly ExecutorRecord[]>
  /** @throws QueryError INVALID_REQUEST where there is no such executor */
  orderExecutor(order: ExecutorOrder): Promise<ExecutorOrdered>
}
