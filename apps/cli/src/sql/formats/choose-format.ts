/** The formats of rows by their names. */
import { assertNever } from '@arbalest/common'
import { arrowFormat } from './arrow-format.js'
import { csvFormat, tsvFormat } from './delimited-format.js'
import { jsonFormat, ndjsonFormat } from './json-format.js'
import { markdownFormat } from './markdown-format.js'
import type { FormatOptions, ResultFormat } from './result-format.js'
import { tableFormat } from './table-format.js'

export const formatNames = ['table', 'csv', 'tsv', 'json', 'ndjson', 'markdown', 'arrow', 'parquet'] as const
export type FormatName = (typeof formatNames)[number]
/** Formats that can be written; the command refuses `parquet` before it runs anything. */
export type WritableFormatName = Exclude<FormatName, 'parquet'>

export function chooseFormat(name: WritableFormatName, options: FormatOptions): ResultFormat {
  switch (name) {
    case 'table': return tableFormat(options)
    case 'csv': return csvFormat
    case 'tsv': return tsvFormat
    case 'json': return jsonFormat
    case 'ndjson': return ndjsonFormat
    case 'markdown': return markdownFormat()
    case 'arrow': return arrowFormat
  }
  return assertNever(name)
}
