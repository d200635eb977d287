/** CREATE EXTERNAL TABLE, CREATE VIEW and DROP. */
import { asQueryError, parseDataType, queryError, quoteIdentifier, type Column } from '@arbalest/common'
import type { CreateExternalTableStatement, CreateViewStatement, DropStatement } from '@arbalest/planner'
import { fileTablePrefix, qualify, reaches, viewsOver, type CatalogEntry } from '../catalog/catalog.js'
import { readerOptions } from '../catalog/reader-options.js'
import type { QualifiedName } from '../planning/planner.js'
import { asIn } from './error-place.js'
import type { StatementContext } from './statement-context.js'

const textOf = (name: QualifiedName): string => name.name

export async function createExternalTable(
  statement: CreateExternalTableStatement,
  context: StatementContext,
): Promise<void> {
  const { catalog, planner, resolver, signal } = context
  const name = qualify(statement.name)
  await checkName(name, context)
  if (!mayCreate(catalog.find(name), name, statement, 'table')) return
  const partitionColumns = statement.partitionedBy.map((column) => column.name)
  const table = await resolver.inspectNew(
    {
      name,
      locations: [resolver.absolute(statement.location)],
      reader: readerOptions(statement.format, statement.options, partitionColumns),
      declaredColumns: declaredColumns(statement),
      partitionTypes: partitionTypes(statement),
    },
    signal,
  )
  const found = new Set(table.source.columns.map((column) => column.name))
  const missing = partitionColumns.find((column) => !found.has(column))
  if (missing !== undefined) {
    throw queryError('UNKNOWN_COLUMN', { reason: `the directories of ${textOf(name)} have no part ${missing}=…` })
  }
  await catalog.change(async () => {
    // Another statement may have made it while its files were looked at.
    if (!mayCreate(catalog.find(name), name, statement, 'table')) return
    await planner.putTable(table)
    catalog.put(table)
    await resolver.redefineViews(name)
  })
}

/** @throws QueryError BINDER_ERROR for names that queries could not use */
async function checkName(name: QualifiedName, context: StatementContext): Promise<void> {
  const query = `SELECT * FROM ${quoteIdentifier(name.name)}`
  const isFile = await context.planner.references(query).then(
    ({ files }) => files.length > 0,
    (thrown: unknown) => {
      // A path that ends in none of the formats.
      if (asQueryError(thrown).code === 'UNKNOWN_TABLE') return true
      throw thrown
    },
  )
  if (isFile) {
    const reason = `${textOf(name)} reads as a file: a name has no slash, no asterisk and no ending of a file`
    throw queryError('BINDER_ERROR', { reason })
  }
  if (name.name.toLowerCase().startsWith(fileTablePrefix)) {
    throw queryError('BINDER_ERROR', { reason: `names that begin with ${fileTablePrefix} are taken` })
  }
}

const partitionTypes = (statement: CreateExternalTableStatement): readonly Column[] =>
  statement.partitionedBy.flatMap(({ name, type }) => (type === undefined ? [] : [{ name, type: parseDataType(type) }]))

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
  const { catalog, planner, resolver, signal } = context
  const name = qualify(statement.name)
  await checkName(name, context)
  if (!mayCreate(catalog.find(name), name, statement, 'view')) return
  const { tables, files } = await resolver.resolve(statement.sql, signal)
  const uses = [...tables, ...files.map((file) => file.table)]
  const sql = await planner.withFileTables(statement.sql, files, context.session.settings)
  await catalog.change(async () => {
    if (!mayCreate(catalog.find(name), name, statement, 'view')) return
    if (tables.some((table) => reaches(catalog, table, name))) {
      throw queryError('BINDER_ERROR', { reason: `view ${textOf(name)} would read itself` })
    }
    const gone = tables.find((table) => catalog.find(table) === undefined)
    if (gone !== undefined) throw queryError('UNKNOWN_TABLE', { reason: `there is no table ${textOf(gone)} any more` })
    await asIn(statement.sql, sql, planner.putView(name, statement.columns, sql))
    catalog.put({ kind: 'view', name, sql, columns: statement.columns, uses })
    await resolver.redefineViews(name)
  })
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
  const { catalog, planner } = context
  const name = qualify(statement.name)
  await catalog.change(async () => {
    const entry = catalog.find(name)
    if (entry === undefined) {
      if (statement.ifExists) return
      throw queryError('UNKNOWN_TABLE', { reason: `there is no ${statement.object} ${textOf(name)}` })
    }
    if (entry.kind !== statement.object) {
      const reason = `${textOf(name)} is a ${entry.kind}: use DROP ${entry.kind.toUpperCase()}`
      throw queryError('BINDER_ERROR', { reason })
    }
    const [user] = viewsOver(catalog, name)
    if (user !== undefined) {
      throw queryError('BINDER_ERROR', { reason: `view ${textOf(user.name)} reads ${textOf(name)}: drop it first` })
    }
    catalog.drop(name)
    if (entry.kind === 'table') await planner.dropTable(name)
    else await planner.dropView(name)
  })
}
