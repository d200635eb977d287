/** The shared catalog: tables and views by name, the same for every client. Names ignore case. */
import { queryError, type Column } from '@arbalest/common'
import type { ReaderOptions, TableSource } from '@arbalest/plan'
import type { QualifiedName } from '../planning/planner.js'

export interface TableEntry {
  readonly kind: 'table'
  readonly name: QualifiedName
  readonly locations: readonly string[]
  readonly reader: ReaderOptions
  readonly declaredColumns: readonly Column[] | undefined
  /** As inspected last; replaced when the files have changed. */
  readonly source: TableSource
  readonly version: string
}

export interface ViewEntry {
  readonly kind: 'view'
  readonly name: QualifiedName
  readonly sql: string
  readonly columns: readonly string[] | undefined
  /** What the view's query names, directly. */
  readonly uses: readonly QualifiedName[]
}

export type CatalogEntry = TableEntry | ViewEntry

export interface Catalog {
  find(name: QualifiedName): CatalogEntry | undefined
  put(entry: CatalogEntry): void
  drop(name: QualifiedName): void
  /** Sorted by name, without the tables that stand for files named in queries. */
  list(): readonly CatalogEntry[]
}

export const defaultSchema = 'main'
/** Begins the names of tables that stand for files which queries name. */
export const fileTablePrefix = 'arbalest_files_'

const keyOf = (name: QualifiedName): string => `${name.schema}.${name.name}`.toLowerCase()

export function createCatalog(): Catalog {
  const entries = new Map<string, CatalogEntry>()
  return {
    find: (name) => entries.get(keyOf(name)),
    put: (entry) => void entries.set(keyOf(entry.name), entry),
    drop: (name) => void entries.delete(keyOf(name)),
    list: () =>
      [...entries.values()]
        .filter((entry) => !entry.name.name.startsWith(fileTablePrefix))
        .sort((a, b) => (keyOf(a.name) < keyOf(b.name) ? -1 : 1)),
  }
}

/**
 * One to three identifiers as a name of this catalog.
 * @throws QueryError NOT_IN_THIS_VERSION for other schemas and catalogs
 */
export function qualify(parts: readonly string[]): QualifiedName {
  const name = parts.at(-1) ?? ''
  const schema = parts.at(-2) ?? defaultSchema
  if (schema.toLowerCase() !== defaultSchema) {
    const instead = schema.toLowerCase() === 'information_schema'
      ? 'use SHOW TABLES, SHOW COLUMNS and DESCRIBE'
      : `tables live in the schema ${defaultSchema}`
    throw queryError('NOT_IN_THIS_VERSION', { what: `the schema ${schema}`, instead })
  }
  return { schema: defaultSchema, name }
}
