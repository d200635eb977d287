/** INSERT: the rows of a query become files of a new version of the table. */
import { limits, present, queryError, typeToSql, type Column, type DataType } from '@arbalest/common'
import type { InsertStatement, TextPiece } from '@arbalest/planner'
import type { ExecuteEvent, StatementResult } from '@arbalest/protocol'
import type { QualifiedName } from '../planning/planner.js'
import { commitVersion, managedTable, writableTable, type ManagedEntry } from '../tables/commit-version.js'
import { compose, type ComposedText } from '../tables/composed-text.js'
import { countResult } from '../tables/count-result.js'
import { rowsOf, type ManagedColumn } from '../tables/managed-table.js'
import { mergeSmallFiles } from '../tables/merge-files.js'
import { guardedRows, type ColumnValue } from '../tables/row-guards.js'
import { warehouseFor } from '../tables/warehouse.js'
import { planned, writeFewRows, writeRows, type WriteRequest, type WrittenRows } from '../tables/write-rows.js'
import type { StatementContext } from './statement-context.js'

/** Tries of a statement whose table gets other columns while it runs. */
const triesMax = 5

/** @throws QueryError NO_WAREHOUSE, UNKNOWN_TABLE, UNKNOWN_COLUMN, BINDER_ERROR, and what the query throws */
export async function* insert(
  statement: InsertStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, StatementResult> {
  const name = writableTable(statement.name, context)
  for (let tries = 0; tries < triesMax; tries++) {
    const table = managedTable(name, context)
    const warehouse = warehouseFor('INSERT', context.warehouse)
    const { tableId, schemaRevision, columns, buckets } = table.managed
    const query = await rowsQuery(statement, table, context)
    const { files, status } = yield* writtenRows(statement, { warehouse, tableId, columns, query, buckets }, context)
    const remove = async (): Promise<void> => {
      for (const { path } of files) await warehouse.removeFile(path)
    }
    const isIn = await commitVersion(name, tableId, (current) => (
      current.schemaRevision === schemaRevision
        ? { ...current, files: [...current.files, ...files] }
        : undefined), context).catch(async (error: unknown) => {
      await remove()
      throw error
    })
    if (isIn) {
      await mergeQuietly(name, context)
      return countResult(rowsOf(files), context.textResult, status)
    }
    await remove()
  }
  throw queryError('TABLE_CHANGED', { name: name.name, times: triesMax })
}

/** The rows are in: what becomes of this is nobody's failure, and its job is not the statement's. */
async function mergeQuietly(name: QualifiedName, context: StatementContext): Promise<void> {
  try {
    const events = mergeSmallFiles(name, context)
    while ((await events.next()).done !== true);
  } catch {
    // The small files stay as they are; the next statement tries again.
  }
}

/** A few values are written here, all others by a job. */
async function* writtenRows(
  { source }: InsertStatement,
  request: WriteRequest,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, Pick<WrittenRows, 'files'> & Partial<WrittenRows>> {
  const isFew = source.kind === 'values' && source.rows.length <= limits.valuesWithoutJobMax
  const files = isFew ? await writeFewRows(request, context) : undefined
  return files === undefined ? yield* writeRows(request, context) : { files }
}

/** Rows as a statement gives them. */
interface GivenRows {
  /** Where their columns go. */
  readonly targets: readonly ManagedColumn[]
  readonly rows: readonly (string | TextPiece)[]
  /** Of their columns, as far as they are known. */
  readonly types: readonly DataType[]
}

/** The rows as the table will have them. */
async function rowsQuery(
  statement: InsertStatement,
  table: ManagedEntry,
  context: StatementContext,
): Promise<ComposedText> {
  const { source } = statement
  const { name, managed } = table
  const targets = statement.columns?.map((column) => columnOf(column, table)) ?? managed.columns
  if (source.kind === 'defaults') {
    return guardedRows({ name: name.name, managed }, managed.columns.map(defaultOf), ['(SELECT 1) AS q'])
  }
  const given: GivenRows = source.kind === 'values'
    ? { targets, rows: checkedRows(source.rows, { statement, table, targets }), types: [] }
    : await queryRows(statement, source.query, { table, targets }, context)
  const at = new Map(given.targets.map((column, index) => [column.name, index]))
  const values = managed.columns.map((column): ColumnValue => {
    const index = at.get(column.name)
    if (index === undefined) return defaultOf(column)
    return { parts: [`q.c${index}`], type: given.types[index] }
  })
  const names = given.targets.map((_, index) => `c${index}`).join(', ')
  const rows = withClause(statement, given.rows)
  return guardedRows({ name: name.name, managed }, values, ['(', ...rows, `\n) AS q(${names})`])
}

/** A query with table expressions of its own cannot have others before it. */
function withClause(
  { with: clause }: InsertStatement,
  rows: readonly (string | TextPiece)[],
): readonly (string | TextPiece)[] {
  if (clause === undefined) return rows
  const [first] = rows
  const isWith = typeof first === 'object' && /^WITH\b/i.test(first.sql)
  return isWith ? [clause, '\nFROM (', ...rows, '\n)'] : [clause, '\n', ...rows]
}

const defaultOf = ({ defaultValue }: ManagedColumn): ColumnValue => ({ parts: [defaultValue ?? 'NULL'] })

/** Where a query's columns go: by position, or by their names. */
async function queryRows(
  statement: InsertStatement,
  query: TextPiece,
  { table, targets }: { readonly table: ManagedEntry; readonly targets: readonly ManagedColumn[] },
  context: StatementContext,
): Promise<GivenRows> {
  const { byName, columns } = statement
  const bound = (await planned(compose(...withClause(statement, [query])), context)).columns
  const types = bound.map(({ type }) => type)
  if (byName) return { targets: bound.map((column) => columnOf(column.name, table)), rows: [query], types }
  checkWidth(bound, { targets, isList: columns !== undefined, table })
  return { targets, rows: [query], types }
}

function checkWidth(
  { length }: { readonly length: number },
  to: { readonly targets: readonly Column[]; readonly isList: boolean; readonly table: ManagedEntry },
): void {
  const { targets, isList, table: { name } } = to
  if (length === targets.length) return
  const reason = isList
    ? `${targets.length} columns of ${name.name} are named, but there are ${length} values`
    : `table ${name.name} has ${targets.length} columns, but there are ${length} values`
  throw queryError('BINDER_ERROR', { reason })
}

function columnOf(name: string, { name: table, managed }: ManagedEntry): ManagedColumn {
  const found = managed.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (found !== undefined) return found
  throw queryError('UNKNOWN_COLUMN', { reason: `table ${table.name} has no column ${name}` })
}

interface RowTarget {
  readonly statement: InsertStatement
  readonly table: ManagedEntry
  readonly targets: readonly ManagedColumn[]
}

/** Rows of values, each value in the type of its column: by themselves they would take each other's types. */
function checkedRows(
  rows: readonly (readonly TextPiece[])[],
  { statement, table, targets }: RowTarget,
): readonly (string | TextPiece)[] {
  for (const row of rows) checkWidth(row, { targets, isList: statement.columns !== undefined, table })
  const isPlain = targets.map((_, at) => [/^(-?\d+|null)$/i, /^('(?:[^']|'')*'|null)$/i].some((literal) => (
    rows.every((row) => literal.test(present(row[at], 'rows are as wide as the table').sql)))))
  return ['VALUES ', ...rows.flatMap((row, index) => [
    index === 0 ? '(' : ', (',
    ...row.flatMap((value, at): (string | TextPiece)[] => {
      const column = present(targets[at], 'rows are as wide as the table')
      const comma = at === 0 ? '' : ', '
      if (isPlain[at] === true) return [comma, value]
      const meant = /^default$/i.test(value.sql) ? (column.defaultValue ?? 'NULL') : value
      return [`${comma}CAST((`, meant, `\n) AS ${typeToSql(column.type)})`]
    }),
    ')',
  ])]
}
