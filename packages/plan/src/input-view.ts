/**
 * The SELECT behind the name of a fragment's input. An executor puts it in front of the fragment
 * as a table expression; EXPLAIN VERBOSE prints it, so that a person can run the same by hand.
 */
import {
  assertNever, quoteIdentifier, quoteLiteral, typeToSql, type Column,
} from '@arbalest/common'
import { nullSql } from './cast-sql.js'
import { decodeColumn } from './edge-codec.js'
import type { LocalInput } from './engine-port.js'
import type { FileSplit, ReaderOptions } from './table-source.js'

/**
 * One SELECT that gives the input's columns, by name and with their types, in file order. `no` is how the SQL says
 * false: a statement with a parameter there is planned when it runs and not before.
 */
export function inputViewSql(input: LocalInput, no = 'false'): string {
  switch (input.kind) {
    case 'shuffle': {
      if (input.paths.length === 0) return noRows(input.columns)
      const columns = input.columns.map((column) =>
        named(decodeColumn(quoteIdentifier(column.name), column.type), column))
      const list = pathList(input.paths)
      const picked = input.only === undefined ? '' : ` WHERE ${picks(input.only)}`
      return `SELECT ${selectList(columns)} FROM read_parquet(${list}, hive_partitioning = ${no})${picked}`
    }
    case 'files': {
      if (input.splits.length === 0) return noRows(input.columns)
      const columns = input.columns.map((column) => named(valueOf(column, input.reader), column))
      return runsOfSplits(input.splits)
        .map((run) => `SELECT ${selectList(columns)} FROM ${readRun(run, input.reader, input.columns, no)}`)
        .join('\nUNION ALL\n')
    }
  }
  return assertNever(input)
}

/**
 * Neighbours are a range, and so are others at first: from the least to the greatest of them is all that may be there
 * of a file of many partitions (`rangesOf`), and a range leaves out all row groups elsewhere, however long the list is.
 */
function picks(only: readonly number[]): string {
  if (only.length < 3) return `__p IN (${only.join(', ')})`
  const sorted = only.toSorted((a, b) => a - b)
  const [first = 0] = sorted
  const last = sorted.at(-1) ?? first
  const range = `__p BETWEEN ${first} AND ${last}`
  return last - first === only.length - 1 ? range : `${range} AND __p IN (${sorted.join(', ')})`
}

/** The value of a table's column as its file has it. */
function valueOf({ name, type }: Column, { encoded, isAsWritten }: ReaderOptions): string {
  const column = quoteIdentifier(name)
  if (isAsWritten === true) return column
  return encoded === true ? decodeColumn(column, type) : `CAST(${column} AS ${typeToSql(type)})`
}

/** The SELECT behind `task_slice(p BIGINT)`: the task's hash partitions. */
export function sliceViewSql(slice: readonly number[]): string {
  if (slice.length === 0) return 'SELECT CAST(NULL AS BIGINT) AS p WHERE false'
  return `SELECT CAST(p AS BIGINT) AS p FROM (VALUES ${slice.map((p) => `(${p})`).join(', ')}) AS slice(p)`
}

/** Whole files in a row are read by one call, a piece of a file by its own. */
interface Run extends Pick<FileSplit, 'range' | 'kept'> { readonly paths: readonly string[] }

function runsOfSplits(splits: readonly FileSplit[]): readonly Run[] {
  const runs: Run[] = []
  let whole: string[] = []
  for (const split of splits) {
    const { file, ...piece } = split
    if (piece.range === undefined && piece.kept === undefined) {
      if (whole.length === 0) runs.push({ paths: whole })
      whole.push(file.path)
    } else {
      runs.push({ paths: [file.path], ...piece })
      whole = []
    }
  }
  return runs
}

function readRun(run: Run, reader: ReaderOptions, columns: readonly Column[], no: string): string {
  const source = readCall(run.paths, reader, columns, no)
  const terms: string[] = []
  if (run.range !== undefined) {
    const { firstRow, rows } = run.range
    terms.push(`file_row_number >= ${firstRow}`, `file_row_number < ${firstRow + rows}`)
  }
  if (run.kept !== undefined) {
    const { column, isDate, from, below } = run.kept
    const value = isDate ? `(${quoteIdentifier(column)} - DATE '1970-01-01')` : quoteIdentifier(column)
    if (from !== undefined) terms.push(`${value} >= ${from}`)
    if (below !== undefined) terms.push(`${value} < ${below}`)
  }
  return terms.length === 0 ? source : `${source} WHERE ${terms.join(' AND ')}`
}

/** The call of DuckDB's reader over the files. */
function readCall(
  paths: readonly string[], reader: ReaderOptions, columns: readonly Column[], no: string,
): string {
  const options = [
    ...Object.entries(reader.options).map(([name, value]) => `${name} = ${value}`),
    ...partitionOptions(reader, columns, no),
  ]
  const list = [pathList(paths), ...options].join(', ')
  switch (reader.format) {
    case 'parquet': return `read_parquet(${list})`
    case 'csv': return `read_csv(${list})`
    case 'json': return `read_json(${list})`
  }
  return assertNever(reader.format)
}

function partitionOptions(reader: ReaderOptions, columns: readonly Column[], no: string): readonly string[] {
  if (reader.partitionColumns.length === 0) return [`hive_partitioning = ${no}`]
  const types = columns
    .filter((column) => reader.partitionColumns.includes(column.name))
    .map((column) => `${quoteIdentifier(column.name)}: ${quoteLiteral(typeToSql(column.type))}`)
  const known = types.length === 0 ? [] : [`hive_types = {${types.join(', ')}}`]
  return ['hive_partitioning = true', `hive_types_autocast = ${no}`, ...known]
}

function noRows(columns: readonly Column[]): string {
  const nulls = columns.map((column) => named(nullSql(column.type), column))
  return `SELECT ${selectList(nulls)} WHERE false`
}

const named = (sql: string, column: Column): string => `${sql} AS ${quoteIdentifier(column.name)}`
/** A SELECT needs a column even where only the rows count. */
const selectList = (columns: readonly string[]): string => (columns.length === 0 ? '1 AS dummy' : columns.join(', '))
const pathList = (paths: readonly string[]): string => `[${paths.map(readLiterally).join(', ')}]`

/** DuckDB takes paths as glob patterns: in brackets each of these characters stands for itself. */
const readLiterally = (path: string): string => quoteLiteral(path.replace(/[*?[]/g, '[$&]'))
