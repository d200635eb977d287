/** The views of `information_schema` and of functions such as `duckdb_tables()`: rows made from the catalog. */
import { catalogName, quoteIdentifier, quoteLiteral, typeName, type Column } from '@arbalest/common'
import type { Catalog, CatalogEntry } from './catalog.js'
import { shownDefault, type ManagedColumn } from '../tables/managed-table.js'
import type { SequenceEntry } from './definitions.js'
import { sequenceSql } from './sequence-sql.js'
import { temporaryOrSystem } from './name-lookup.js'

/** Columns of a table or view; none where a view cannot be read any more. */
export type ColumnsOf = (entry: CatalogEntry) => Promise<readonly Column[]>

type Cell = string | number | boolean | null
type Row = readonly Cell[]

interface SystemView {
  /** Names and types of the columns; those that the rows do not reach are NULL. */
  readonly columns: readonly string[]
  rows(catalog: Catalog, columnsOf: ColumnsOf): Promise<readonly Row[]>
}

const seen = (catalog: Catalog): readonly CatalogEntry[] =>
  catalog.list().filter(({ name }) => !temporaryOrSystem(name))
const viewsOf = (catalog: Catalog) => seen(catalog).flatMap((entry) => (entry.kind === 'view' ? [entry] : []))
const isManaged = (entry: CatalogEntry): boolean => entry.kind === 'table' && entry.managed !== undefined
const managedOf = (entry: CatalogEntry, { name }: Column) =>
  entry.kind === 'table' ? entry.managed?.columns.find((column) => column.name === name) : undefined

const defaultText = (column: ManagedColumn | undefined): string | null => (column && shownDefault(column)) ?? null

async function columnRows(
  catalog: Catalog,
  columnsOf: ColumnsOf,
  rowOf: (entry: CatalogEntry, column: Column, position: number) => Row,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const entry of seen(catalog)) {
    for (const [at, column] of (await columnsOf(entry)).entries()) rows.push(rowOf(entry, column, at + 1))
  }
  return rows
}

const tableColumns = [
  'table_catalog', 'table_schema', 'table_name', 'table_type', 'is_insertable_into', 'is_typed', 'commit_action',
  'self_referencing_column_name', 'reference_generation', 'user_defined_type_catalog', 'user_defined_type_schema',
  'user_defined_type_name', 'TABLE_COMMENT',
]

const views: Readonly<Record<string, SystemView>> = {
  schemata: {
    columns: [
      'catalog_name', 'schema_name', 'schema_owner', 'default_character_set_catalog',
      'default_character_set_schema', 'default_character_set_name', 'sql_path',
    ],
    rows: async (catalog) => catalog.schemas().map((schema) => [catalogName, schema, 'arbalest']),
  },
  tables: {
    columns: tableColumns,
    rows: async (catalog) => seen(catalog).map((entry) => [
      catalogName, entry.name.schema, entry.name.name, entry.kind === 'view' ? 'VIEW' : 'BASE TABLE',
      isManaged(entry) ? 'YES' : 'NO', 'NO',
    ]),
  },
  views: {
    columns: ['table_catalog', 'table_schema', 'table_name', 'view_definition', 'check_option', 'is_updatable'],
    rows: async (catalog) => viewsOf(catalog).map(({ name, sql }) => [
      catalogName, name.schema, name.name, sql, 'NONE', 'NO',
    ]),
  },
  columns: {
    columns: [
      'table_catalog', 'table_schema', 'table_name', 'column_name', 'ordinal_position INTEGER', 'column_default',
      'is_nullable', 'data_type', 'character_maximum_length INTEGER', 'numeric_precision INTEGER',
      'numeric_scale INTEGER', 'datetime_precision INTEGER',
    ],
    rows: (catalog, columnsOf) => columnRows(catalog, columnsOf, (entry, column, position) => {
      const managed = managedOf(entry, column)
      const nullable = managed?.notNull === true ? 'NO' : 'YES'
      return [
        catalogName, entry.name.schema, entry.name.name, column.name, position, defaultText(managed),
        nullable, typeName(column.type), null, ...precisionOf(column),
      ]
    }),
  },
  duckdb_schemas: {
    columns: ['database_name', 'schema_name', 'internal BOOLEAN', 'comment', 'sql'],
    rows: async (catalog) => catalog.schemas().map((schema) => [catalogName, schema, false]),
  },
  duckdb_tables: {
    columns: [
      'database_name', 'schema_name', 'table_name', 'internal BOOLEAN', 'temporary BOOLEAN', 'estimated_size BIGINT',
      'column_count BIGINT', 'comment', 'sql',
    ],
    rows: async (catalog) => seen(catalog).flatMap((entry) => (entry.kind === 'view' ? [] : [[
      catalogName, entry.name.schema, entry.name.name, false, false, entry.source.rows, entry.source.columns.length,
    ]])),
  },
  duckdb_views: {
    columns: [
      'database_name', 'schema_name', 'view_name', 'internal BOOLEAN', 'temporary BOOLEAN', 'sql', 'comment',
    ],
    rows: async (catalog) => viewsOf(catalog).map(({ name, sql }) => [
      catalogName, name.schema, name.name, false, false, sql,
    ]),
  },
  duckdb_sequences: {
    columns: [
      'database_name', 'schema_name', 'sequence_name', 'comment', 'temporary BOOLEAN', 'start_value BIGINT',
      'min_value BIGINT', 'max_value BIGINT', 'increment_by BIGINT', 'cycle BOOLEAN', 'last_value BIGINT', 'sql',
    ],
    rows: async (catalog) => catalog.definitions.list().flatMap((entry) => (
      entry.kind !== 'sequence' || temporaryOrSystem(entry.name) ? [] : [sequenceRow(entry)])),
  },
  duckdb_columns: {
    columns: [
      'database_name', 'schema_name', 'table_name', 'column_name', 'column_index INTEGER', 'internal BOOLEAN',
      'column_default', 'is_nullable BOOLEAN', 'data_type', 'comment',
    ],
    rows: (catalog, columnsOf) => columnRows(catalog, columnsOf, (entry, column, position) => {
      const managed = managedOf(entry, column)
      return [
        catalogName, entry.name.schema, entry.name.name, column.name, position, false, defaultText(managed),
        managed?.notNull !== true, typeName(column.type),
      ]
    }),
  },
}

const largest = String(2n ** 63n - 1n)
const smallest = String(-(2n ** 63n))

function sequenceRow({ name, options, last }: SequenceEntry): Row {
  const { increment = '1', cycle } = options
  const isFalling = increment.startsWith('-')
  const minValue = options.minValue ?? (isFalling ? smallest : '1')
  const maxValue = options.maxValue ?? (isFalling ? '-1' : largest)
  const start = options.start ?? (isFalling ? maxValue : minValue)
  const sql = `CREATE SEQUENCE ${quoteIdentifier(name.name)} ${sequenceSql(options)};`
  return [
    catalogName, name.schema, name.name, null, false, start, minValue, maxValue, increment, cycle, last ?? null, sql,
  ]
}

function precisionOf({ type }: Column): Row {
  return type.kind === 'decimal' ? [type.width, type.scale] : []
}

/** The query of a view; undefined where there is none of the name. */
export async function systemViewSql(
  name: string,
  catalog: Catalog,
  columnsOf: ColumnsOf,
): Promise<string | undefined> {
  const view = Object.hasOwn(views, name) ? views[name] : undefined
  if (view === undefined) return undefined
  const rows = await view.rows(catalog, columnsOf)
  const values = view.columns.map((text, at) => {
    const [column = '', type = 'VARCHAR'] = text.split(' ')
    return `CAST(c${at} AS ${type}) AS ${quoteIdentifier(column)}`
  })
  const names = view.columns.map((_, at) => `c${at}`).join(', ')
  const list = (rows.length === 0 ? [[]] : rows).map((row: Row) =>
    `(${view.columns.map((_, at) => cellSql(row[at] ?? null)).join(', ')})`)
  const none = rows.length === 0 ? ' WHERE false' : ''
  return `SELECT ${values.join(', ')} FROM (VALUES ${list.join(', ')}) AS v(${names})${none}`
}

function cellSql(cell: Cell): string {
  if (cell === null) return 'NULL'
  return typeof cell === 'string' ? quoteLiteral(cell) : String(cell)
}
