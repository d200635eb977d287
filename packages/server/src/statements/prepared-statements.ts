/** PREPARE, EXECUTE and DEALLOCATE: statements that a session keeps under a name. */
import { asQueryError, limits, queryError } from '@arbalest/common'
import {
  classifyStatement, fillParameters, parametersOf, type DeallocateStatement, type ExecuteArgument,
  type ExecuteStatement, type PrepareStatement, type Statement,
} from '@arbalest/planner'
import { searchPathOf } from '../catalog/name-lookup.js'
import type { Session } from '../sessions.js'
import { placed, withoutPlace } from './error-place.js'
import type { StatementContext } from './statement-context.js'

/**
 * Keeps a statement, in the place of another one of the name. Its names and types are checked as far as they
 * do not hang on the values.
 */
export async function prepareStatement({ name, sql }: PrepareStatement, context: StatementContext): Promise<void> {
  const { planner, session } = context
  const keep = (): void => keepPrepared(name, sql, session)
  // A text may be anything, the name of a file as well.
  const texts = new Map(parametersOf(sql).map(({ key }) => [key, "'a.parquet'"]))
  const filled = fillParameters(sql, texts)
  try {
    if (!(await canBeBound(classifyStatement(filled.text), context))) return keep()
  } catch (thrown) {
    throw placed(thrown, (position) => filled.placeBefore(position))
  }
  await planner.check({ sql, settings: session.settings, searchPath: searchPathOf(session) })
  keep()
}

/** @throws QueryError LIMIT_EXCEEDED */
function keepPrepared(name: string, sql: string, { prepared }: Session): void {
  const chars = [...prepared.values()].reduce((sum, kept) => sum + kept.sql.length, sql.length)
  if (chars > limits.preparedStatementCharsMax) {
    const what = 'the characters of the prepared statements of a session'
    throw queryError('LIMIT_EXCEEDED', { what, limit: limits.preparedStatementCharsMax })
  }
  prepared.set(name.toLowerCase(), { sql })
}

/** Whether the statement is a query over tables alone. @throws QueryError where any of them is not there */
async function canBeBound(statement: Statement, context: StatementContext): Promise<boolean> {
  if (statement.kind !== 'select') return false
  const { resolver, session, signal, texts } = context
  // Files that a parameter names are known when it has a value.
  if ((await texts.references(statement.sql)).files.length > 0) return false
  await resolver.resolve(statement.sql, searchPathOf(session), signal)
  return true
}

/** What EXECUTE runs. @throws QueryError UNKNOWN_OBJECT, INVALID_PARAMETER */
export async function statementToExecute(statement: ExecuteStatement, context: StatementContext): Promise<Statement> {
  const known = context.session.prepared.get(statement.name.toLowerCase())
  if (known === undefined) {
    throw queryError('UNKNOWN_OBJECT', { reason: `there is no prepared statement ${statement.name}` })
  }
  const values = new Map<string, string>()
  for (const [index, argument] of statement.arguments.entries()) {
    const key = argument.name ?? String(index + 1)
    if (values.has(key)) {
      throw queryError('INVALID_PARAMETER', { reason: `$${key} has two values` }, { position: argument.sqlStart })
    }
    values.set(key, await valueOf(argument, context))
  }
  try {
    return classifyStatement(fillParameters(known.sql, values).text)
  } catch (thrown) {
    // Places are those of the statement that was prepared.
    throw withoutPlace(thrown)
  }
}

/** A constant stays as written, so that DuckDB finds its type; what is computed is computed once. */
async function valueOf(argument: ExecuteArgument, { planner, session }: StatementContext): Promise<string> {
  if (argument.isLiteral) return argument.sql
  try {
    return await planner.constant(argument.sql, session.settings)
  } catch (thrown) {
    const { message } = asQueryError(thrown)
    const reason = `a value for EXECUTE is a constant expression: ${message}`
    throw queryError('INVALID_PARAMETER', { reason }, { position: argument.sqlStart, cause: thrown })
  }
}

export function deallocate({ name }: DeallocateStatement, { session }: StatementContext): void {
  if (name === undefined) return session.prepared.clear()
  if (session.prepared.delete(name.toLowerCase())) return
  throw queryError('UNKNOWN_OBJECT', { reason: `there is no prepared statement ${name}` })
}
