/** Pieces of statements that are kept as text: expressions and queries up to the word that ends them. */
import { queryError } from '@arbalest/common'
import type { TextPiece } from '../statement.js'
import { isAtQuery, readQuery } from './query.js'
import type { TokenCursor } from './token-cursor.js'

/**
 * The text from the cursor on up to where `isEnd` holds outside all parentheses, or a closing one that was
 * opened before. @throws QueryError SYNTAX_ERROR where nothing stands there
 */
export function readPiece(cursor: TokenCursor, what: string, isEnd: (cursor: TokenCursor) => boolean): TextPiece {
  const start = cursor.position
  let end = start
  let depth = 0
  while (cursor.peek() !== undefined) {
    if (depth === 0 && (cursor.isAtSymbol(')') || (end > start && isEnd(cursor)))) break
    const token = cursor.take(what)
    if (token.kind === 'symbol' && '([{'.includes(token.text)) depth += 1
    if (token.kind === 'symbol' && ')]}'.includes(token.text)) depth -= 1
    end = token.end
  }
  if (end === start) throw cursor.failure(what)
  return { sql: cursor.text.slice(start, end), sqlStart: start }
}

/** The query that gives a statement its rows: the rest of the text, which must not ask for rows back. */
export function readSource(cursor: TokenCursor, statement: string): TextPiece {
  if (!isAtQuery(cursor)) throw cursor.failure('VALUES or a query')
  const { position } = cursor
  const { sql, sqlStart } = readQuery(cursor)
  readPiece(cursor, 'a query', (at) => {
    refuseReturning(at, statement)
    refuseConflict(at)
    return false
  })
  cursor.end()
  return { sql, sqlStart: Math.max(position, sqlStart) }
}

export function refuseReturning(cursor: TokenCursor, statement: string): void {
  if (!cursor.isAt('RETURNING')) return
  const fields = { what: `${statement} … RETURNING`, instead: 'query the table afterwards' }
  throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
}

export function refuseConflict(cursor: TokenCursor): void {
  if (!cursor.isAt('ON', 'CONFLICT')) return
  const fields = { what: 'ON CONFLICT', instead: 'tables have no unique keys that could conflict' }
  throw queryError('NOT_IN_THIS_VERSION', fields, { position: cursor.position })
}
