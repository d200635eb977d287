/** `WITH …` before INSERT, UPDATE and DELETE. */
import type { WithClause } from '../statement.js'
import { TokenCursor } from './token-cursor.js'

/**
 * The table expressions that begin at or after the offset, and a cursor after them; undefined where there are none,
 * or where they are not of a form that is known: DuckDB tells why.
 */
export function readWithClause(
  text: string,
  from = 0,
): { readonly clause: WithClause; readonly cursor: TokenCursor } | undefined {
  const cursor = new TokenCursor(text, from)
  const sqlStart = cursor.position
  if (!cursor.accept('WITH')) return undefined
  const isNamed = cursor.isAt('RECURSIVE', 'AS') || (cursor.isAt('RECURSIVE') && cursor.peek(1)?.text === '(')
  if (!isNamed) cursor.accept('RECURSIVE')
  const names: string[] = []
  const ends: number[] = []
  do {
    const token = cursor.peek()
    if (token?.kind !== 'word' && token?.kind !== 'quoted') return undefined
    names.push(cursor.identifier('a name'))
    if (cursor.isAtSymbol('(')) takeParentheses(cursor)
    if (cursor.accept('USING', 'KEY') && cursor.isAtSymbol('(')) takeParentheses(cursor)
    if (!cursor.accept('AS')) return undefined
    cursor.accept('NOT')
    cursor.accept('MATERIALIZED')
    if (!cursor.isAtSymbol('(')) return undefined
    const end = takeParentheses(cursor)
    if (end === undefined) return undefined
    ends.push(end)
  } while (cursor.acceptSymbol(','))
  return { clause: { sql: cursor.text.slice(sqlStart, ends.at(-1)), sqlStart, names, ends }, cursor }
}

/** Moves over what stands in parentheses and gives its end; undefined where they are never closed. */
function takeParentheses(cursor: TokenCursor): number | undefined {
  let depth = 0
  for (let token = cursor.peek(); token !== undefined && token.kind !== 'broken'; token = cursor.peek()) {
    cursor.take('anything')
    if (token.kind !== 'symbol') continue
    if ('([{'.includes(token.text)) depth += 1
    if (')]}'.includes(token.text)) depth -= 1
    if (depth === 0) return token.end
  }
  return undefined
}
