/** `DELETE FROM … [USING …] [WHERE …]`, `UPDATE … SET … [FROM …] [WHERE …]` and `TRUNCATE`. */
import { queryError } from '@arbalest/common'
import type {
  Assignment, DeleteStatement, TextPiece, TruncateStatement, UpdateStatement, WithClause,
} from '../statement.js'
import { readPiece, refuseReturning } from './clauses.js'
import { readNames } from './names.js'
import type { TokenCursor } from './token-cursor.js'

export function readDelete(cursor: TokenCursor, before?: WithClause): DeleteStatement {
  cursor.expect('DELETE', 'FROM')
  const name = cursor.objectName('the name of the table')
  const alias = readAlias(cursor, ['USING', 'WHERE', 'RETURNING'])
  const using = cursor.accept('USING')
    ? readPiece(cursor, 'tables', (at) => at.isAt('WHERE') || at.isAt('RETURNING'))
    : undefined
  const where = readWhere(cursor)
  refuseReturning(cursor, 'DELETE')
  cursor.end()
  return { kind: 'delete', with: before, name, alias, using, where }
}

export function readTruncate(cursor: TokenCursor): TruncateStatement {
  cursor.expect('TRUNCATE')
  cursor.accept('TABLE')
  const name = cursor.objectName('the name of the table')
  cursor.end()
  return { kind: 'truncate', name }
}

export function readUpdate(cursor: TokenCursor, before?: WithClause): UpdateStatement {
  cursor.expect('UPDATE')
  const name = cursor.objectName('the name of the table')
  const alias = readAlias(cursor, ['SET'])
  cursor.expect('SET')
  const assignments: Assignment[] = []
  do assignments.push(...readAssignments(cursor))
  while (cursor.acceptSymbol(','))
  const from = cursor.accept('FROM')
    ? readPiece(cursor, 'tables', (at) => at.isAt('WHERE') || at.isAt('RETURNING'))
    : undefined
  const where = readWhere(cursor)
  refuseReturning(cursor, 'UPDATE')
  cursor.end()
  return { kind: 'update', with: before, name, alias, assignments, from, where }
}

function readAlias(cursor: TokenCursor, notWords: readonly string[]): string | undefined {
  if (cursor.accept('AS')) return cursor.identifier('another name for the table')
  const next = cursor.peek()
  const isName = next?.kind === 'quoted' || (next?.kind === 'word' && !notWords.some((word) => cursor.isAt(word)))
  return isName ? cursor.identifier('another name for the table') : undefined
}

const readWhere = (cursor: TokenCursor): TextPiece | undefined =>
  cursor.accept('WHERE') ? readPiece(cursor, 'a condition', (at) => at.isAt('RETURNING')) : undefined

/** `a = x`, or `(a, b) = (x, y)`. */
function readAssignments(cursor: TokenCursor): readonly Assignment[] {
  if (!cursor.isAtSymbol('(')) {
    const column = cursor.identifier('a column name')
    if (cursor.isAtSymbol('.')) throw cursor.failure('=: the columns of the table have no other name before them')
    cursor.expectSymbol('=')
    return [{ column, value: readValue(cursor) }]
  }
  const columns = readNames(cursor)
  cursor.expectSymbol('=')
  const { position } = cursor
  if (!cursor.acceptSymbol('(') || cursor.isAt('SELECT')) {
    const fields = { what: 'SET of several columns from a query', instead: 'UPDATE … FROM joins with a query' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position })
  }
  const values: TextPiece[] = []
  do values.push(readPiece(cursor, 'a value', (at) => at.isAtSymbol(',')))
  while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  if (values.length !== columns.length) {
    const reason = `there are ${columns.length} columns and ${values.length} values`
    throw queryError('SYNTAX_ERROR', { reason }, { position })
  }
  return columns.flatMap((column, at) => {
    const value = values[at]
    return value === undefined ? [] : [{ column, value }]
  })
}

function readValue(cursor: TokenCursor): TextPiece {
  let before = ''
  return readPiece(cursor, 'a value', (at) => {
    const last = before
    before = at.peek()?.text.toUpperCase() ?? ''
    if (at.isAtSymbol(',') || at.isAt('WHERE') || at.isAt('RETURNING')) return true
    // IS DISTINCT FROM goes on.
    return at.isAt('FROM') && last !== 'DISTINCT'
  })
}
