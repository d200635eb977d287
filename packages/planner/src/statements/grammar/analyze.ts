/** `ANALYZE`, `ANALYZE t`, `ANALYZE t (a, b)`. */
import type { AnalyzeStatement } from '../statement.js'
import type { TokenCursor } from './token-cursor.js'

export function readAnalyze(cursor: TokenCursor): AnalyzeStatement {
  if (!cursor.accept('ANALYSE')) cursor.expect('ANALYZE')
  if (cursor.peek() === undefined) return { kind: 'analyze', name: undefined, columns: undefined }
  const name = cursor.objectName('the name of a table')
  const columns = cursor.acceptSymbol('(') ? readColumns(cursor) : undefined
  cursor.end()
  return { kind: 'analyze', name, columns }
}

function readColumns(cursor: TokenCursor): readonly string[] {
  const columns = [cursor.identifier('a column')]
  while (cursor.acceptSymbol(',')) columns.push(cursor.identifier('a column'))
  cursor.expectSymbol(')')
  return columns
}
