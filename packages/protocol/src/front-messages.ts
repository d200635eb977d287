/**
 * What clients and the front say to each other, as data: sessions, statements, their events and their
 * results. The gRPC service `Front` carries exactly these; the rows of large results go over Flight.
 */
import type { JobId, SessionId, WireError } from '@arbalest/common'
import type { JobState } from './messages.js'
import type { ParameterValues } from './parameter-values.js'

/** A column of a result: `type` is DuckDB's name of it, e.g. `DECIMAL(15,2)`. */
export interface ResultColumn {
  readonly name: string
  readonly type: string
}

/** Where the rows of a result are. */
export type ResultData =
  /** A statement without rows: DDL, SET. */
  | { readonly kind: 'none' }
  /** The rows themselves: one complete Arrow IPC stream. */
  | { readonly kind: 'inline'; readonly ipc: Uint8Array }
  /** To be presented to DoGet; opaque to the client. */
  | { readonly kind: 'ticket'; readonly ticket: Uint8Array }

/** What a statement gave. */
export interface StatementResult {
  /** Empty for statements without rows. */
  readonly columns: readonly ResultColumn[]
  readonly rowCount: number
  readonly data: ResultData
  /** `undefined` when the front answered by itself, without a job. */
  readonly jobId: JobId | undefined
  readonly mode: 'whole' | 'distributed' | undefined
  readonly modeReason: string | undefined
  /** Stages the job had; 0 without a job. */
  readonly stages: number
}

/** One statement to run. */
export interface ExecuteRequest {
  /** `undefined` runs the statement in a session of its own. */
  readonly sessionId: SessionId | undefined
  /** The client's own name for this call, for logs; may be empty, at most 80 characters. */
  readonly requestId: string
  /** Exactly one statement. */
  readonly sql: string
  /** Whether every column is sent as text, as `CAST(v AS VARCHAR)` gives it. */
  readonly textResult: boolean
  /** Values for the statement's parameters; none unless given. */
  readonly parameters?: ParameterValues | undefined
}

export interface JobProgress {
  readonly jobId: JobId
  readonly state: JobState
  readonly stagesDone: number
  readonly stagesKnown: number
  readonly attemptsRunning: number
}

/** The course of one statement: `accepted`, any number of `progress`, then one `result`. */
export type ExecuteEvent =
  | {
      readonly kind: 'accepted'
      readonly jobId: JobId | undefined
      /** Of a query whose rows are those of the job: whoever is cut off may ask for them by its id. */
      readonly columns?: readonly ResultColumn[]
    }
  | { readonly kind: 'progress'; readonly progress: JobProgress }
  | { readonly kind: 'result'; readonly result: StatementResult }

/** A job asked for by id. */
export interface JobAnswer {
  readonly progress: JobProgress
  /** Once failed or cancelled. */
  readonly error: WireError | undefined
  /** Once succeeded. */
  readonly result: StatementResult | undefined
}

/** A statement within a longer text. */
export interface StatementPiece {
  /** Without the comments, spaces and semicolon around it. */
  readonly sql: string
  /** Where it stands in the whole text: 0-based, in UTF-16 units. */
  readonly start: number
  /** `query` gives rows and changes nothing, so that it may run late or never; all else is a `command`. */
  readonly kind: 'query' | 'command'
}
