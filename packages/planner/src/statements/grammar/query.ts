/** Queries: what begins like one is handed to DuckDB, which knows their grammar. */
import { queryError } from '@arbalest/common'
import type { Token } from '../lexer.js'
import { nextToken } from '../lexer.js'
import type { InnerQuery } from '../statement.js'
import { isWord, type TokenCursor } from './token-cursor.js'
import { readWithClause } from './with-clause.js'

export const queryWords = [
  'SELECT',
  'WITH',
  'FROM',
  'VALUES',
  'TABLE',
  'PIVOT',
  'PIVOT_WIDER',
  'UNPIVOT',
  'PIVOT_LONGER',
  'SUMMARIZE',
] as const

/** Whether a query begins at the cursor. */
export function isAtQuery(cursor: TokenCursor): boolean {
  return cursor.isAtSymbol('(') || queryWords.some((word) => cursor.isAt(word))
}

/**
 * The rest of the statement as a query. What looks like one but is not a SELECT for DuckDB (a
 * writing statement after WITH, a PIVOT whose columns depend on the data) is refused here.
 */
export function readQuery(cursor: TokenCursor): InnerQuery {
  const sqlStart = cursor.position
  if (cursor.isAt('WITH')) refuseWriteAfterWith(cursor)
  if (cursor.isAt('PIVOT') || cursor.isAt('PIVOT_WIDER')) refuseDynamicPivot(cursor)
  return { sql: cursor.text.slice(sqlStart), sqlStart }
}

/** The query of a statement that contains one; `statement` names it in the error. */
export function readInnerQuery(cursor: TokenCursor, statement: string): InnerQuery {
  if (isAtQuery(cursor)) return readQuery(cursor)
  const token = cursor.peek()
  if (token?.kind !== 'word') throw cursor.failure('a query')
  const what = `${statement} of ${token.text.toUpperCase()}`
  const instead = `${statement} takes a query: SELECT, WITH, FROM, VALUES, TABLE or PIVOT`
  throw queryError('NOT_IN_THIS_VERSION', { what, instead }, { position: token.start })
}

function refuseWriteAfterWith({ text, position }: TokenCursor): void {
  const after = readWithClause(text, position)?.cursor
  const write = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].find((word) => after?.isAt(word) === true)
  if (after === undefined || write === undefined) return
  const instead = 'run it as a statement of its own'
  throw queryError('NOT_IN_THIS_VERSION', { what: `${write} after WITH`, instead }, { position: after.position })
}

function refuseDynamicPivot(cursor: TokenCursor): void {
  let position: number | undefined
  for (const token of outerTokens(cursor)) {
    if (isWord(token, 'IN')) return
    if (isWord(token, 'ON')) position ??= token.start
  }
  if (position === undefined) return
  const what = 'PIVOT … ON without an IN list'
  const instead = 'name the values: PIVOT t ON c IN (1, 2) USING sum(x)'
  throw queryError('NOT_IN_THIS_VERSION', { what, instead }, { position })
}

/** The tokens from the cursor on that stand outside all parentheses. */
function* outerTokens(cursor: TokenCursor): Generator<Token> {
  let depth = 0
  const { text } = cursor
  for (let token = cursor.peek(); token; token = nextToken(text, token.end)) {
    if (token.kind === 'symbol' && '([{'.includes(token.text)) depth += 1
    if (token.kind === 'symbol' && ')]}'.includes(token.text)) depth -= 1
    if (depth === 0) yield token
  }
}
