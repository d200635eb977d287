/**
 * `CREATE [OR REPLACE] EXTERNAL TABLE [IF NOT EXISTS] name [(columns)] STORED AS format
 * LOCATION 'path' [WITH HEADER ROW] [DELIMITER 'c'] [COMPRESSION TYPE c] [PARTITIONED BY (…)]
 * [OPTIONS (…)]`: DataFusion's statement; its clauses come in any order.
 */
import { queryError } from '@arbalest/common'
import type { CreateExternalTableStatement, ExternalFormat } from '../statement.js'
import { readColumnDefinitions, readPartitionColumns } from './column-definitions.js'
import { readIfNotExists } from './create-view.js'
import type { TokenCursor } from './token-cursor.js'

interface Clauses {
  format?: ExternalFormat
  location?: string
  partitionedBy?: CreateExternalTableStatement['partitionedBy']
  readonly options: Map<string, string>
}

/** The cursor stands after `EXTERNAL TABLE`. */
export function readCreateExternalTable(
  cursor: TokenCursor,
  { orReplace }: { readonly orReplace: boolean },
): CreateExternalTableStatement {
  const ifNotExists = readIfNotExists(cursor, { orReplace })
  const name = cursor.objectName('the name of the table')
  const columns = cursor.isAtSymbol('(') ? readColumnDefinitions(cursor) : undefined
  const clauses: Clauses = { options: new Map() }
  while (cursor.peek()) readClause(cursor, clauses)
  const { format, location, partitionedBy = [], options } = clauses
  if (format === undefined) throw cursor.failure('STORED AS PARQUET, CSV or JSON')
  if (location === undefined) throw cursor.failure("LOCATION 'path'")
  return {
    kind: 'create-external-table',
    name,
    orReplace,
    ifNotExists,
    columns,
    format,
    location,
    partitionedBy,
    options: Object.fromEntries(options),
  }
}

function readClause(cursor: TokenCursor, clauses: Clauses): void {
  const position = cursor.position
  if (cursor.accept('STORED', 'AS')) {
    refuseSecond(clauses.format, 'STORED AS', position)
    clauses.format = readFormat(cursor)
  } else if (cursor.accept('LOCATION')) {
    refuseSecond(clauses.location, 'LOCATION', position)
    clauses.location = cursor.string('a path')
    if (clauses.location === '') throw syntaxError('the location is empty', position)
  } else if (cursor.accept('PARTITIONED', 'BY')) {
    refuseSecond(clauses.partitionedBy, 'PARTITIONED BY', position)
    clauses.partitionedBy = readPartitionColumns(cursor)
  } else if (cursor.accept('WITH', 'HEADER', 'ROW')) {
    setOption(clauses, { key: 'has_header', value: 'true', position })
  } else if (cursor.accept('DELIMITER')) {
    setOption(clauses, { key: 'delimiter', value: cursor.string('a delimiter'), position })
  } else if (cursor.accept('COMPRESSION', 'TYPE')) {
    const value = cursor.identifier('a compression').toLowerCase()
    setOption(clauses, { key: 'compression', value, position })
  } else if (cursor.accept('OPTIONS')) {
    readOptions(cursor, clauses)
  } else if (cursor.isAt('WITH', 'ORDER')) {
    const fields = { what: 'WITH ORDER', instead: 'leave it out: order is found in the files' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position })
  } else {
    throw cursor.failure(
      'STORED AS, LOCATION, PARTITIONED BY, WITH HEADER ROW, DELIMITER, COMPRESSION TYPE' +
        ' or OPTIONS',
    )
  }
}

const formats: Readonly<Record<string, ExternalFormat>> = {
  PARQUET: 'parquet',
  CSV: 'csv',
  JSON: 'json',
  NDJSON: 'json',
}
const laterFormats = ['AVRO', 'ARROW', 'ORC', 'DELTA', 'DELTATABLE', 'ICEBERG', 'XLSX']

function readFormat(cursor: TokenCursor): ExternalFormat {
  const position = cursor.position
  const word = cursor.peek()?.text.toUpperCase() ?? ''
  if (laterFormats.includes(word)) {
    const fields = { what: `STORED AS ${word}`, instead: 'the formats are PARQUET, CSV and JSON' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position })
  }
  const format = Object.hasOwn(formats, word) ? formats[word] : undefined
  if (format === undefined) throw cursor.failure('PARQUET, CSV or JSON')
  cursor.take('a format')
  return format
}

/** `('key' 'value', key value, format.key value)`. */
function readOptions(cursor: TokenCursor, clauses: Clauses): void {
  cursor.expectSymbol('(')
  if (cursor.acceptSymbol(')')) return
  do {
    const position = cursor.position
    const key = readOptionKey(cursor)
    setOption(clauses, { key, value: readOptionValue(cursor), position })
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
}

function readOptionKey(cursor: TokenCursor): string {
  const isQuoted = cursor.peek()?.kind === 'string'
  const key = isQuoted
    ? cursor.string('the name of an option')
    : readDottedKey(cursor)
  return key.toLowerCase().replace(/^format\./, '')
}

function readDottedKey(cursor: TokenCursor): string {
  const parts = [cursor.identifier('the name of an option')]
  while (cursor.acceptSymbol('.')) parts.push(cursor.identifier('a name after the dot'))
  return parts.join('.')
}

function readOptionValue(cursor: TokenCursor): string {
  const sign = cursor.acceptSymbol('-') ? '-' : ''
  const kind = cursor.peek()?.kind
  const fits = kind === 'number' || (sign === '' && (kind === 'string' || kind === 'word'))
  if (!fits) throw cursor.failure('the value of the option')
  return sign + cursor.take('a value').value
}

function setOption(
  { options }: Clauses,
  option: { readonly key: string; readonly value: string; readonly position: number },
): void {
  const { key, value, position } = option
  if (options.has(key)) throw syntaxError(`the option ${key} is given twice`, position)
  options.set(key, value)
}

function refuseSecond(earlier: unknown, clause: string, position: number): void {
  if (earlier !== undefined) throw syntaxError(`${clause} is given twice`, position)
}

function syntaxError(reason: string, position: number): Error {
  return queryError('SYNTAX_ERROR', { reason }, { position })
}
