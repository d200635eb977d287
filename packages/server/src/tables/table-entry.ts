/** The catalog's entry of a version of a managed table. */
import type { Column } from '@arbalest/common'
import { clusteredColumns, type ColumnStatistics, type TableSource } from '@arbalest/plan'
import { partitionHashVersion } from '@arbalest/planner'
import type { TableEntry } from '../catalog/catalog.js'
import type { QualifiedName } from '../planning/planner.js'
import { rowsOf, type ManagedFile, type ManagedTable } from './managed-table.js'

export function entryOf(name: QualifiedName, managed: ManagedTable): TableEntry {
  const columns = managed.columns.map((column) => ({ name: column.name, type: column.type }))
  const reader = { format: 'parquet', options: {}, partitionColumns: [], encoded: true } as const
  const source: TableSource = {
    table: name.name,
    reader,
    columns,
    files: managed.files.map(({ statistics: _, clustered: __, bucketHash: ___, ...file }) => file),
    rows: rowsOf(managed.files),
    statistics: Object.fromEntries(columns.flatMap((column) => {
      const all = managed.files.map(({ statistics }) => statistics[column.name])
      const merged = mergeStatistics(all)
      return merged === undefined ? [] : [[column.name, merged]]
    })),
    ...clusteredBy(managed.files, columns),
    ...bucketsIn(managed),
  }
  const version = `${managed.tableId}.${managed.revision}`
  return {
    kind: 'table', name, locations: [], reader, declaredColumns: columns, partitionTypes: [], source, version, managed,
  }
}

function clusteredBy(files: ManagedTable['files'], columns: readonly Column[]): Pick<TableSource, 'clustered'> {
  const rowGroups = files.reduce((sum, { rowGroupRows }) => sum + rowGroupRows.length, 0)
  const rangesOf = files.map(({ clustered }) => (column: string) => clustered?.[column])
  return clusteredColumns(columns, rangesOf, rowGroups)
}

/** Whether what is written into buckets lies in them as rows are hashed now. */
function bucketsIn({ buckets, files }: ManagedTable): Pick<TableSource, 'buckets'> {
  if (buckets === undefined) return {}
  const isIn = ({ bucket, bucketHash }: ManagedFile) => bucket !== undefined && bucketHash === partitionHashVersion
  return files.every(isIn) ? { buckets } : {}
}

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
