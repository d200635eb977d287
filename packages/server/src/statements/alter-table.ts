/** ALTER TABLE of managed tables: names and columns. */
import { assertNever, present, queryError, quoteIdentifier, typeToSql } from '@arbalest/common'
import type { AlterTableStatement, TableChange, TextPiece } from '@arbalest/planner'
import type { ExecuteEvent } from '@arbalest/protocol'
import { viewsOver } from '../catalog/catalog.js'
import { locate, searchPathOf, shownName } from '../catalog/name-lookup.js'
import { managedTable, writableTable, type ManagedEntry } from '../tables/commit-version.js'
import { compose, type ComposedText } from '../tables/composed-text.js'
import { keptDefault } from '../tables/default-value.js'
import type { ManagedColumn } from '../tables/managed-table.js'
import { checkBucketNames, refuseBucketColumn, withRenamedColumn } from '../tables/table-buckets.js'
import { entryOf } from '../tables/table-entry.js'
import { readCount } from '../tables/read-count.js'
import { filesRead, rewriteTable, type Rewrite } from '../tables/rewrite-table.js'
import { guardedRows, type ColumnValue } from '../tables/row-guards.js'
import { warehouseFor } from '../tables/warehouse.js'
import { planned } from '../tables/write-rows.js'
import { checkName } from './define-objects.js'
import type { StatementContext } from './statement-context.js'

export async function* alterTable(
  { name: written, ifExists, change }: AlterTableStatement,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, void> {
  if (ifExists && locate(context.catalog, written, searchPathOf(context.session)) === undefined) return
  const name = writableTable(written, context)
  if (change.kind === 'rename-table') return renameTable(managedTable(name, context), change.to, context)
  yield* rewriteTable(name, (table) => planChange(table, change, context), context)
}

async function renameTable({ name: old }: ManagedEntry, to: string, context: StatementContext): Promise<void> {
  const { catalog, planner } = context
  const name = { schema: old.schema, name: to }
  await checkName(name, context)
  await catalog.change(async () => {
    const { managed } = managedTable(old, context)
    const known = catalog.find(name)
    if (known !== undefined) throw queryError('TABLE_EXISTS', { name: `${known.kind} ${shownName(name)}` })
    const [user] = viewsOver(catalog, old)
    if (user !== undefined) {
      const reason = `view ${shownName(user.name)} reads ${shownName(old)}: drop it first`
      throw queryError('BINDER_ERROR', { reason })
    }
    const entry = entryOf(name, managed)
    await planner.putTable(entry)
    catalog.put(entry)
    catalog.drop(old)
    await planner.dropTable(old)
  })
}

type ColumnChange = Exclude<TableChange, { kind: 'rename-table' }>
type Planning = AsyncGenerator<ExecuteEvent, Rewrite | undefined>

async function* planChange(table: ManagedEntry, change: ColumnChange, context: StatementContext): Planning {
  const { columns, checks, buckets } = table.managed
  switch (change.kind) {
    case 'add-column': return addColumn(table, change, context)
    case 'drop-column': {
      const dropped = indexOf(table, change.column)
      if (dropped === undefined && change.ifExists) return undefined
      refuseBucketColumn(table.managed, table.name.name, change.column)
      const left = columns.filter((_, at) => at !== required(dropped, table, change.column))
      if (left.length === 0) throw queryError('BINDER_ERROR', { reason: `${table.name.name} would have no column` })
      await checkChecks(left, table, context)
      // The files keep the column; nobody reads it any more.
      return { query: undefined, schema: { columns: left, checks, buckets } }
    }
    case 'rename-column': {
      const at = required(indexOf(table, change.column), table, change.column)
      refuseKnown(table, change.to)
      const renamed = columns.map((column, index) => (index === at ? { ...column, name: change.to } : column))
      await checkChecks(renamed, table, context)
      const from = present(columns[at], 'it has been found').name
      const values = columns.map((column) => plainValue(column))
      return rewritten(table, renamed, values, withRenamedColumn(buckets, from, change.to))
    }
    case 'set-type': return setType(table, change, context)
    case 'set-default': {
      const at = required(indexOf(table, change.column), table, change.column)
      const { value } = change
      const column = present(columns[at], 'it has been found')
      if (value !== undefined) await boundColumn([`CAST((`, value, '\n) AS ', typeOf(column), ')'], context)
      const { name, type, notNull } = column
      const kept = await keptDefault(value, table.name, context)
      const changed = columns.with(at, { name, type, notNull, ...kept })
      return { query: undefined, schema: { columns: changed, checks, buckets } }
    }
    case 'set-not-null': return yield* setNotNull(table, change, context)
  }
  return assertNever(change)
}

async function addColumn(
  table: ManagedEntry,
  { column: { name, type, notNull, defaultValue }, ifNotExists }: Extract<ColumnChange, { kind: 'add-column' }>,
  context: StatementContext,
): Promise<Rewrite | undefined> {
  if (indexOf(table, name) !== undefined && ifNotExists) return undefined
  refuseKnown(table, name)
  const value = ['CAST((', defaultValue ?? 'NULL', '\n) AS ', present(type, 'its grammar asks for one'), ')']
  const bound = await boundColumn(value, context)
  const { columns } = table.managed
  const kept = await keptDefault(defaultValue, table.name, context)
  const added: ManagedColumn = { name, type: bound.type, notNull, ...kept }
  return rewritten(table, [...columns, added], [...columns.map((column) => plainValue(column)), { parts: value }])
}

async function setType(
  table: ManagedEntry,
  { column: name, type, using }: Extract<ColumnChange, { kind: 'set-type' }>,
  context: StatementContext,
): Promise<Rewrite> {
  const { columns } = table.managed
  const at = required(indexOf(table, name), table, name)
  const bound = await boundColumn(['CAST(NULL AS ', type, ')'], context)
  const column = { ...present(columns[at], 'it has been found'), type: bound.type }
  const value = { parts: [using ?? quoteIdentifier(column.name)] }
  await checkChecks(columns.with(at, column), table, context)
  return rewritten(table, columns.with(at, column), columns.map((other, index) => (
    index === at ? value : plainValue(other))))
}

async function* setNotNull(
  table: ManagedEntry,
  { column: name, notNull }: Extract<ColumnChange, { kind: 'set-not-null' }>,
  context: StatementContext,
): Planning {
  const { columns, checks, buckets, tableId } = table.managed
  const at = required(indexOf(table, name), table, name)
  const column = { ...present(columns[at], 'it has been found'), notNull }
  const schema = { columns: columns.with(at, column), checks, buckets }
  if (!notNull) return { query: undefined, schema }
  const nulls = compose(`SELECT count(*) FROM ${fromText(table)} WHERE ${quoteIdentifier(column.name)} IS NULL`)
  const { count, planned: read } = yield* readCount(nulls, context)
  if (count > 0) {
    const reason = `NOT NULL constraint failed: ${table.name.name}.${column.name}: ${count} rows have none`
    throw queryError('EXECUTION_ERROR', { reason })
  }
  const directory = warehouseFor('ALTER TABLE', context.warehouse).directoryOf(tableId)
  return { query: undefined, schema, looked: filesRead(read, directory) }
}

/** Every row again, in other columns. */
function rewritten(
  table: ManagedEntry,
  columns: readonly ManagedColumn[],
  values: readonly ColumnValue[],
  buckets = table.managed.buckets,
): Rewrite {
  const { name, managed: { checks, files } } = table
  if (buckets !== undefined) checkBucketNames(columns)
  const schema = { columns, checks, buckets }
  if (files.length === 0) return { query: undefined, schema, looked: [] }
  return { query: guardedRows({ name: name.name, managed: schema }, values, [fromText(table)]), schema }
}

const fromText = ({ name }: ManagedEntry): string => `${quoteIdentifier(name.schema)}.${quoteIdentifier(name.name)}`
const typeOf = ({ type }: ManagedColumn): string => typeToSql(type)
const plainValue = ({ name, type }: ManagedColumn): ColumnValue => ({ parts: [quoteIdentifier(name)], type })

function indexOf({ managed: { columns } }: ManagedEntry, name: string): number | undefined {
  const at = columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase())
  return at < 0 ? undefined : at
}

function required(at: number | undefined, { name }: ManagedEntry, column: string): number {
  if (at !== undefined) return at
  throw queryError('UNKNOWN_COLUMN', { reason: `table ${name.name} has no column ${column}` })
}

function refuseKnown(table: ManagedEntry, column: string): void {
  if (indexOf(table, column) === undefined) return
  throw queryError('BINDER_ERROR', { reason: `table ${table.name.name} has a column ${column} already` })
}

async function boundColumn(value: readonly (string | TextPiece)[], context: StatementContext) {
  const bound = await planned(compose('SELECT ', ...value), context)
  return present(bound.columns[0], 'a query of one column')
}

/** The constraints must still mean something. */
async function checkChecks(
  columns: readonly ManagedColumn[],
  { name, managed: { checks } }: ManagedEntry,
  context: StatementContext,
): Promise<void> {
  if (checks.length === 0) return
  const nulls = columns.map((column) => `CAST(NULL AS ${typeOf(column)}) AS ${quoteIdentifier(column.name)}`)
  const conditions = checks.map((check) => `CAST((${check}\n) AS BOOLEAN)`)
  const text: ComposedText = compose(
    `SELECT ${conditions.join(', ')} FROM (SELECT ${nulls.join(', ')}) AS ${quoteIdentifier(name.name)}`)
  try {
    await planned(text, context)
  } catch (cause) {
    const reason = `a CHECK constraint of ${name.name} uses the column: ${checks.join('; ')}`
    throw queryError('BINDER_ERROR', { reason }, { cause })
  }
}
