/** `PIVOT source ON expression, …` without the values of some expression: they are asked for first. */
import type { PivotStatement, TextPiece } from '../statement.js'
import { readPiece } from './clauses.js'
import { TokenCursor } from './token-cursor.js'

const endWords = ['USING', 'GROUP', 'ORDER', 'LIMIT', 'OFFSET', 'UNION', 'EXCEPT', 'INTERSECT']
const isAtEnd = (cursor: TokenCursor): boolean => endWords.some((word) => cursor.isAt(word))

/** Undefined where all values are named, or where the text is none of this form: DuckDB tells why. */
export function readDynamicPivot(text: string): PivotStatement | undefined {
  const cursor = new TokenCursor(text)
  if (!cursor.accept('PIVOT') && !cursor.accept('PIVOT_WIDER')) return undefined
  let hasJoin = false
  const source = readPiece(cursor, 'a table', (at) => {
    hasJoin ||= at.isAt('JOIN')
    return at.isAt('ON')
  })
  // ON would be that of the join.
  if (hasJoin || !cursor.accept('ON')) return undefined
  const open: TextPiece[] = []
  do {
    const isOver = (at: TokenCursor): boolean => at.isAtSymbol(',') || at.isAt('IN') || isAtEnd(at)
    const expression = readPiece(cursor, 'an expression', isOver)
    if (!cursor.accept('IN')) open.push(expression)
    else readPiece(cursor, 'values', (at) => at.isAtSymbol(',') || isAtEnd(at))
  } while (cursor.acceptSymbol(','))
  return open.length === 0 ? undefined : { kind: 'pivot', sql: text, source: source.sql, open }
}
