/** `DESCRIBE t`, `DESC TABLE t`, `DESCRIBE query`, `DESCRIBE 'file.parquet'`. */
import type { DescribeQueryStatement, DescribeStatement } from '../statement.js'
import { isAtQuery, readQuery } from './query.js'
import type { TokenCursor } from './token-cursor.js'

export function readDescribe(cursor: TokenCursor): DescribeStatement | DescribeQueryStatement {
  if (!cursor.accept('DESC')) cursor.expect('DESCRIBE')
  const isQuery = isAtQuery(cursor) && !cursor.isAt('TABLE')
  if (isQuery) return { kind: 'describe-query', ...readQuery(cursor) }
  cursor.accept('TABLE')
  const isFile = cursor.peek()?.kind === 'string'
  const name = isFile
    ? [cursor.string('a file')]
    : cursor.objectName('the name of a table, or a query')
  cursor.end()
  return { kind: 'describe', name }
}
