/** What becomes of statements that have run: rows in a format, or lines of a report. */
import type { QueryError } from '@arbalest/common'
import type { SqlRun } from './sql-session.js'

/** A statement as it was sent. */
export interface NumberedStatement {
  /** From 1, over all texts of a call. */
  readonly number: number
  readonly sql: string
}

export interface StatementContext {
  readonly statement: NumberedStatement
  /** Aborts when the rows are no longer wanted. */
  readonly signal: AbortSignal
  /** Milliseconds since the statement was sent. */
  elapsedMs(): number
}

export interface StatementSink {
  /** Whether rows are wanted as text; else as Arrow. */
  readonly text: boolean
  /** Reads and writes the rows. @throws QueryError when they cannot be read, OutputGone */
  succeeded(run: SqlRun, context: StatementContext): Promise<void>
  failed(error: QueryError, context: StatementContext): Promise<void>
}
