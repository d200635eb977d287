/** What the catalog keeps of a managed table: its columns, and the files of one version of it. */
import type { Column } from '@arbalest/common'
import type { ColumnStatistics, SourceFile, TableSource } from '@arbalest/plan'
import type { TableEntry } from '../catalog/catalog.js'
import type { QualifiedName } from '../planning/planner.js'

export interface ManagedColumn extends Column {
  readonly notNull: boolean
  /** SQL of the value that a row has where none is given; NULL unless given. */
  readonly defaultValue: string | undefined
}

/** A file is never changed: what is true of it stays true. */
export interface ManagedFile extends SourceFile {
  /** By column name. */
  readonly statistics: Readonly<Record<string, ColumnStatistics>>
}

export interface ManagedTable {
  /** Names the directory of its files; another table of the same name has another. */
  readonly tableId: string
  /** Counts versions from 1. */
  readonly revision: number
  /** Counts changes of the columns and constraints from 1. */
  readonly schemaRevision: number
  readonly columns: readonly ManagedColumn[]
  /** Conditions that no row may fail. */
  readonly checks: readonly string[]
  /** In the order of the rows. */
  readonly files: readonly ManagedFile[]
}

/** The catalog's entry of one version. */
export function entryOf(name: QualifiedName, managed: ManagedTable): TableEntry {
  const columns = managed.columns.map((column) => ({ name: column.name, type: column.type }))
  const reader = { format: 'parquet', options: {}, partitionColumns: [], encoded: true } as const
  const source: TableSource = {
    table: name.name,
    reader,
    columns,
    files: managed.files.map(({ statistics: _, ...file }) => file),
    rows: rowsOf(managed.files),
    statistics: Object.fromEntries(columns.flatMap((column) => {
      const all = managed.files.map(({ statistics }) => statistics[column.name])
      const merged = mergeStatistics(all)
      return merged === undefined ? [] : [[column.name, merged]]
    })),
  }
  const version = `${managed.tableId}.${managed.revision}`
  return {
    kind: 'table', name, locations: [], reader, declaredColumns: columns, partitionTypes: [], source, version, managed,
  }
}

export const rowsOf = (files: readonly ManagedFile[]): number => files.reduce((sum, { rows = 0 }) => sum + rows, 0)

/** Of all files together; undefined unless every file tells something of the column. */
function mergeStatistics(all: readonly (ColumnStatistics | undefined)[]): ColumnStatistics | undefined {
  const [first, ...others] = all
  if (first === undefined) return undefined
  return others.reduce<ColumnStatistics | undefined>((a, b) => {
    if (a === undefined || b === undefined) return undefined
    const bytes = (a.bytes ?? 0) + (b.bytes ?? 0)
    const isRanged = a.min !== undefined && b.min !== undefined && a.max !== undefined && b.max !== undefined
    return isRanged ? { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), bytes } : { bytes }
  }, first)
}
