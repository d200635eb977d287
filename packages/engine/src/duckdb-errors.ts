/**
 * DuckDB's errors become ours here and nowhere else. Connections report errors as JSON, so that the
 * kind of an error is read from a field and not from its text.
 */
import { queryError, utf16OffsetOfByte, utf16OffsetOfCodePoint, type QueryError } from '@arbalest/common'

/** What DuckDB says about a failure. */
export interface DuckdbFailure {
  /** `Binder`, `Conversion`, `Out of Memory`, … */
  readonly type: string
  readonly message: string
  /** `COLUMN_NOT_FOUND`, `MISSING_ENTRY`, … */
  readonly subtype: string | undefined
  /** What a missing entry was meant to be: `Table`, `Scalar Function`, … */
  readonly entry: string | undefined
  /** Offset into the SQL: in code points of a syntax error, else in bytes. */
  readonly position: number | undefined
  /** The operating system's error number of a failed file operation. */
  readonly errno: number | undefined
}

/** What the failed call was about, for messages. */
export interface FailureContext {
  /** Text that positions refer to; without it the error has no position. */
  readonly sql?: string
  /** What was put before that text in the statement that ran. */
  readonly prefix?: string
  /** Files that were read; one that the message names is reported as unreadable. */
  readonly inputPaths?: readonly string[]
  readonly jobId?: string
  /** Where output and spill go, for a full disk. */
  readonly directory?: string
}

/** Reads the text of a failed native call. */
export function readFailure(text: string): DuckdbFailure {
  const start = text.indexOf('{"exception_type"')
  if (start < 0) return { ...plainFailure, message: text }
  let fields: Readonly<Record<string, unknown>>
  try {
    fields = JSON.parse(text.slice(start)) as Readonly<Record<string, unknown>>
  } catch {
    // DuckDB cut or decorated its own JSON: the text is still worth showing.
    return { ...plainFailure, message: text }
  }
  const word = (key: string) => (typeof fields[key] === 'string' ? fields[key] : undefined)
  const number = (key: string) => (/^\d+$/.test(word(key) ?? '') ? Number(word(key)) : undefined)
  return {
    type: word('exception_type') ?? '',
    message: word('exception_message') ?? text,
    subtype: word('error_subtype'),
    entry: word('type'),
    position: number('position'),
    errno: number('errno'),
  }
}

/** Whether the instance is of no use after it: DuckDB trusts none of its state after a bug of its own. */
export const isBreaking = ({ type }: DuckdbFailure): boolean => type === 'INTERNAL' || type === 'FATAL'

const plainFailure: DuckdbFailure = {
  type: '', message: '', subtype: undefined, entry: undefined, position: undefined, errno: undefined,
}

const noSpaceErrno = 28
const quotaErrno = 122

/** The failure as an error of the catalogue. */
export function duckdbError(failure: DuckdbFailure, context: FailureContext = {}): QueryError {
  const reason = failure.message
  const position = positionIn(context, failure)
  const options = position === undefined ? {} : { position }
  const unreadable = context.inputPaths?.find((path) => reason.includes(path))
  switch (failure.type) {
    case 'Parser':
    case 'Syntax':
      return queryError('SYNTAX_ERROR', { reason }, options)
    case 'Catalog':
      return queryError(missingEntryCode(failure.entry), { reason }, options)
    case 'Binder': {
      // Of a qualified name DuckDB tells it in words only.
      const column = failure.subtype === 'COLUMN_NOT_FOUND' || / does not have a column named /.test(reason)
      if (column && /(?:column|named) "rowid"/i.test(reason)) return withoutRowid(options)
      return queryError(column ? 'UNKNOWN_COLUMN' : 'BINDER_ERROR', { reason }, options)
    }
    case 'Not implemented':
    case 'Parameter Not Allowed':
    case 'Parameter Not Resolved':
    case 'Expression':
    case 'Settings':
    case 'Dependency':
      return queryError('BINDER_ERROR', { reason }, options)
    case 'Out of Memory':
    case 'Object Size':
      return queryError('OUT_OF_MEMORY', { reason })
    case 'INTERRUPT':
    case 'Interrupt':
      return queryError('JOB_CANCELLED', { jobId: context.jobId ?? '', reason: 'it was interrupted' })
    // All statements have this one after another's bug; it is not the fault of those that hear of it.
    case 'FATAL':
      return queryError('ENGINE_CRASHED', { reason })
    case 'Permission':
      return queryError('NOT_ALLOWED', { what: 'this access', reason })
    case 'IO':
    case 'HTTP':
    case 'Network':
      if (failure.errno === noSpaceErrno || failure.errno === quotaErrno) {
        return queryError('DISK_FULL', { path: context.directory ?? 'the work directory', reason })
      }
      return unreadable === undefined ? queryError('IO_ERROR', { reason }) : unreadableError(unreadable, reason)
    // The decoder of Parquet's metadata fails with nothing but this word: the pages are damaged.
    case 'Invalid':
      return context.inputPaths?.[0] === undefined
        ? queryError('EXECUTION_ERROR', { reason })
        : unreadableError(nameOneOf(context.inputPaths), reason)
    case 'Conversion':
    case 'Invalid Input':
    case 'Invalid type':
    case 'Mismatch Type':
    case 'Out of Range':
    case 'Divide by Zero':
    case 'Decimal':
    case 'Constraint':
    case 'Sequence':
    case 'Executor':
    case 'Serialization':
      return unreadable === undefined
        ? queryError('EXECUTION_ERROR', { reason }, options)
        : unreadableError(unreadable, reason)
  }
  return queryError('INTERNAL', { reason })
}

function positionIn({ sql, prefix = '' }: FailureContext, failure: DuckdbFailure): number | undefined {
  if (sql === undefined || failure.position === undefined) return undefined
  const convert = failure.type === 'Parser' ? utf16OffsetOfCodePoint : utf16OffsetOfByte
  return Math.max(0, convert(prefix + sql, failure.position) - prefix.length)
}

function nameOneOf([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} or one of ${others.length} others`
}

/** Tables are files here: their rows have no number that lasts. */
const withoutRowid = (options: { readonly position?: number }): QueryError => {
  const instead = 'give the table a column with a number of its own'
  return queryError('NOT_IN_THIS_VERSION', { what: 'rowid, the number of a row,', instead }, options)
}

const unreadableError = (path: string, reason: string): QueryError => {
  const format = /\.(csv|json|ndjson|jsonl)\b/.exec(path)?.[1] ?? 'parquet'
  return queryError('FILE_UNREADABLE', { path, format, reason })
}

function missingEntryCode(entry: string | undefined): 'UNKNOWN_TABLE' | 'UNKNOWN_FUNCTION' | 'BINDER_ERROR' {
  if (entry === undefined) return 'BINDER_ERROR'
  if (entry.includes('Function') || entry.includes('Macro')) return 'UNKNOWN_FUNCTION'
  return entry === 'Table' || entry === 'View' ? 'UNKNOWN_TABLE' : 'BINDER_ERROR'
}
