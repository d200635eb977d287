/**
 * From what a query names to tables the planner knows: names are looked up, views are followed, files
 * named in the query get tables of their own, and every table's files are looked at again, so that a
 * statement sees the files as they are now.
 */
import { isAbsolute, resolve } from 'node:path'
import { asQueryError, catalogName, QueryError, queryError, type Column } from '@arbalest/common'
import type { InspectReply, InspectRequest, TableSource } from '@arbalest/plan'
import type { SchedulerService } from '@arbalest/protocol'
import { nearestWord, type SequenceName } from '@arbalest/planner'
import type { FileTable, Planner, QualifiedName, QueryReferences, TableName } from '../planning/planner.js'
import type { PreparedTexts } from '../planning/prepared-texts.js'
import {
  fileTablePrefix, keyOf, viewsOver, type Catalog, type TableEntry, type TableToInspect,
} from './catalog.js'
import { createSystemViews } from './refresh-system-views.js'
import type { ReadEntry } from './read-entry.js'
import { createFileTables } from './file-tables.js'
import type { DefinitionEntry, DefinitionRef } from './definitions.js'
import { existingSchema, locate, locateDefinition, locateSequence, shownName, type SearchPath } from './name-lookup.js'

export interface TableResolverParts {
  readonly catalog: Catalog
  readonly planner: Planner
  readonly texts: Pick<PreparedTexts, 'references' | 'knownReferences'>
  readonly scheduler: SchedulerService
  /** Relative paths start here. */
  readonly baseDirectory: string
}

/** A name as a query has it, and what it stands for. */
export interface ResolvedName {
  readonly written: Pick<TableName, 'schema' | 'name' | 'position'>
  readonly name: QualifiedName
}

/** A sequence as a query names it in quotes, and where. */
export interface ResolvedSequence {
  readonly written: SequenceName
  readonly name: QualifiedName
}

export interface ResolvedQuery {
  readonly tables: readonly QualifiedName[]
  readonly names: readonly ResolvedName[]
  /** Macros, types and sequences that it names, and where it calls the macros. */
  readonly needs: readonly DefinitionEntry[]
  readonly calls: readonly ResolvedName[]
  /** Sequences that it names itself. */
  readonly sequences: readonly ResolvedSequence[]
  /** All that stands behind it: tables as they are now, and the views, macros, types and sequences on the way. */
  readonly reads: readonly ReadEntry[]
  readonly files: readonly FileTable[]
}

export interface TableResolver {
  /** @throws QueryError UNKNOWN_TABLE with a position, and what inspection throws */
  resolve(sql: string, path: SearchPath, signal: AbortSignal): Promise<ResolvedQuery>
  /** What a query that was resolved before reads, as it was looked at last; undefined where it names files. */
  known(sql: string, path: SearchPath): readonly ReadEntry[] | undefined
  /** Looks at the files of a table that is to be made. */
  inspectNew(table: TableToInspect, signal: AbortSignal): Promise<TableEntry>
  /** After a change of the table's or view's columns. */
  redefineViews(name: QualifiedName): Promise<void>
  absolute(location: string): string
}

export function createTableResolver(parts: TableResolverParts): TableResolver {
  const { catalog, planner, texts, scheduler, baseDirectory } = parts
  const absolute = (location: string): string => {
    const path = location.replace(/^file:\/\/(localhost(?=\/))?/i, '')
    if (/^[a-z][a-z0-9+]*:\/\//i.test(path)) {
      const instead = 'use a path of the local file system'
      throw queryError('NOT_IN_THIS_VERSION', { what: `reading ${path}`, instead })
    }
    return isAbsolute(path) ? path : resolve(baseDirectory, path)
  }

  const inspectNew: TableResolver['inspectNew'] = async (table, signal) => {
    const [reply] = await scheduler.inspect([requestOf(table, undefined)], signal)
    if (reply?.kind !== 'inspected') throw queryError('INTERNAL', { reason: 'inspection gave nothing' })
    const source = withPartitionTypes(reply.source, table.partitionTypes)
    return { kind: 'table', ...table, source, version: reply.version }
  }

  const fileTables = createFileTables({ catalog, planner, inspectNew, absolute })

  const refresh = async (names: readonly QualifiedName[], signal: AbortSignal): Promise<void> => {
    const entries = names.flatMap((name) => {
      const entry = catalog.find(name)
      // Files of managed tables never change: a version is what it is.
      return entry?.kind === 'table' && entry.managed === undefined ? [entry] : []
    })
    if (entries.length === 0) return
    const replies = await scheduler.inspect(entries.map((entry) => requestOf(entry, entry.version)), signal)
    await Promise.all(entries.map((entry, index) => update(entry, replies[index])))
  }

  const update = async (entry: TableEntry, reply: InspectReply | undefined): Promise<void> => {
    if (reply?.kind !== 'inspected') return
    const source = withPartitionTypes(reply.source, entry.partitionTypes)
    await catalog.change(async () => {
      // Another statement may have dropped or replaced it, or have looked at it as well.
      if (catalog.find(entry.name) !== entry) return
      const changed = { ...entry, source, version: reply.version }
      await planner.putTable(changed)
      catalog.put(changed)
      if (!sameColumns(entry.source.columns, source.columns)) await redefineViews(entry.name)
    })
  }

  /** Views know the types of what they read. One that no longer fits says so to whoever reads it. */
  const redefineViews: TableResolver['redefineViews'] = async (name) => {
    for (const view of viewsOver(catalog, name)) {
      await planner.putView(view.name, view.columns, view.sql).catch(() => undefined)
    }
  }

  const refreshSystemViews = createSystemViews({ catalog, planner })

  const entriesOf = (names: readonly QualifiedName[]) => names.flatMap((name) => catalog.find(name) ?? [])

  return {
    absolute,
    inspectNew,
    redefineViews,
    known(sql, path) {
      const references = texts.knownReferences(sql)
      if (references === undefined || references.files.length > 0) return undefined
      const found = references.tables.map((reference) => locate(catalog, partsOf(reference), path))
      const entries = found.flatMap((entry) => entry ?? [])
      if (entries.length < found.length) return undefined
      const { needs } = definitionsOf(catalog, references, path)
      const all = closure(catalog, entries.map(({ name }) => name), needs)
      return [...entriesOf(all.tables), ...all.definitions]
    },
    async resolve(sql, path, signal) {
      const references = await texts.references(sql)
      await refreshSystemViews(references.tables)
      const resolved = references.tables.map((written): ResolvedName => {
        const entry = locate(catalog, partsOf(written), path)
        if (entry === undefined) throw unknownTable(catalog, written)
        return { written, name: entry.name }
      })
      const tables = resolved.map(({ name }) => name)
      const { needs, calls, sequences } = definitionsOf(catalog, references, path)
      const all = closure(catalog, tables, needs)
      await refreshSystemViews(all.tables)
      await refresh(all.tables, signal)
      const files: FileTable[] = []
      for (const reference of references.files) {
        files.push({ reference, table: await fileTables.tableOf(reference, signal) })
      }
      await refresh(files.map((file) => file.table), signal)
      const names = [...all.tables, ...files.map((file) => file.table)]
      const reads = [...entriesOf(names), ...all.definitions]
      return { tables, names: resolved, needs, calls, sequences, files, reads }
    },
  }
}

const partsOf = ({ catalog, schema, name }: TableName): readonly string[] =>
  [catalog, schema, name].flatMap((part) => part ?? [])

const sameColumns = (a: readonly Column[], b: readonly Column[]): boolean => JSON.stringify(a) === JSON.stringify(b)

function withPartitionTypes(source: TableSource, types: readonly Column[]): TableSource {
  const given = new Map(types.map((column) => [column.name, column]))
  return { ...source, columns: source.columns.map((column) => given.get(column.name) ?? column) }
}

/** The macros, types and sequences that a query names. @throws QueryError UNKNOWN_OBJECT for sequences */
function definitionsOf(catalog: Catalog, references: QueryReferences, path: SearchPath) {
  const { functions, types } = references
  const needs = new Set<DefinitionEntry>()
  const calls: ResolvedName[] = []
  const sequences = references.sequences.map((written): ResolvedSequence => {
    const entry = locateSequence(catalog, written.parts, path)
    if (entry === undefined) throw unknownSequence(written)
    needs.add(entry)
    return { written, name: entry.name }
  })
  // Mostly there are none.
  if (catalog.definitions.list().length === 0) return { needs: [], calls, sequences }
  for (const written of types) {
    const entry = locateDefinition(catalog, 'type', written, path)
    if (entry !== undefined) needs.add(entry)
  }
  for (const written of functions) {
    const entry = locateDefinition(catalog, 'macro', written, path)
    if (entry === undefined) continue
    needs.add(entry)
    calls.push({ written, name: entry.name })
  }
  return { needs: [...needs], calls, sequences }
}

/** The tables that names stand for, and all that is on the way: views, macros and types. */
function closure(catalog: Catalog, names: readonly QualifiedName[], needs: readonly DefinitionEntry[]) {
  const tables = new Map<string, QualifiedName>()
  const definitions = new Set<DefinitionEntry>()
  const visit = (name: QualifiedName): void => {
    const key = keyOf(name)
    if (tables.has(key)) return
    tables.set(key, name)
    const entry = catalog.find(name)
    if (entry?.kind !== 'view') return
    entry.uses.forEach(visit)
    entry.needs?.forEach(visitReference)
  }
  const visitDefinition = (entry: DefinitionEntry): void => {
    if (definitions.has(entry)) return
    definitions.add(entry)
    if (entry.kind !== 'macro') return
    entry.uses.forEach(visit)
    entry.needs.forEach(visitReference)
  }
  const visitReference = (reference: DefinitionRef): void => {
    const entry = catalog.definitions.find(reference)
    if (entry !== undefined) visitDefinition(entry)
  }
  names.forEach(visit)
  needs.forEach(visitDefinition)
  return { tables: [...tables.values()], definitions: [...definitions] }
}

function requestOf(entry: TableToInspect, knownVersion: string | undefined): InspectRequest {
  const { name, locations, reader, declaredColumns } = entry
  // A table that stands for files is known to people by what they wrote.
  const table = name.name.startsWith(fileTablePrefix) ? locations.join(', ') : name.name
  return { table, locations, reader, declaredColumns, knownVersion }
}

const unknownSequence = ({ parts, position }: SequenceName) => queryError(
  'UNKNOWN_OBJECT', { reason: `there is no sequence ${parts.join('.')}` }, position === undefined ? {} : { position })

function unknownTable(catalog: Catalog, written: TableName) {
  const { schema, position } = written
  const place = position === undefined ? {} : { position }
  if (schema !== undefined && schema.toLowerCase() !== catalogName) {
    try {
      existingSchema(catalog, schema)
    } catch (error) {
      return new QueryError({ ...asQueryError(error).toWire(), ...place })
    }
  }
  const name = partsOf(written).join('.')
  const near = nearestWord(name, catalog.list().map((entry) => shownName(entry.name)))
  const reason = `there is no table ${name}${near === undefined ? '' : `; did you mean ${near}?`}`
  return queryError('UNKNOWN_TABLE', { reason }, place)
}
