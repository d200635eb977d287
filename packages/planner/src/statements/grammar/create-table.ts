/**
 * `CREATE [OR REPLACE] [TEMP] TABLE [IF NOT EXISTS] name (columns and constraints) [buckets]
 * | [(names)] [buckets] AS query` with buckets `CLUSTERED BY (names) INTO n BUCKETS`.
 */
import { limits, queryError } from '@arbalest/common'
import type { BucketColumn, ColumnDefinition, CreateTableStatement, TextPiece } from '../statement.js'
import { readPiece } from './clauses.js'
import { readIfNotExists } from './create-view.js'
import { isAtQuery, readQuery } from './query.js'
import { isWord, type TokenCursor } from './token-cursor.js'

/** The cursor stands after `TABLE`. */
export function readCreateTable(
  cursor: TokenCursor,
  { orReplace, temporary }: { readonly orReplace: boolean; readonly temporary: boolean },
): CreateTableStatement {
  const ifNotExists = readIfNotExists(cursor, { orReplace })
  const name = cursor.objectName('the name of the table')
  const columns: ColumnDefinition[] = []
  const checks: TextPiece[] = []
  const position = cursor.position
  if (cursor.acceptSymbol('(')) {
    do {
      const check = readTableConstraint(cursor)
      if (check !== undefined) checks.push(check)
      else {
        const { column, checks: own } = readColumn(cursor, columns)
        columns.push(column)
        checks.push(...own)
      }
    } while (cursor.acceptSymbol(',') && !cursor.isAtSymbol(')'))
    cursor.expectSymbol(')')
  }
  const buckets = readBuckets(cursor)
  const head = { kind: 'create-table', name, orReplace, ifNotExists, temporary, columns, checks, buckets } as const
  if (!cursor.accept('AS')) {
    if (columns.length === 0) throw queryError('SYNTAX_ERROR', { reason: 'a table has columns' }, { position })
    const untyped = columns.find(({ type }) => type === undefined)
    if (untyped !== undefined) {
      throw queryError('SYNTAX_ERROR', { reason: `the column ${untyped.name} has no type` }, { position })
    }
    cursor.end()
    return { ...head, query: undefined, withData: false }
  }
  if (columns.some(({ type }) => type !== undefined) || checks.length > 0) {
    throw queryError('SYNTAX_ERROR', { reason: 'columns of a query have names only' }, { position })
  }
  return { ...head, ...readTableQuery(cursor) }
}

function readBuckets(cursor: TokenCursor): CreateTableStatement['buckets'] {
  if (!cursor.accept('CLUSTERED')) return undefined
  cursor.expect('BY')
  cursor.expectSymbol('(')
  const columns: BucketColumn[] = []
  do {
    const { position } = cursor
    const name = cursor.identifier('a column name')
    if (columns.some((column) => column.name.toLowerCase() === name.toLowerCase())) {
      throw queryError('SYNTAX_ERROR', { reason: `the column ${name} is given twice` }, { position })
    }
    columns.push({ name, position })
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  cursor.expect('INTO')
  const text = cursor.peek()?.text ?? ''
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > limits.bucketsMax) throw cursor.failure(`a number from 1 to ${limits.bucketsMax}`)
  cursor.take('a number')
  cursor.expect('BUCKETS')
  return { columns, count }
}

/** The query of CREATE TABLE … AS, with the clause that may follow it. */
function readTableQuery(cursor: TokenCursor): Pick<CreateTableStatement, 'query' | 'withData'> {
  if (!isAtQuery(cursor)) throw cursor.failure('a query')
  const { sql, sqlStart } = readQuery(cursor)
  const piece = readPiece(cursor, 'a query', (at) => at.isAt('WITH', 'DATA') || at.isAt('WITH', 'NO', 'DATA'))
  const withData = !cursor.accept('WITH', 'NO', 'DATA')
  if (withData) cursor.accept('WITH', 'DATA')
  cursor.end()
  return { query: { sql: sql.slice(0, piece.sql.length), sqlStart }, withData }
}

const noKeys = 'the constraint'
const refusedConstraints: Readonly<Record<string, string>> = {
  PRIMARY: 'rows are not kept apart by keys',
  UNIQUE: 'rows are not kept apart by keys',
  FOREIGN: 'tables do not watch each other',
  REFERENCES: 'tables do not watch each other',
  GENERATED: 'compute the column in a view',
  AS: 'compute the column in a view',
  COLLATE: 'write COLLATE where the column is compared',
  USING: 'files are compressed as they are',
}

function readTableConstraint(cursor: TokenCursor): TextPiece | undefined {
  const isNamed = cursor.isAt('CONSTRAINT') && cursor.peek(2)?.kind === 'word'
  if (isNamed) {
    cursor.expect('CONSTRAINT')
    cursor.identifier('the name of the constraint')
  }
  if (cursor.isAt('CHECK') && cursor.peek(1)?.text === '(') return readCheck(cursor)
  const isKey = ['PRIMARY', 'FOREIGN'].some((word) => cursor.isAt(word, 'KEY')) ||
    (cursor.isAt('UNIQUE') && cursor.peek(1)?.text === '(')
  if (isKey) refuseConstraint(cursor)
  if (isNamed) throw cursor.failure('a constraint')
  return undefined
}

function readCheck(cursor: TokenCursor): TextPiece {
  cursor.expect('CHECK')
  cursor.expectSymbol('(')
  const check = readPiece(cursor, 'a condition', () => false)
  cursor.expectSymbol(')')
  return check
}

/** A column with its type and constraints. */
export function readColumn(
  cursor: TokenCursor,
  before: readonly ColumnDefinition[] = [],
): { readonly column: ColumnDefinition; readonly checks: readonly TextPiece[] } {
  const { position } = cursor
  const name = cursor.identifier('a column name')
  if (before.some((column) => column.name.toLowerCase() === name.toLowerCase())) {
    throw queryError('SYNTAX_ERROR', { reason: `the column ${name} is given twice` }, { position })
  }
  const checks: TextPiece[] = []
  const column = { name, ...readColumnRest(cursor, checks) }
  return { column, checks }
}

/** What stands after the name of a column: its type and its constraints. */
function readColumnRest(cursor: TokenCursor, checks: TextPiece[]): Omit<ColumnDefinition, 'name'> {
  const isEnd = (at: TokenCursor): boolean => at.isAtSymbol(',') || isAtConstraint(at)
  const hasType = !isEnd(cursor) && !cursor.isAtSymbol(')') && cursor.peek() !== undefined
  const type = hasType ? readPiece(cursor, 'a type', isEnd) : undefined
  let notNull = false
  let defaultValue: TextPiece | undefined
  while (!cursor.isAtSymbol(',') && !cursor.isAtSymbol(')') && cursor.peek() !== undefined) {
    if (cursor.accept('CONSTRAINT')) cursor.identifier('the name of the constraint')
    if (cursor.accept('NOT', 'NULL')) notNull = true
    else if (cursor.accept('NULL')) notNull = false
    else if (cursor.accept('DEFAULT')) defaultValue = readPiece(cursor, 'a value', isEnd)
    else if (cursor.isAt('CHECK')) checks.push(readCheck(cursor))
    else {
      refuseConstraint(cursor)
      throw cursor.failure('a constraint, a comma or a closing parenthesis')
    }
  }
  return { type, notNull, defaultValue }
}

const constraintWords = ['NOT', 'NULL', 'DEFAULT', 'CHECK', 'CONSTRAINT', ...Object.keys(refusedConstraints)]
const isAtConstraint = (cursor: TokenCursor): boolean =>
  constraintWords.some((word) => isWord(cursor.peek(), word))

function refuseConstraint(cursor: TokenCursor): void {
  const word = Object.keys(refusedConstraints).find((candidate) => cursor.isAt(candidate))
  if (word === undefined) return
  const fields = { what: `${noKeys} ${word}`, instead: refusedConstraints[word] ?? '' }
  throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
}
