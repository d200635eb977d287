/** DELETE, UPDATE and TRUNCATE of managed tables. */
import { queryError, quoteIdentifier, typeToSql } from '@arbalest/common'
import type { DeleteStatement, TextPiece, TruncateStatement, UpdateStatement, WithClause } from '@arbalest/planner'
import type { ExecuteEvent, StatementResult } from '@arbalest/protocol'
import { commitVersion, managedTable, writableTable, type ManagedEntry } from '../tables/commit-version.js'
import { compose, type ComposedText } from '../tables/composed-text.js'
import { countResult } from '../tables/count-result.js'
import { rowsOf, type ManagedColumn } from '../tables/managed-table.js'
import { readCount } from '../tables/read-count.js'
import { filesRead, rewriteTable, type Rewrite } from '../tables/rewrite-table.js'
import { guardedRows, type ColumnValue } from '../tables/row-guards.js'
import { warehouseFor } from '../tables/warehouse.js'
import type { StatementContext } from './statement-context.js'

type Part = string | TextPiece

export async function truncate(
  { name: written }: Pick<TruncateStatement, 'name'>,
  context: StatementContext,
): Promise<StatementResult> {
  const name = writableTable(written, context)
  let rows = 0
  await commitVersion(name, managedTable(name, context).managed.tableId, (current) => {
    rows = rowsOf(current.files)
    return { ...current, files: [] }
  }, context)
  return countResult(rows, context.textResult)
}

export async function* deleteRows(
  statement: DeleteStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  const { using, where } = statement
  refuseTableExpression(statement)
  if (using === undefined && where === undefined) return truncate(statement, context)
  const name = writableTable(statement.name, context)
  const outcome = yield* rewriteTable(name, async function* (table): AsyncGenerator<ExecuteEvent, Rewrite | undefined> {
    const { alias, from } = targetOf(statement, table)
    const { count, planned } = yield* readCount(matching(statement, from), context)
    if (count === 0) return undefined
    const kept: readonly Part[] = using === undefined
      ? [' WHERE ', ...condition(where), ' IS NOT TRUE']
      : [' WHERE NOT EXISTS (SELECT 1 FROM ', using, '\n WHERE ', ...condition(where), ')']
    const columns = table.managed.columns.map((column) => `${alias}.${quoteIdentifier(column.name)}`).join(', ')
    const query = compose(...before(statement.with), `SELECT ${columns} FROM ${from}`, ...kept)
    return { query, looked: filesRead(planned, directoryOf(table, context)) }
  }, context)
  const count = outcome === undefined ? 0 : outcome.rowsBefore - outcome.rowsAfter
  return countResult(count, context.textResult, outcome?.status)
}

export async function* updateRows(
  statement: UpdateStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  refuseTableExpression(statement)
  const name = writableTable(statement.name, context)
  let matched = 0
  const outcome = yield* rewriteTable(name, async function* (table): AsyncGenerator<ExecuteEvent, Rewrite | undefined> {
    const { from } = targetOf(statement, table)
    const assigned = assignedValues(statement, table)
    const { count, planned } = yield* readCount(matching({ ...statement, using: statement.from }, from), context)
    matched = count
    if (count === 0) return undefined
    const looked = filesRead(planned, directoryOf(table, context))
    const { from: others } = statement
    if (others === undefined) return { query: updatedInPlace(statement, table, assigned), looked }
    const query = updatedFrom({ ...statement, from: others }, table, assigned)
    return { query, looked, computedTwice: 'UPDATE … FROM' }
  }, context)
  return countResult(outcome === undefined ? 0 : matched, context.textResult, outcome?.status)
}

const directoryOf = ({ managed }: ManagedEntry, { warehouse }: StatementContext): string =>
  warehouseFor('this statement', warehouse).directoryOf(managed.tableId)

/** The table as the statement calls it, and as FROM names it. */
function targetOf(statement: { readonly alias: string | undefined }, { name }: ManagedEntry) {
  const alias = quoteIdentifier(statement.alias ?? name.name)
  return { alias, from: `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)} AS ${alias}` }
}

const before = (clause: WithClause | undefined): readonly Part[] => (clause === undefined ? [] : [clause, '\n'])

/** @throws QueryError BINDER_ERROR where the name stands for a table expression of the statement, as in DuckDB */
function refuseTableExpression({ name, with: clause }: Pick<DeleteStatement, 'name' | 'with'>): void {
  const [only, second] = name
  const hidden = clause?.names.some((other) => other.toLowerCase() === only?.toLowerCase()) === true
  if (!hidden || second !== undefined) return
  const reason = `${only} is a table expression of the statement: it has no rows to change`
  throw queryError('BINDER_ERROR', { reason })
}

const condition = (where: TextPiece | undefined): readonly Part[] =>
  where === undefined ? ['TRUE'] : ['CAST((', where, '\n) AS BOOLEAN)']

/**
 * How many rows are meant; it also finds names that could mean two tables. The others come first: a query among them
 * must not see the table that is changed.
 */
function matching(
  { with: clause, using, where }: Pick<DeleteStatement, 'with' | 'using' | 'where'>,
  from: string,
): ComposedText {
  const others: readonly Part[] = using === undefined ? [] : [using, '\n, ']
  return compose(...before(clause), 'SELECT count(*) FROM ', ...others, `${from} WHERE `, ...condition(where))
}

/** By position of the column. @throws QueryError UNKNOWN_COLUMN, SYNTAX_ERROR */
function assignedValues(
  { assignments }: UpdateStatement,
  { name, managed: { columns } }: ManagedEntry,
): ReadonlyMap<number, Part> {
  const values = new Map<number, Part>()
  for (const { column, value } of assignments) {
    const at = columns.findIndex((known) => known.name.toLowerCase() === column.toLowerCase())
    const found = columns[at]
    if (found === undefined) {
      throw queryError('UNKNOWN_COLUMN', { reason: `table ${name.name} has no column ${column}` })
    }
    if (values.has(at)) throw queryError('SYNTAX_ERROR', { reason: `the column ${column} is set twice` })
    values.set(at, /^default$/i.test(value.sql) ? (found.defaultValue ?? 'NULL') : value)
  }
  return values
}

/** A name that no column of the table has. */
const freeName = (columns: readonly ManagedColumn[], wanted: string): string => {
  let name = wanted
  while (columns.some((column) => column.name.toLowerCase().startsWith(name))) name += '_'
  return name
}

/**
 * The condition is computed once for each row: it may not give the same a second time.
 *   SELECT CASE WHEN hit THEN x ELSE a END AS a, b FROM (SELECT *, condition AS hit FROM t) AS t
 */
function updatedInPlace(
  statement: UpdateStatement,
  table: ManagedEntry,
  assigned: ReadonlyMap<number, Part>,
): ComposedText {
  const { managed } = table
  const { alias, from } = targetOf(statement, table)
  const hit = freeName(managed.columns, 'arbalest_hit')
  const values = managed.columns.map((column, at): ColumnValue => {
    const old = `${alias}.${quoteIdentifier(column.name)}`
    const value = assigned.get(at)
    if (value === undefined) return { parts: [old], type: column.type }
    const type = typeToSql(column.type)
    return { parts: [`CASE WHEN ${alias}.${hit} THEN CAST((`, value, `\n) AS ${type}) ELSE ${old} END`] }
  })
  return guardedRows({ name: table.name.name, managed }, values, [
    `(SELECT *, `, ...condition(statement.where), ` AS ${hit} FROM ${from}) AS ${alias}`,
  ], before(statement.with))
}

/**
 * Of several rows that match one of the table any gives the new values.
 *   SELECT CASE WHEN hit THEN v0 ELSE a END AS a, b
 *   FROM t LEFT JOIN LATERAL (SELECT x AS v0, true AS hit FROM others WHERE condition LIMIT 1) ON true
 */
function updatedFrom(
  statement: UpdateStatement & { readonly from: TextPiece },
  table: ManagedEntry,
  assigned: ReadonlyMap<number, Part>,
): ComposedText {
  const { managed } = table
  const { alias, from } = targetOf(statement, table)
  const found = freeName(managed.columns, 'arbalest_found')
  const given = [...assigned].flatMap(([at, value]): Part[] => {
    const type = managed.columns[at]?.type
    return type === undefined ? [] : ['CAST((', value, `\n) AS ${typeToSql(type)}) AS v${at}, `]
  })
  const values = managed.columns.map((column, at): ColumnValue => {
    const old = `${alias}.${quoteIdentifier(column.name)}`
    return assigned.has(at)
      ? { parts: [`CASE WHEN ${found}.hit THEN ${found}.v${at} ELSE ${old} END`] }
      : { parts: [old], type: column.type }
  })
  return guardedRows({ name: table.name.name, managed }, values, [
    `${from} LEFT JOIN LATERAL (SELECT `, ...given, 'true AS hit FROM ', statement.from, '\n WHERE ',
    ...condition(statement.where), ` LIMIT 1) AS ${found} ON true`,
  ], before(statement.with))
}
