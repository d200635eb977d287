/** The shared catalog: tables and views by name, the same for every client. Names ignore case. */
import { catalogName, defaultSchema, informationSchema, queryError, type Column } from '@arbalest/common'
import { createDefinitions, type DefinitionRef, type Definitions } from './definitions.js'
import type { ReaderOptions, TableSource } from '@arbalest/plan'
import type { ManagedTable } from '../tables/managed-table.js'
import type { QualifiedName } from '../planning/planner.js'

export interface TableEntry {
  readonly kind: 'table'
  readonly name: QualifiedName
  readonly locations: readonly string[]
  readonly reader: ReaderOptions
  readonly declaredColumns: readonly Column[] | undefined
  /** Types that the user gave to columns whose values stand in directory names. */
  readonly partitionTypes: readonly Column[]
  /** As inspected last; replaced when the files have changed. */
  readonly source: TableSource
  readonly version: string
  /** Of a table whose files are ours: written by statements and never changed. */
  readonly managed?: ManagedTable
}

/** A table before its files have been looked at. */
export type TableToInspect = Omit<TableEntry, 'kind' | 'source' | 'version'>

export interface ViewEntry {
  readonly kind: 'view'
  readonly name: QualifiedName
  readonly sql: string
  readonly columns: readonly string[] | undefined
  /** What the view's query names, directly. */
  readonly uses: readonly QualifiedName[]
  /** Macros, types and sequences that it names. */
  readonly needs?: readonly DefinitionRef[]
}

export type CatalogEntry = TableEntry | ViewEntry

export interface Catalog {
  readonly definitions: Definitions
  find(name: QualifiedName): CatalogEntry | undefined
  put(entry: CatalogEntry): void
  /** Where the catalog outlives its process: the entry is there to stay from now on, before anybody sees it. */
  save(entry: CatalogEntry): Promise<void>
  drop(name: QualifiedName): void
  /** One change at a time: what `work` finds in the catalog holds until it is done. */
  change<T>(work: () => Promise<T>): Promise<T>
  /** The schema's name as first written; undefined where there is none. `main` is always there. */
  findSchema(name: string): string | undefined
  putSchema(name: string): void
  dropSchema(name: string): void
  /** Sorted. */
  schemas(): readonly string[]
  /** Sorted by name, without tables that stand for files named in queries, and without `information_schema`. */
  list(): readonly CatalogEntry[]
}

/** Begins the names of tables that stand for files which queries name. */
export const fileTablePrefix = 'arbalest_files_'

export const keyOf = (name: QualifiedName): string => `${name.schema}.${name.name}`.toLowerCase()
const sameName = (a: QualifiedName, b: QualifiedName): boolean => keyOf(a) === keyOf(b)

export function createCatalog(): Catalog {
  const entries = new Map<string, CatalogEntry>()
  const schemas = new Map([[defaultSchema, defaultSchema]])
  let lastChange: Promise<unknown> = Promise.resolve()
  return {
    definitions: createDefinitions(),
    change(work) {
      const next = lastChange.then(work)
      lastChange = next.catch(() => undefined)
      return next
    },
    find: (name) => entries.get(keyOf(name)),
    put: (entry) => void entries.set(keyOf(entry.name), entry),
    save: () => Promise.resolve(),
    drop: (name) => void entries.delete(keyOf(name)),
    findSchema: (name) => schemas.get(name.toLowerCase()),
    putSchema: (name) => void schemas.set(name.toLowerCase(), name),
    dropSchema: (name) => void schemas.delete(name.toLowerCase()),
    schemas: () => [...schemas.values()].sort(),
    list: () =>
      [...entries.values()]
        .filter(({ name }) => !name.name.startsWith(fileTablePrefix) && !name.schema.startsWith(informationSchema))
        .sort((a, b) => (keyOf(a.name) < keyOf(b.name) ? -1 : 1)),
  }
}

/**
 * One to three identifiers as a name of this catalog, in `schema` unless they say another one. `arbalest.t` is
 * `arbalest.main.t`. Whether there is such a schema is not looked at.
 * @throws QueryError UNKNOWN_SCHEMA for other catalogs
 */
export function qualify(parts: readonly string[], schema: string = defaultSchema): QualifiedName {
  const name = parts.at(-1) ?? ''
  const [catalog] = parts
  if (parts.length === 3 && catalog?.toLowerCase() !== catalogName) {
    throw queryError('UNKNOWN_SCHEMA', { reason: `there is no catalog ${catalog}: this one is ${catalogName}` })
  }
  const written = parts.at(-2)
  if (parts.length === 2 && written?.toLowerCase() === catalogName) return { schema: defaultSchema, name }
  return { schema: written ?? schema, name }
}

/** Whether a table or view reads `target`, or is it, through whatever views. */
export function reaches(catalog: Catalog, from: QualifiedName, target: QualifiedName): boolean {
  if (sameName(from, target)) return true
  const entry = catalog.find(from)
  return entry?.kind === 'view' && entry.uses.some((used) => reaches(catalog, used, target))
}

/** The views that read `target`, each after those that it reads itself. */
export function viewsOver(catalog: Catalog, target: QualifiedName): readonly ViewEntry[] {
  const found = new Map<string, ViewEntry>()
  const visit = (view: ViewEntry): void => {
    if (found.has(keyOf(view.name)) || sameName(view.name, target)) return
    for (const used of view.uses) {
      const entry = catalog.find(used)
      if (entry?.kind === 'view' && reaches(catalog, used, target)) visit(entry)
    }
    found.set(keyOf(view.name), view)
  }
  for (const entry of catalog.list()) {
    if (entry.kind === 'view' && reaches(catalog, entry.name, target)) visit(entry)
  }
  return [...found.values()]
}
