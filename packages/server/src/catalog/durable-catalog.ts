/**
 * A catalog whose objects outlive its process: what a change has put or dropped is in the store before the
 * change is done. Tables that stand for files are kept only where a view reads them.
 */
import { queryError } from '@arbalest/common'
import type { Planner } from '../planning/planner.js'
import type { ManagedTable } from '../tables/managed-table.js'
import { entryOf } from '../tables/table-entry.js'
import { fileTablePrefix, keyOf, type Catalog, type CatalogEntry, type TableEntry, type ViewEntry } from './catalog.js'
import { temporaryOrSystem } from './name-lookup.js'
import { durableDefinitions } from './durable-definitions.js'
import type { DefinitionEntry, MacroEntry } from './definitions.js'
import { sequenceSql } from './sequence-sql.js'
import type { CatalogRecord, CatalogStore } from './store/catalog-store.js'

type RestoringPlanner = Pick<Planner, 'putTable' | 'putView' | 'putMacro' | 'putType' | 'putSequence'>

export interface DurableCatalog extends Catalog {
  /** Brings back what the store has. Views that no longer bind say so to whoever reads them. */
  restore(planner: RestoringPlanner): Promise<void>
}

export function durableCatalog(catalog: Catalog, store: CatalogStore): DurableCatalog {
  const saved = new Map<string, { readonly version: number; readonly text: string }>()
  const known = new Map<string, CatalogEntry>()
  const dirty = new Set<string>()
  const definitions = durableDefinitions(catalog.definitions)

  const write = async (kind: string, name: string, value: unknown): Promise<void> => {
    const key = JSON.stringify([kind, name])
    const old = saved.get(key)
    const text = JSON.stringify(value)
    if (text === old?.text) return
    if (!(await store.compareAndSet({ kind, name }, old?.version ?? 0, value))) {
      throw queryError('INTERNAL', { reason: `another process has changed the ${kind} ${name}` })
    }
    if (value === undefined) saved.delete(key)
    else saved.set(key, { version: (old?.version ?? 0) + 1, text })
  }

  const isKept = ({ name }: CatalogEntry): boolean =>
    !temporaryOrSystem(name) && (!name.name.startsWith(fileTablePrefix) ||
    catalog.list().some((entry) => entry.kind === 'view' && entry.uses.some((used) => keyOf(used) === keyOf(name))))

  const flush = async (): Promise<void> => {
    for (const key of [...dirty]) {
      const entry = known.get(key)
      if (entry === undefined || isKept(entry)) await write('object', key, entry && valueOf(entry))
      dirty.delete(key)
      const used = entry?.kind === 'view' && isKept(entry) ? entry.uses : []
      for (const name of used) {
        const table = catalog.find(name)
        if (table !== undefined) await write('object', keyOf(name), valueOf(table))
      }
    }
    await definitions.flush(write)
    const schemas = catalog.schemas()
    if (schemas.length > 1 || saved.has(schemasKey)) await write('schemas', 'all', schemas)
  }

  return {
    ...catalog,
    definitions,
    put(entry) {
      catalog.put(entry)
      known.set(keyOf(entry.name), entry)
      dirty.add(keyOf(entry.name))
    },
    drop(name) {
      catalog.drop(name)
      known.delete(keyOf(name))
      dirty.add(keyOf(name))
    },
    save: async (entry) => {
      if (isKept(entry)) await write('object', keyOf(entry.name), valueOf(entry))
    },
    change: (work) => catalog.change(async () => {
      const result = await work().catch(async (error: unknown) => {
        // What was done before it failed stays done.
        await flush()
        throw error
      })
      await flush()
      return result
    }),
    async restore(planner) {
      const records = await store.load()
      for (const { kind, name, version, value } of records) {
        saved.set(JSON.stringify([kind, name]), { version, text: JSON.stringify(value) })
      }
      const restored = await restoreRecords(records, catalog, planner)
      for (const entry of restored) known.set(keyOf(entry.name), entry)
    },
  }
}

const schemasKey = JSON.stringify(['schemas', 'all'])

/** A managed table without what follows from it, an external one without its files: they are looked at anew. */
type SavedEntry =
  | { readonly kind: 'managed'; readonly name: CatalogEntry['name']; readonly managed: ManagedTable }
  | CatalogEntry

function valueOf(entry: CatalogEntry): SavedEntry {
  if (entry.kind !== 'table') return entry
  const { name, managed, source: { clustered: _, ...source } } = entry
  if (managed !== undefined) return { kind: 'managed', name, managed }
  return { ...entry, version: '', source: { ...source, files: [], rows: 0, statistics: {} } }
}

async function restoreRecords(
  records: readonly CatalogRecord[],
  catalog: Catalog,
  planner: RestoringPlanner,
): Promise<readonly CatalogEntry[]> {
  for (const { kind, value } of records) {
    if (kind === 'schemas') for (const schema of value as readonly string[]) catalog.putSchema(schema)
  }
  const saved = records.flatMap(({ kind, value }) => (kind === 'object' ? [value as SavedEntry] : []))
  const entries = saved.map((entry) => (entry.kind === 'managed' ? entryOf(entry.name, entry.managed) : entry))
  const isTable = (entry: CatalogEntry): entry is TableEntry => entry.kind === 'table'
  for (const entry of entries.filter(isTable)) await planner.putTable(entry)
  for (const entry of entries) catalog.put(entry)
  const definitions = records.flatMap(({ kind, value }) => (kind === 'definition' ? [value as DefinitionEntry] : []))
  for (const definition of definitions) {
    if (definition.kind === 'type') await planner.putType(definition.name, definition.type)
    if (definition.kind === 'sequence') await planner.putSequence(definition.name, sequenceSql(definition.options))
    catalog.definitions.put(definition)
  }
  let waiting: readonly (ViewEntry | MacroEntry)[] = [...entries, ...definitions].flatMap((entry) =>
    (entry.kind === 'view' || entry.kind === 'macro' ? [entry] : []))
  // A view or macro comes after what it uses.
  for (let before = waiting.length + 1; waiting.length < before;) {
    before = waiting.length
    const failed: (ViewEntry | MacroEntry)[] = []
    for (const entry of waiting) {
      const made = entry.kind === 'view'
        ? planner.putView(entry.name, entry.columns, entry.sql)
        : planner.putMacro(entry)
      await made.catch(() => void failed.push(entry))
    }
    waiting = failed
  }
  return entries
}
