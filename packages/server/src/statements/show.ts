/** SHOW and DESCRIBE: answered from the catalog and the session. */
import { defaultSchema, quoteIdentifier, typeName, type Column } from '@arbalest/common'
import type { Buckets } from '@arbalest/plan'
import type { StatementResult } from '@arbalest/protocol'
import { existingSchema, locate, searchPathOf } from '../catalog/name-lookup.js'
import { showSetting, showSettings } from '../settings.js'
import type { ColumnConstraint } from '../planning/planner.js'
import { shownDefault } from '../tables/managed-table.js'
import { textResult } from '../text-result.js'
import { asIn } from './error-place.js'
import { isTemporary } from './new-name.js'
import { constraintsOf, prepareQuery } from './prepare-query.js'
import type { StatementContext } from './statement-context.js'

/** All tables and views, or those of a schema. @throws QueryError UNKNOWN_SCHEMA */
export function showTables(schema: string | undefined, context: StatementContext): StatementResult {
  const only = schema === undefined ? undefined : existingSchema(context.catalog, schema)
  const own = context.session.temporarySchema
  const seen = context.catalog.list().filter(({ name }) => !isTemporary(name) || name.schema === own)
    .filter(({ name }) => only === undefined || name.schema.toLowerCase() === only.toLowerCase())
  const rows = seen.map(({ name, kind }) => [isTemporary(name) ? 'temp' : name.schema, name.name, kind])
  return textResult(['table_schema', 'table_name', 'table_type'], rows)
}

export function showSchemas({ catalog, session }: StatementContext): StatementResult {
  const rows = catalog.schemas().map((schema) => [schema, schema === session.schema ? 'yes' : ''])
  return textResult(['schema_name', 'in_use'], rows)
}

export async function showColumns(name: readonly string[], context: StatementContext): Promise<StatementResult> {
  const columns = await columnsOf(name, context)
  const entry = locate(context.catalog, name, searchPathOf(context.session))
  // A file's name is no name of the catalog.
  const { schema, name: table } = entry?.name ?? { schema: defaultSchema, name: name.join('.') }
  const rows = columns.map((column, index) => [
    schema, table, column.name, String(index + 1), typeName(column.type),
  ])
  return textResult(['table_schema', 'table_name', 'column_name', 'position', 'data_type'], rows)
}

/** The columns that DuckDB's own DESCRIBE has. */
export async function describe(name: readonly string[], context: StatementContext): Promise<StatementResult> {
  const entry = locate(context.catalog, name, searchPathOf(context.session))
  const columns = await columnsOf(name, context)
  if (entry?.kind === 'view') return described(columns, await constraintsOf(queryOf(name), context))
  const managed = entry?.managed?.columns ?? []
  const constraints = managed.map((column) => ({ notNull: column.notNull, defaultText: shownDefault(column) }))
  return described(columns, constraints, entry?.managed?.buckets)
}

export async function describeQuery(sql: string, context: StatementContext): Promise<StatementResult> {
  return described((await prepareQuery(sql, context)).columns, await constraintsOf(sql, context))
}

function described(
  columns: readonly Column[],
  constraints: readonly ColumnConstraint[],
  buckets?: Buckets,
): StatementResult {
  const rows = columns.map(({ name, type }, at) => {
    const { notNull = false, defaultText = null } = constraints[at] ?? {}
    const extra = buckets?.columns.includes(name) === true ? `clustered into ${buckets.count} buckets` : null
    return [name, typeName(type), notNull ? 'NO' : 'YES', null, defaultText, extra]
  })
  return textResult(['column_name', 'column_type', 'null', 'key', 'default', 'extra'], rows)
}

const queryOf = (name: readonly string[]): string => `SELECT * FROM ${name.map(quoteIdentifier).join('.')}`

async function columnsOf(name: readonly string[], context: StatementContext): Promise<readonly Column[]> {
  const sql = queryOf(name)
  return (await asIn('', sql, prepareQuery(sql, context))).columns
}

export function showAll(context: StatementContext): StatementResult {
  const rows = showSettings(context.session.settings).map((shown) => [
    shown.name, shown.value, shown.defaultText, shown.meaning,
  ])
  return textResult(['name', 'value', 'default', 'meaning'], rows)
}

export function showOne(name: string, context: StatementContext): StatementResult {
  const shown = showSetting(context.session.settings, name)
  return textResult(['name', 'value'], [[shown.name, shown.value]])
}
