/**
 * From what a query names to tables the planner knows: names are looked up, views are followed, files
 * named in the query get tables of their own, and every table's files are looked at again, so that a
 * statement sees the files as they are now.
 */
import { createHash } from 'node:crypto'
import { isAbsolute, resolve } from 'node:path'
import { limits, queryError } from '@arbalest/common'
import type { InspectReply, InspectRequest } from '@arbalest/plan'
import type { SchedulerService } from '@arbalest/protocol'
import { nearestWord } from '@arbalest/planner'
import type { FileReference, FileTable, Planner, QualifiedName } from '../planning/planner.js'
import { defaultSchema, fileTablePrefix, qualify, type Catalog, type TableEntry } from './catalog.js'
import { readerOptions } from './reader-options.js'

export interface TableResolverParts {
  readonly catalog: Catalog
  readonly planner: Planner
  readonly scheduler: SchedulerService
  /** Relative paths start here. */
  readonly baseDirectory: string
}

export interface ResolvedQuery {
  readonly tables: readonly QualifiedName[]
  readonly files: readonly FileTable[]
}

export interface TableResolver {
  /** @throws QueryError UNKNOWN_TABLE with a position, and what inspection throws */
  resolve(sql: string, signal: AbortSignal): Promise<ResolvedQuery>
  /** Looks at the files of a table that is to be made. */
  inspectNew(table: Omit<TableEntry, 'kind' | 'source' | 'version'>, signal: AbortSignal): Promise<TableEntry>
  absolute(location: string): string
}

export function createTableResolver(parts: TableResolverParts): TableResolver {
  const { catalog, planner, scheduler, baseDirectory } = parts
  /** Tables for files, the longest unused first. */
  const fileTables = new Map<string, QualifiedName>()

  const absolute = (location: string): string => {
    const path = location.replace(/^file:\/\//, '')
    if (/^[a-z][a-z0-9+]*:\/\//i.test(path)) {
      throw queryError('NOT_IN_THIS_VERSION', { what: `reading ${path}`, instead: 'use a path of the local file system' })
    }
    return isAbsolute(path) ? path : resolve(baseDirectory, path)
  }

  const inspectNew: TableResolver['inspectNew'] = async (table, signal) => {
    const [reply] = await scheduler.inspect([requestOf(table, undefined)], signal)
    if (reply?.kind !== 'inspected') throw queryError('INTERNAL', { reason: 'inspection gave nothing' })
    return { kind: 'table', ...table, source: reply.source, version: reply.version }
  }

  const tableOfFiles = async (reference: FileReference, signal: AbortSignal): Promise<FileTable> => {
    const locations = reference.paths.map(absolute)
    const { partitionColumns, ...reader } = readerOptions(reference.format, reference.options, [])
    const text = JSON.stringify([locations, reader])
    const known = fileTables.get(text)
    if (known !== undefined && catalog.find(known) !== undefined) {
      fileTables.delete(text)
      fileTables.set(text, known)
      return { reference, table: known }
    }
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 24)
    const name = { schema: defaultSchema, name: `${fileTablePrefix}${digest}` }
    const entry = await inspectNew(
      { name, locations, reader: { ...reader, partitionColumns }, declaredColumns: undefined },
      signal,
    )
    catalog.put(entry)
    await planner.putTable(entry)
    fileTables.set(text, name)
    await forgetUnused()
    return { reference, table: name }
  }

  const forgetUnused = async (): Promise<void> => {
    const used = new Set(catalog.list().flatMap((entry) => (entry.kind === 'view' ? entry.uses.map((u) => u.name) : [])))
    for (const [text, name] of fileTables) {
      if (fileTables.size <= limits.fileTablesMax) return
      if (used.has(name.name)) continue
      fileTables.delete(text)
      catalog.drop(name)
      await planner.dropTable(name)
    }
  }

  const refresh = async (names: readonly QualifiedName[], signal: AbortSignal): Promise<void> => {
    const entries = names.flatMap((name) => {
      const entry = catalog.find(name)
      return entry?.kind === 'table' ? [entry] : []
    })
    if (entries.length === 0) return
    const replies = await scheduler.inspect(entries.map((entry) => requestOf(entry, entry.version)), signal)
    await Promise.all(entries.map((entry, index) => update(entry, replies[index])))
  }

  const update = async (entry: TableEntry, reply: InspectReply | undefined): Promise<void> => {
    if (reply?.kind !== 'inspected') return
    const changed = { ...entry, source: reply.source, version: reply.version }
    catalog.put(changed)
    await planner.putTable(changed)
  }

  return {
    absolute,
    inspectNew,
    async resolve(sql, signal) {
      const references = await planner.references(sql)
      const tables = references.tables.map((reference) => {
        const parts = [reference.schema, reference.name].filter((part): part is string => part !== undefined)
        const name = qualify(parts)
        if (catalog.find(name) === undefined) throw unknownTable(catalog, parts.join('.'), reference.position)
        return name
      })
      const all = closure(catalog, tables)
      await refresh(all, signal)
      const files: FileTable[] = []
      for (const reference of references.files) {
        const file = await tableOfFiles(reference, signal)
        files.push(file)
      }
      await refresh(files.map((file) => file.table), signal)
      return { tables, files }
    },
  }
}

/** The tables that names stand for, through views. */
function closure(catalog: Catalog, names: readonly QualifiedName[]): readonly QualifiedName[] {
  const found = new Map<string, QualifiedName>()
  const visit = (name: QualifiedName): void => {
    const key = `${name.schema}.${name.name}`.toLowerCase()
    if (found.has(key)) return
    found.set(key, name)
    const entry = catalog.find(name)
    if (entry?.kind === 'view') entry.uses.forEach(visit)
  }
  names.forEach(visit)
  return [...found.values()]
}

function requestOf(entry: Omit<TableEntry, 'kind' | 'source' | 'version'>, knownVersion: string | undefined): InspectRequest {
  const { name, locations, reader, declaredColumns } = entry
  return { table: name.name, locations, reader, declaredColumns, knownVersion }
}

function unknownTable(catalog: Catalog, name: string, position: number | undefined) {
  const near = nearestWord(name, catalog.list().map((entry) => entry.name.name))
  const reason = `there is no table ${name}${near === undefined ? '' : `; did you mean ${near}?`}`
  return queryError('UNKNOWN_TABLE', { reason }, position === undefined ? {} : { position })
}
