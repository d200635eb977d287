/** The text of a request: exactly one statement, and what a longer text divides into. */
import { limits, queryError } from '@arbalest/common'
import { classifyStatement, splitStatements, type Statement } from '@arbalest/planner'
import type { StatementPiece } from '@arbalest/protocol'
import { movedBy } from './error-place.js'

export interface ClassifiedRequest {
  readonly statement: Statement
  /** Where the text that is planned begins in the text as it was sent. */
  readonly textStart: number
}

/** @throws QueryError STATEMENT_TOO_LONG, STATEMENT_EMPTY, INVALID_REQUEST and what the grammars throw */
export function classifyRequest(sql: string): ClassifiedRequest {
  const bytes = Buffer.byteLength(sql)
  if (bytes > limits.statementBytesMax) {
    throw queryError('STATEMENT_TOO_LONG', { bytes, limit: limits.statementBytesMax })
  }
  const statements = splitStatements(sql)
  const [only, second] = statements
  if (only === undefined) throw queryError('STATEMENT_EMPTY', {})
  if (second !== undefined) {
    throw queryError('INVALID_REQUEST', { reason: 'send one statement at a time' }, { position: second.start })
  }
  try {
    const statement = classifyStatement(only.text)
    return { statement, textStart: only.start + ('sqlStart' in statement ? statement.sqlStart : 0) }
  } catch (error) {
    throw movedBy(only.start, error)
  }
}

export function splitText(text: string): readonly StatementPiece[] {
  return splitStatements(text).map(({ text: sql, start }) => ({ sql, start, kind: pieceKind(sql) }))
}

/** What cannot be classified counts as a query: its error appears when it runs. */
function pieceKind(sql: string): StatementPiece['kind'] {
  try {
    const { kind } = classifyStatement(sql)
    return /^(create|insert|drop|set|reset|use)/.test(kind) ? 'command' : 'query'
  } catch {
    return 'query'
  }
}
