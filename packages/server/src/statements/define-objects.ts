/** CREATE EXTERNAL TABLE, CREATE VIEW and DROP. */
import { parseDataType, queryError, type Column } from '@arbalest/common'
import type { CreateExternalTableStatement, CreateViewStatement, DropStatement } from '@arbalest/planner'
import { qualify, type CatalogEntry } from '../catalog/catalog.js'
import { readerOptions } from '../catalog/reader-options.js'
import type { QualifiedName } from '../planning/planner.js'
import type { StatementContext } from './statement-context.js'

const textOf = (name: QualifiedName): string => name.name

export async function createExternalTable(
  statement: CreateExternalTableStatement,
  context: StatementContext,
): Promise<void> {
  const name = qualify(statement.name)
  const old = context.catalog.find(name)
  if (!mayCreate(old, name, statement, 'table')) return
  const partitionColumns = statement.partitionedBy.map((column) => column.name)
  const table = await context.resolver.inspectNew(
    {
      name,
      locations: [context.resolver.absolute(statement.location)],
      reader: readerOptions(statement.format, statement.options, partitionColumns),
      declaredColumns: declaredColumns(statement),
    },
    context.signal,
  )
  await context.planner.putTable(table)
  context.catalog.put(table)
}

/** Columns as declared; typed partition columns come after them. */
function declaredColumns(statement: CreateExternalTableStatement): readonly Column[] | undefined {
  if (statement.columns === undefined) return undefined
  const columns = statement.columns.map(({ name, type }) => ({ name, type: parseDataType(type) }))
  const known = new Set(columns.map(({ name }) => name.toLowerCase()))
  const partitions = statement.partitionedBy
    .filter(({ name }) => !known.has(name.toLowerCase()))
    .map(({ name, type }) => ({ name, type: parseDataType(type ?? 'VARCHAR') }))
  return [...columns, ...partitions]
}

export async function createView(statement: CreateViewStatement, context: StatementContext): Promise<void> {
  const name = qualify(statement.name)
  const old = context.catalog.find(name)
  if (!mayCreate(old, name, statement, 'view')) return
  const { tables, files } = await context.resolver.resolve(statement.sql, context.signal)
  if (tables.some((table) => reaches(context, table, name))) {
    throw queryError('BINDER_ERROR', { reason: `view ${textOf(name)} would read itself` })
  }
  const sql = await context.planner.withFileTables(statement.sql, files)
  await context.planner.putView(name, statement.columns, sql)
  const uses = [...tables, ...files.map((file) => file.table)]
  context.catalog.put({ kind: 'view', name, sql, columns: statement.columns, uses })
}

/** Whether a table or view reads `target`, through whatever views. */
function reaches(context: StatementContext, from: QualifiedName, target: QualifiedName): boolean {
  if (from.name.toLowerCase() === target.name.toLowerCase() && from.schema === target.schema) return true
  const entry = context.catalog.find(from)
  return entry?.kind === 'view' && entry.uses.some((used) => reaches(context, used, target))
}

/** False when there is nothing to do. @throws QueryError TABLE_EXISTS */
function mayCreate(
  old: CatalogEntry | undefined,
  name: QualifiedName,
  { orReplace, ifNotExists }: { readonly orReplace: boolean; readonly ifNotExists: boolean },
  kind: CatalogEntry['kind'],
): boolean {
  if (old === undefined) return true
  if (ifNotExists) return false
  if (orReplace && old.kind === kind) return true
  throw queryError('TABLE_EXISTS', { name: `${old.kind} ${textOf(name)}` })
}

export async function drop(statement: DropStatement, context: StatementContext): Promise<void> {
  const name = qualify(statement.name)
  const entry = context.catalog.find(name)
  if (entry === undefined) {
    if (statement.ifExists) return
    throw queryError('UNKNOWN_TABLE', { reason: `there is no ${statement.object} ${textOf(name)}` })
  }
  if (entry.kind !== statement.object) {
    const reason = `${textOf(name)} is a ${entry.kind}: use DROP ${entry.kind.toUpperCase()}`
    throw queryError('BINDER_ERROR', { reason })
  }
  const users = context.catalog.list().filter((other) => other.kind === 'view' && reaches(context, other.name, name))
  const [user] = users.filter((other) => other !== entry)
  if (user !== undefined) {
    throw queryError('BINDER_ERROR', { reason: `view ${textOf(user.name)} reads ${textOf(name)}: drop it first` })
  }
  context.catalog.drop(name)
  if (entry.kind === 'table') await context.planner.dropTable(name)
  else await context.planner.dropView(name)
}
