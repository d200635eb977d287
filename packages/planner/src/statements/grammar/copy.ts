/** `COPY table [(columns)] | (query) TO 'path' (options)` and `COPY table [(columns)] FROM 'path' (options)`. */
import { queryError, quoteIdentifier } from '@arbalest/common'
import type { CopyFromStatement, CopyOptions, CopyToStatement, TextPiece } from '../statement.js'
import { readPiece } from './clauses.js'
import { readNames } from './names.js'
import type { TokenCursor } from './token-cursor.js'

export function readCopy(cursor: TokenCursor): CopyFromStatement | CopyToStatement {
  cursor.expect('COPY')
  if (cursor.acceptSymbol('(')) {
    const query = readPiece(cursor, 'a query', () => false)
    cursor.expectSymbol(')')
    cursor.expect('TO')
    return { kind: 'copy-to', query, ...readTarget(cursor) }
  }
  const start = cursor.position
  const name = cursor.objectName('the name of the table, or a query in parentheses')
  const columns = cursor.isAtSymbol('(') ? readNames(cursor) : undefined
  if (cursor.accept('FROM')) return { kind: 'copy-from', name, columns, ...readTarget(cursor) }
  const list = columns?.map(quoteIdentifier).join(', ') ?? '*'
  const query: TextPiece = { sql: `SELECT ${list} FROM ${name.map(quoteIdentifier).join('.')}`, sqlStart: start }
  cursor.expect('TO')
  return { kind: 'copy-to', query, ...readTarget(cursor) }
}

function readTarget(cursor: TokenCursor): { readonly path: string; readonly options: CopyOptions } {
  const { position } = cursor
  const path = cursor.string('a path')
  if (path === '') throw queryError('SYNTAX_ERROR', { reason: 'the path is empty' }, { position })
  cursor.accept('WITH')
  const options = new Map<string, readonly string[]>()
  if (cursor.acceptSymbol('(')) {
    do readOption(cursor, options)
    while (cursor.acceptSymbol(','))
    cursor.expectSymbol(')')
  }
  cursor.end()
  return { path, options: Object.fromEntries(options) }
}

function readOption(cursor: TokenCursor, options: Map<string, readonly string[]>): void {
  const { position } = cursor
  const name = cursor.identifier('the name of an option').toLowerCase()
  if (options.has(name)) {
    throw queryError('SYNTAX_ERROR', { reason: `the option ${name} is given twice` }, { position })
  }
  options.set(name, readValues(cursor))
}

/** A value, a list of them in parentheses, or none. */
function readValues(cursor: TokenCursor): readonly string[] {
  if (cursor.isAtSymbol(',') || cursor.isAtSymbol(')')) return []
  if (!cursor.acceptSymbol('(')) return [readValue(cursor)]
  const values: string[] = []
  do values.push(readValue(cursor))
  while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return values
}

function readValue(cursor: TokenCursor): string {
  if (cursor.peek()?.kind === 'symbol') throw cursor.failure('a value')
  return cursor.take('a value').value
}
