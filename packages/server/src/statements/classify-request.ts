/** The text of a request with its parameters filled in: exactly one statement; and what a longer text divides into. */
import { informationSchema, limits, queryError } from '@arbalest/common'
import {
  classifyStatement, dialectEdits, editText, fillParameters, splitStatements, systemNameEdits, type EditedText,
  type Statement,
} from '@arbalest/planner'
import type { ExecuteRequest, StatementPiece } from '@arbalest/protocol'
import { movedBy, placed } from './error-place.js'
import { parameterSql } from './parameter-sql.js'

export interface ClassifiedRequest {
  readonly statement: Statement
  /** An error of the text that is planned, with its place in the text as it was sent. */
  asSent(thrown: unknown): unknown
}

/**
 * `systemSchema`: where the session finds `information_schema`; what is kept for everybody has that of everybody.
 * @throws QueryError as `classifyText`, INVALID_PARAMETER
 */
export function classifyRequest(
  request: Pick<ExecuteRequest, 'sql' | 'parameters'>,
  systemSchema: string = informationSchema,
): ClassifiedRequest {
  const found = classifyIn(request, systemSchema)
  return systemSchema === informationSchema || !isForEverybody(found.statement)
    ? found
    : classifyIn(request, informationSchema)
}

const isForEverybody = (statement: Statement): boolean =>
  (statement.kind === 'create-view' || statement.kind === 'create-macro') && !statement.temporary

function classifyIn(
  { sql, parameters }: Pick<ExecuteRequest, 'sql' | 'parameters'>,
  systemSchema: string,
): ClassifiedRequest {
  const filled = withValues(sql, parameterSql(parameters ?? {}))
  const text = filled?.text ?? sql
  const edits = [...systemNameEdits(text, systemSchema), ...dialectEdits(text)].sort((a, b) => a.start - b.start)
  if (filled === undefined && edits.length === 0) return classified(classifyText(sql))
  const edited = editText(text, edits)
  const place = (position: number): number => {
    const before = edited.placeBefore(position)
    return filled?.placeBefore(before) ?? before
  }
  const asSent = (thrown: unknown): unknown => placed(thrown, place)
  try {
    return classified(classifyText(edited.text), asSent)
  } catch (thrown) {
    throw asSent(thrown)
  }
}

/** The text with values in the place of its parameters; undefined where it stays as it is. */
function withValues(sql: string, given: ReadonlyMap<string, string>): EditedText | undefined {
  if (given.size === 0 && !/[?$]/.test(sql)) return undefined
  // What is prepared keeps its parameters, unless values are sent along.
  const isKept = given.size === 0 && splitStatements(sql).some(({ text }) => /^prepare\b/i.test(text))
  return isKept ? undefined : fillParameters(sql, given)
}

const classified = (
  { statement, textStart }: ClassifiedText,
  asSent: (thrown: unknown) => unknown = (thrown) => thrown,
): ClassifiedRequest => ({ statement, asSent: (thrown) => asSent(movedBy(textStart, thrown)) })

interface ClassifiedText {
  readonly statement: Statement
  /** Where the text that is planned begins in the whole text. */
  readonly textStart: number
}

/** @throws QueryError STATEMENT_TOO_LONG, STATEMENT_EMPTY, INVALID_REQUEST and what the grammars throw */
function classifyText(sql: string): ClassifiedText {
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
    const command =
      /^(analyze|copy|create|insert|delete|update|truncate|alter|drop|set|reset|use|prepare|deallocate|execute)/
    return command.test(kind) ? 'command' : 'query'
  } catch {
    return 'query'
  }
}
