/** What all formats of rows are. */
import type { Output } from '../output.js'
import type { SqlRun } from '../sql-session.js'
import type { StatementContext } from '../statement-sink.js'

export interface ResultFormat {
  /** Whether rows are wanted as text; else as Arrow. */
  readonly text: boolean
  /** Rows are read only as fast as they are written. */
  write(run: SqlRun, output: Output, context: StatementContext): Promise<void>
}

export interface FormatOptions {
  /** Rows of a table; the rest is counted but not shown. */
  readonly tableRowsMax: number
  /** Columns of the terminal; `undefined` for no limit. */
  readonly widthMax: number | undefined
  /** Without the line below a table. */
  readonly quiet: boolean
}
