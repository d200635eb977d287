/** `INSERT INTO name [(columns)] [BY NAME|POSITION] VALUES …|query|DEFAULT VALUES`. */
import { queryError } from '@arbalest/common'
import type { InsertStatement, InsertSource, TextPiece, WithClause } from '../statement.js'
import { readPiece, readSource, refuseConflict, refuseReturning } from './clauses.js'
import { readNames } from './names.js'
import { TokenCursor } from './token-cursor.js'

export function readInsert(cursor: TokenCursor, before?: WithClause): InsertStatement {
  cursor.expect('INSERT')
  if (cursor.isAt('OR')) {
    const fields = { what: 'INSERT OR …', instead: 'tables have no unique keys that could conflict' }
    throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
  }
  cursor.expect('INTO')
  const name = cursor.objectName('the name of the table')
  if (cursor.accept('AS')) cursor.identifier('another name for the table')
  const columns = isAtColumns(cursor) ? readNames(cursor) : undefined
  const byName = cursor.accept('BY', 'NAME')
  if (byName && columns !== undefined) throw cursor.failure('either a list of columns or BY NAME')
  if (!byName) cursor.accept('BY', 'POSITION')
  return { kind: 'insert', with: before, name, columns, byName, source: readInsertSource(cursor) }
}

/** A parenthesis may also begin a query. */
const isAtColumns = (cursor: TokenCursor): boolean => {
  if (!cursor.isAtSymbol('(')) return false
  const next = cursor.peek(1)
  const after = cursor.peek(2)
  const isName = next?.kind === 'word' || next?.kind === 'quoted'
  return isName && after?.kind === 'symbol' && (after.text === ',' || after.text === ')')
}

function readInsertSource(cursor: TokenCursor): InsertSource {
  if (cursor.accept('DEFAULT', 'VALUES')) {
    refuseReturning(cursor, 'INSERT')
    cursor.end()
    return { kind: 'defaults' }
  }
  const rows = cursor.isAt('VALUES') ? readRows(new TokenCursor(cursor.text, cursor.position)) : undefined
  const query = readSource(cursor, 'INSERT')
  return rows === undefined ? { kind: 'query', query } : { kind: 'values', query, rows }
}

/** The expressions of each row; undefined where more than rows stands there. The last of each may have a comma, too. */
function readRows(cursor: TokenCursor): readonly (readonly TextPiece[])[] | undefined {
  cursor.expect('VALUES')
  const rows: TextPiece[][] = []
  do {
    if (!cursor.acceptSymbol('(')) return undefined
    const row: TextPiece[] = []
    do row.push(readPiece(cursor, 'a value', (at) => at.isAtSymbol(',')))
    while (cursor.acceptSymbol(',') && !cursor.isAtSymbol(')'))
    if (!cursor.acceptSymbol(')')) return undefined
    rows.push(row)
  } while (cursor.acceptSymbol(',') && cursor.peek() !== undefined)
  refuseReturning(cursor, 'INSERT')
  refuseConflict(cursor)
  return cursor.peek() === undefined ? rows : undefined
}
