/** `PIVOT source ON expression, …` without the values of some expression: they are asked for first. */
import { nextToken, type Token } from '../lexer.js'
import type { PivotStatement, TextPiece } from '../statement.js'
import { readPiece } from './clauses.js'
import { isWord, TokenCursor } from './token-cursor.js'
import { readWithClause } from './with-clause.js'

const endWords = ['USING', 'GROUP', 'ORDER', 'LIMIT', 'OFFSET', 'UNION', 'EXCEPT', 'INTERSECT']
const isAtEnd = (cursor: TokenCursor): boolean => endWords.some((word) => cursor.isAt(word))

/**
 * The first such PIVOT that has no other one inside. Undefined where all values are named, or where the text is none
 * of this form: DuckDB tells why.
 */
export function readDynamicPivot(text: string): PivotStatement | undefined {
  // Most texts have none.
  if (!/\bpivot/i.test(text)) return undefined
  const withClause = readWithClause(text)
  const found = pivotStarts(text, withClause?.cursor.position).flatMap((start) => {
    const pivot = readPivot(text, start)
    return pivot === undefined ? [] : [{ start, ...pivot }]
  })
  const first = found.find(({ start, end }) => !found.some((other) => other.start > start && other.start < end))
  if (first === undefined) return undefined
  const seen = withClause?.clause.ends.findLast((end) => end <= first.start)
  const before = seen === undefined ? '' : `${text.slice(withClause?.clause.sqlStart, seen)}\n`
  return { kind: 'pivot', sql: text, before, source: first.source.sql, open: first.open }
}

/** Where PIVOT begins a query: the text, one in parentheses, or what stands after WITH. */
function pivotStarts(text: string, afterWith: number | undefined): readonly number[] {
  const starts: number[] = []
  let before: Token | undefined
  for (let token = nextToken(text, 0); token; token = nextToken(text, token.end)) {
    const isFirst = before === undefined || before.text === '(' || token.start === afterWith
    if (isFirst && (isWord(token, 'PIVOT') || isWord(token, 'PIVOT_WIDER'))) starts.push(token.start)
    before = token
  }
  return starts
}

function readPivot(text: string, start: number) {
  const cursor = new TokenCursor(text, start)
  cursor.take('PIVOT')
  // A column of that name, perhaps.
  const next = cursor.peek()
  if (next === undefined || (next.kind === 'symbol' && next.text !== '(')) return undefined
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
  return open.length === 0 ? undefined : { source, open, end: cursor.position }
}
