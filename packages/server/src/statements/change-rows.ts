/** DELETE, UPDATE and TRUNCATE of managed tables. */
import { queryError, quoteIdentifier, typeToSql } from '@arbalest/common'
import type { DeleteStatement, TextPiece, TruncateStatement, UpdateStatement, WithClause } from '@arbalest/planner'
import type { ExecuteEvent, StatementResult } from '@arbalest/protocol'
import type { QualifiedName } from '../planning/planner.js'
import { commitVersion, managedTable, writableTable, type ManagedEntry } from '../tables/commit-version.js'
import { compose, type ComposedText } from '../tables/composed-text.js'
import { countResult } from '../tables/count-result.js'
import { findHits, freeName, type Hits, type RowsToFind } from '../tables/find-hits.js'
import { rowsOf } from '../tables/managed-table.js'
import { openFiles } from '../tables/open-files.js'
import { rewriteTable, type Rewrite } from '../tables/rewrite-table.js'
import { guardedRows, type ColumnValue } from '../tables/row-guards.js'
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
    const hits = yield* findHits(table, rowsToFind(statement, table), context)
    if (hits.count === 0) return undefined
    const target = await targetOf(statement, table, hits, context)
    const kept: readonly Part[] = using === undefined
      ? [' WHERE ', ...condition(where), ' IS NOT TRUE']
      : [' WHERE NOT EXISTS (SELECT 1 FROM ', using, '\n WHERE ', ...condition(where), ')']
    const columns = table.managed.columns.map((column) => `${target.alias}.${quoteIdentifier(column.name)}`).join(', ')
    return {
      query: compose(...before(statement.with), `SELECT ${columns} FROM ${target.from}`, ...kept),
      looked: hits.looked, replaced: target.replaced, close: target.close,
    }
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
    const assigned = assignedValues(statement, table)
    const { from: others } = statement
    const hits = yield* findHits(table, rowsToFind({ ...statement, using: others }, table), context)
    matched = hits.count
    if (hits.count === 0) return undefined
    const target = await targetOf(statement, table, hits, context)
    const { replaced, close } = target
    const shared = { looked: hits.looked, replaced, close }
    if (others === undefined) return { query: updatedInPlace(statement, table, { ...target, assigned }), ...shared }
    const query = updatedFrom({ ...statement, from: others }, table, { ...target, assigned })
    return { query, ...shared, computedTwice: 'UPDATE … FROM' }
  }, context)
  return countResult(outcome === undefined ? 0 : matched, context.textResult, outcome?.status)
}

/** The rows to change as FROM names them. */
interface Target extends Pick<Rewrite, 'replaced' | 'close'> {
  readonly alias: string
  readonly from: string
}

const aliasOf = ({ alias }: { readonly alias: string | undefined }, { name }: ManagedEntry): string =>
  alias ?? name.name

/** The files with rows that are meant, where these are known; else the table. */
async function targetOf(
  statement: { readonly alias: string | undefined },
  table: ManagedEntry,
  { files }: Hits,
  context: StatementContext,
): Promise<Target> {
  const alias = quoteIdentifier(aliasOf(statement, table))
  const fromOf = ({ schema, name }: QualifiedName): string =>
    `${quoteIdentifier(schema)}.${quoteIdentifier(name)} AS ${alias}`
  if (files === undefined) return { alias, from: fromOf(table.name) }
  const { name, close } = await openFiles(table, files, context)
  return { alias, from: fromOf(name), replaced: new Set(files.map(({ path }) => path)), close }
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

/** It also finds names that could mean two tables, and queries among the others that see the table. */
function rowsToFind(
  { with: clause, alias, using, where }: Pick<DeleteStatement, 'with' | 'alias' | 'using' | 'where'>,
  table: ManagedEntry,
): RowsToFind {
  return {
    alias: aliasOf({ alias }, table),
    before: before(clause),
    others: using === undefined ? [] : [using, '\n, '],
    condition: condition(where),
  }
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

interface Assigned {
  /** By position of the column. */
  readonly assigned: ReadonlyMap<number, Part>
}

/**
 * The condition is computed once for each row: it may not give the same a second time.
 *   SELECT CASE WHEN hit THEN x ELSE a END AS a, b FROM (SELECT *, condition AS hit FROM t) AS t
 */
function updatedInPlace(
  statement: UpdateStatement,
  table: ManagedEntry,
  { alias, from, assigned }: Target & Assigned,
): ComposedText {
  const { managed } = table
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
  { alias, from, assigned }: Target & Assigned,
): ComposedText {
  const { managed } = table
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
