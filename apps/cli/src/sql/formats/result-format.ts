/** The formats of rows. */
import { assertNever } from '@arbalest/common'
import type { Output } from '../output.js'
import type { SqlRun } from '../sql-session.js'
import type { StatementContext } from '../statement-sink.js'
import { arrowFormat } from './arrow-format.js'
import { csvFormat, tsvFormat } from './delimited-format.js'
import { jsonFormat, ndjsonFormat } from './json-format.js'
import { markdownFormat } from './markdown-format.js'
import { tableFormat } from './table-format.js'

export interface ResultFormat {
  /** Whether rows are wanted as text; else as Arrow. */
  readonly text: boolean
  /** Rows are read only as fast as they are written. */
  write(run: SqlRun, output: Output, context: StatementContext): Promise<void>
}

export const formatNames = ['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'arrow', 'parquet'] as const
export type FormatName = (typeof formatNames)[number]
/** Formats that can be written; the command refuses `parquet` before it runs anything. */
export type WritableFormatName = Exclude<FormatName, 'parquet'>

export interface FormatOptions {
  /** Rows of a table; the rest is counted but not shown. */
  readonly tableRowsMax: number
  /** Columns of the terminal; `undefined` for no limit. */
  readonly widthMax: number | undefined
  /** Without the line below a table. */
  readonly quiet: boolean
}

export function resultFormat(name: WritableFormatName, options: FormatOptions): ResultFormat {
  switch (name) {
    case 'table': return tableFormat(options)
    case 'csv': return csvFormat
    case 'tsv': return tsvFormat
    case 'json': return jsonFormat
    case 'ndjson': return ndjsonFormat
    case 'markdown': return markdownFormat
    case 'arrow': return arrowFormat
  }
  return assertNever(name)
}
