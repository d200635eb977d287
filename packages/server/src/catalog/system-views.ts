/** The views of `information_schema` and of functions such as `duckdb_tables()`: rows made from the catalog. */
import { catalogName, defaultSchema, quoteIdentifier, quoteLiteral, typeName, type Column } from '@arbalest/common'
import type { QualifiedName } from '../planning/planner.js'
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
  rows(seen: SeenCatalog): Promise<readonly Row[]>
}

/** The catalog as a session sees it. */
export interface SeenCatalog {
  readonly catalog: Catalog
  /** The schema of what only the session sees, in lower case. */
  readonly own: string | undefined
  readonly columnsOf: ColumnsOf
}

const isOwn = ({ schema }: QualifiedName, { own }: SeenCatalog): boolean => schema.toLowerCase() === own
/** Catalog and schema, as DuckDB has them. */
const placeOf = (name: QualifiedName, seen: SeenCatalog): readonly [string, string] =>
  isOwn(name, seen) ? ['temp', defaultSchema] : [catalogName, name.schema]
const isSeen = (name: QualifiedName, seen: SeenCatalog): boolean => isOwn(name, seen) || !temporaryOrSystem(name)
const entriesOf = (seen: SeenCatalog): readonly CatalogEntry[] =>
  seen.catalog.list().filter(({ name }) => isSeen(name, seen))
const viewsOf = (seen: SeenCatalog) => entriesOf(seen).flatMap((entry) => (entry.kind === 'view' ? [entry] : []))
function kindOf(entry: CatalogEntry, seen: SeenCatalog): string {
  if (entry.kind === 'view') return 'VIEW'
  return isOwn(entry.name, seen) ? 'LOCAL TEMPORARY' : 'BASE TABLE'
}

const isManaged = (entry: CatalogEntry): boolean => entry.kind === 'table' && entry.managed !== undefined
const managedOf = (entry: CatalogEntry, { name }: Column) =>
  entry.kind === 'table' ? entry.managed?.columns.find((column) => column.name === name) : undefined

const defaultText = (column: ManagedColumn | undefined): string | null => (column && shownDefault(column)) ?? null

async function columnRows(
  seen: SeenCatalog,
  rowOf: (entry: CatalogEntry, column: Column, position: number) => Row,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const entry of entriesOf(seen)) {
    for (const [at, column] of (await seen.columnsOf(entry)).entries()) rows.push(rowOf(entry, column, at + 1))
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
    rows: async ({ catalog }) => catalog.schemas().map((schema) => [catalogName, schema, 'arbalest']),
  },
  tables: {
    columns: tableColumns,
    rows: async (seen) => entriesOf(seen).map((entry) => [
      ...placeOf(entry.name, seen), entry.name.name, kindOf(entry, seen),
      isManaged(entry) ? 'YES' : 'NO', 'NO',
    ]),
  },
  views: {
    columns: ['table_catalog', 'table_schema', 'table_name', 'view_definition', 'check_option', 'is_updatable'],
    rows: async (seen) => viewsOf(seen).map(({ name, sql }) => [
      ...placeOf(name, seen), name.name, sql, 'NONE', 'NO',
    ]),
  },
  columns: {
    columns: [
      'table_catalog', 'table_schema', 'table_name', 'column_name', 'ordinal_position INTEGER', 'column_default',
      'is_nullable', 'data_type', 'character_maximum_length INTEGER', 'numeric_precision INTEGER',
      'numeric_scale INTEGER', 'datetime_precision INTEGER',
    ],
    rows: (seen) => columnRows(seen, (entry, column, position) => {
      const managed = managedOf(entry, column)
      const nullable = managed?.notNull === true ? 'NO' : 'YES'
      return [
        ...placeOf(entry.name, seen), entry.name.name, column.name, position, defaultText(managed),
        nullable, typeName(column.type), null, ...precisionOf(column),
      ]
    }),
  },
  duckdb_schemas: {
    columns: ['database_name', 'schema_name', 'internal BOOLEAN', 'comment', 'sql'],
    rows: async ({ catalog }) => catalog.schemas().map((schema) => [catalogName, schema, false]),
  },
  duckdb_tables: {
    columns: [
      'database_name', 'schema_name', 'table_name', 'internal BOOLEAN', 'temporary BOOLEAN', 'estimated_size BIGINT',
      'column_count BIGINT', 'comment', 'sql',
    ],
    rows: async (seen) => entriesOf(seen).flatMap((entry) => (entry.kind === 'view' ? [] : [[
      ...placeOf(entry.name, seen), entry.name.name, false, isOwn(entry.name, seen),
      entry.source.rows, entry.source.columns.length,
    ]])),
  },
  duckdb_views: {
    columns: [
      'database_name', 'schema_name', 'view_name', 'internal BOOLEAN', 'temporary BOOLEAN', 'sql', 'comment',
    ],
    rows: async (seen) => viewsOf(seen).map(({ name, sql }) => [
      ...placeOf(name, seen), name.name, false, isOwn(name, seen), sql,
    ]),
  },
  duckdb_sequences: {
    columns: [
      'database_name', 'schema_name', 'sequence_name', 'comment', 'temporary BOOLEAN', 'start_value BIGINT',
      'min_value BIGINT', 'max_value BIGINT', 'increment_by BIGINT', 'cycle BOOLEAN', 'last_value BIGINT', 'sql',
    ],
    rows: async (seen) => seen.catalog.definitions.list().flatMap((entry) => (
      entry.kind === 'sequence' && isSeen(entry.name, seen) ? [sequenceRow(entry, seen)] : [])),
  },
  duckdb_columns: {
    columns: [
      'database_name', 'schema_name', 'table_name', 'column_name', 'column_index INTEGER', 'internal BOOLEAN',
      'column_default', 'is_nullable BOOLEAN', 'data_type', 'comment',
    ],
    rows: (seen) => columnRows(seen, (entry, column, position) => {
      const managed = managedOf(entry, column)
      return [
        ...placeOf(entry.name, seen), entry.name.name, column.name, position, false, defaultText(managed),
        managed?.notNull !== true, typeName(column.type),
      ]
    }),
  },
}

const largest = String(2n ** 63n - 1n)
const smallest = String(-(2n ** 63n))

function sequenceRow({ name, options, last }: SequenceEntry, seen: SeenCatalog): Row {
  const { increment = '1', cycle } = options
  const isFalling = increment.startsWith('-')
  const minValue = options.minValue ?? (isFalling ? smallest : '1')
  const maxValue = options.maxValue ?? (isFalling ? '-1' : largest)
  const start = options.start ?? (isFalling ? maxValue : minValue)
  const sql = `CREATE SEQUENCE ${quoteIdentifier(name.name)} ${sequenceSql(options)};`
  return [
    ...placeOf(name, seen), name.name, null, isOwn(name, seen), start, minValue, maxValue, increment, cycle,
    last ?? null, sql,
  ]
}

function precisionOf({ type }: Column): Row {
  return type.kind === 'decimal' ? [type.width, type.scale] : []
}

/** The names of all of them. */
export const systemViewNames: readonly string[] = Object.keys(views)

/** The query of a view; undefined where there is none of the name. */
export async function systemViewSql(
  name: string,
  seen: SeenCatalog,
): Promise<string | undefined> {
  const view = Object.hasOwn(views, name) ? views[name] : undefined
  if (view === undefined) return undefined
  const rows = await view.rows(seen)
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
