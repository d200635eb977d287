/** CREATE EXTERNAL TABLE, CREATE VIEW and DROP. */
import { asQueryError, defaultSchema, parseDataType, queryError, quoteIdentifier, type Column } from '@arbalest/common'
import type { CreateExternalTableStatement, CreateViewStatement, DropStatement } from '@arbalest/planner'
import { fileTablePrefix, reaches, viewsOver, type CatalogEntry } from '../catalog/catalog.js'
import { locate, nameForNew, searchPathOf, shownName } from '../catalog/name-lookup.js'
import { readerOptions } from '../catalog/reader-options.js'
import type { QualifiedName } from '../planning/planner.js'
import { asIn } from './error-place.js'
import { isTemporary, nameOfNew, refuseTemporary } from './new-name.js'
import { withSchemas } from './with-schemas.js'
import type { StatementContext } from './statement-context.js'

export async function createExternalTable(
  statement: CreateExternalTableStatement,
  context: StatementContext,
): Promise<void> {
  const { catalog, planner, resolver, session, signal } = context
  const name = nameForNew(catalog, statement.name, session.schema)
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
    throw queryError('UNKNOWN_COLUMN', { reason: `the directories of ${shownName(name)} have no part ${missing}=…` })
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
export async function checkName(name: QualifiedName, context: StatementContext): Promise<void> {
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
    const reason = `${shownName(name)} reads as a file: a name has no slash, no asterisk and no ending of a file`
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
  const { catalog, planner, resolver, session, signal } = context
  const name = nameOfNew(statement, context)
  await checkName(name, context)
  if (!mayCreate(catalog.find(name), name, statement, 'view')) return
  const resolved = await resolver.resolve(statement.sql, searchPathOf(session), signal)
  const { tables, names, needs, calls, sequences, files } = resolved
  const uses = [...tables, ...files.map((file) => file.table)]
  // Within a view of main nothing but main is searched; elsewhere another table of the name might be made.
  const isMain = ({ schema }: QualifiedName): boolean => schema === defaultSchema
  const isElsewhere = (found: { readonly name: QualifiedName }): boolean => !isMain(name) || !isMain(found.name)
  const named = [...names, ...calls].filter(isElsewhere)
  const qualified = withSchemas(statement.sql, named, sequences.filter(isElsewhere))
  if (!statement.temporary) {
    refuseTemporary(`view ${shownName(name)}`, [...tables, ...needs.map((need) => need.name)])
  }
  const sql = await planner.withFileTables(qualified, files, session.settings)
  await catalog.change(async () => {
    if (!mayCreate(catalog.find(name), name, statement, 'view')) return
    if (tables.some((table) => reaches(catalog, table, name))) {
      throw queryError('BINDER_ERROR', { reason: `view ${shownName(name)} would read itself` })
    }
    const gone = tables.find((table) => catalog.find(table) === undefined)
    if (gone !== undefined) {
      throw queryError('UNKNOWN_TABLE', { reason: `there is no table ${shownName(gone)} any more` })
    }
    await asIn(statement.sql, sql, planner.putView(name, statement.columns, sql))
    const needed = needs.map(({ kind, name: inner }) => ({ kind, name: inner }))
    catalog.put({ kind: 'view', name, sql, columns: statement.columns, uses, needs: needed })
    await resolver.redefineViews(name)
  })
}

/** False when there is nothing to do. @throws QueryError TABLE_EXISTS */
export function mayCreate(
  old: CatalogEntry | undefined,
  name: QualifiedName,
  { orReplace, ifNotExists }: { readonly orReplace: boolean; readonly ifNotExists: boolean },
  kind: CatalogEntry['kind'],
): boolean {
  if (old === undefined) return true
  if (ifNotExists) return false
  if (orReplace && old.kind === kind) return true
  throw queryError('TABLE_EXISTS', { name: `${old.kind} ${shownName(name)}` })
}

export async function drop(statement: DropStatement, context: StatementContext): Promise<void> {
  const { catalog, session } = context
  await catalog.change(async () => {
    const entry = locate(catalog, statement.name, searchPathOf(session))
    if (entry === undefined) {
      if (statement.ifExists) return
      throw queryError('UNKNOWN_TABLE', { reason: `there is no ${statement.object} ${statement.name.join('.')}` })
    }
    const { name } = entry
    if (entry.kind !== statement.object) {
      const reason = `${shownName(name)} is a ${entry.kind}: use DROP ${entry.kind.toUpperCase()}`
      throw queryError('BINDER_ERROR', { reason })
    }
    const user = viewsOver(catalog, name).find((view) => !isTemporary(view.name))
    if (user !== undefined) {
      const reason = `view ${shownName(user.name)} reads ${shownName(name)}: drop it first`
      throw queryError('BINDER_ERROR', { reason })
    }
    await dropEntry(entry, context)
  })
}

/** Takes a table or view out of the catalog, whatever reads it; within `catalog.change`. */
export async function dropEntry(
  { kind, name }: CatalogEntry,
  { catalog, planner }: Pick<StatementContext, 'catalog' | 'planner'>,
): Promise<void> {
  catalog.drop(name)
  if (kind === 'table') await planner.dropTable(name)
  else await planner.dropView(name)
}
