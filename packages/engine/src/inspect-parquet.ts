/** What Parquet files say about their table: columns, rows and statistics from the footers. */
import { isInteger, limits, present, queryError, type Column } from '@arbalest/common'
import type { ColumnStatistics, InspectRequest, RowGroupRanges } from '@arbalest/plan'
import type { Connection } from './database.js'
import { describeColumns } from './describe-columns.js'
import { areDisjoint, type FooterSummary } from './footer-summary.js'
import type { FormatFacts, FoundFile } from './found-file.js'
import { optionList, partitionColumnsOf, pathList, withoutPartitionOptions } from './partition-columns.js'

export async function inspectParquet(
  request: InspectRequest,
  files: readonly FoundFile[],
  connection: Connection,
): Promise<FormatFacts> {
  const first = present(files[0], 'a table has at least one file')
  const options = withoutPartitionOptions(request.reader.options)
  const byName = /^'?(true|1)'?$/i.test(options['union_by_name'] ?? '')
  const kinds = distinctSchemas(files)
  if (!byName) checkSameSchema(kinds)
  const partitionColumns = partitionColumnsOf(request, files.map(({ path }) => path))
  const looked = partitionColumns.length > 0 ? files : byName ? kinds : [first]
  const hive = `, hive_partitioning = ${partitionColumns.length > 0}`
  const from = `read_parquet(${pathList(looked.map(({ path }) => path))}${optionList(options)}${hive})`
  const found = await describeColumns(connection, from, { path: first.path, format: 'parquet' })
  const columns = declaredOver(request.declaredColumns, found, first.path)
  const footers = files.map(({ footer }) => present(footer, 'Parquet files have footers'))
  return {
    reader: { ...request.reader, options, partitionColumns },
    columns,
    rows: footers.reduce((sum, { rows }) => sum + rows, 0),
    statistics: statisticsOf(columns, footers),
    ...clusteredColumns(columns, footers),
  }
}

/** One file for each set of columns. */
function distinctSchemas(files: readonly FoundFile[]): readonly FoundFile[] {
  const kinds = new Map<string, FoundFile>()
  for (const file of files) {
    const key = file.footer?.schema.join('\n') ?? ''
    if (!kinds.has(key)) kinds.set(key, file)
  }
  return [...kinds.values()]
}

function checkSameSchema([first, second]: readonly FoundFile[]): void {
  if (first === undefined || second === undefined) return
  const [left, right] = [first.footer?.schema ?? [], second.footer?.schema ?? []]
  const lost = left.find((text) => !right.includes(text))
  const added = right.find((text) => !left.includes(text))
  const difference = lost !== undefined && added !== undefined
    ? `"${lost}" against "${added}"`
    : lost !== undefined ? `"${lost}" is only in the first`
    : added !== undefined ? `"${added}" is only in the second`
    : 'the order of the columns'
  throw queryError('FILE_SCHEMAS_DIFFER', { first: first.path, second: second.path, difference })
}

/** The declared columns, each of which the files must have, and what only directories tell. */
function declaredOver(
  declared: readonly Column[] | undefined,
  found: readonly Column[],
  path: string,
): readonly Column[] {
  if (declared === undefined) return found
  const names = new Set(found.map(({ name }) => name.toLowerCase()))
  for (const { name } of declared) {
    if (!names.has(name.toLowerCase())) {
      throw queryError('UNKNOWN_COLUMN', { reason: `${path} has no column ${name}` })
    }
  }
  return declared
}

function statisticsOf(
  columns: readonly Column[],
  footers: readonly FooterSummary[],
): Readonly<Record<string, ColumnStatistics>> {
  const gathered = new Map<string, { min: number; max: number; known: boolean; bytes: number }>()
  for (const footer of footers) {
    for (const { name, bytes, known, min, max } of footer.columns) {
      const key = name.toLowerCase()
      const column = gathered.get(key) ?? { min: Infinity, max: -Infinity, known: true, bytes: 0 }
      gathered.set(key, column)
      column.bytes += bytes
      column.known &&= known
      column.min = Math.min(column.min, min)
      column.max = Math.max(column.max, max)
    }
  }
  const statistics: Record<string, ColumnStatistics> = {}
  for (const { name } of columns) {
    const column = gathered.get(name.toLowerCase())
    if (column === undefined) continue
    const { min, max, known, bytes } = column
    statistics[name] = known && min <= max ? { min, max, bytes } : { bytes }
  }
  return statistics
}

/** Columns that a table is told to be clustered by: each costs two numbers for every row group. */
const clusteredColumnsMax = 2
/** Fewer row groups are not worth being told apart. */
const clusteredGroupsMin = 4

/** The first columns that the row groups of all files are clustered by. */
function clusteredColumns(
  columns: readonly Column[],
  footers: readonly FooterSummary[],
): { readonly clustered?: Readonly<Record<string, RowGroupRanges>> } {
  const groups = footers.reduce((sum, { rowGroupRows }) => sum + rowGroupRows.length, 0)
  if (groups < clusteredGroupsMin || groups > limits.clusteredRowGroupsMax) return {}
  const clustered: Record<string, RowGroupRanges> = {}
  for (const { name, type } of columns) {
    if (!isInteger(type) && !(type.kind === 'simple' && type.name === 'DATE')) continue
    const ranges = rangesOver(name.toLowerCase(), footers)
    if (ranges !== undefined && areDisjoint(ranges)) clustered[name] = ranges
    if (Object.keys(clustered).length === clusteredColumnsMax) break
  }
  return Object.keys(clustered).length === 0 ? {} : { clustered }
}

function rangesOver(column: string, footers: readonly FooterSummary[]): RowGroupRanges | undefined {
  const mins: number[] = []
  const maxs: number[] = []
  for (const footer of footers) {
    const found = footer.columns.find(({ name }) => name.toLowerCase() === column)
    if (found?.ranges === undefined) return undefined
    mins.push(...(found.ranges === 'single' ? [found.min] : found.ranges.mins))
    maxs.push(...(found.ranges === 'single' ? [found.max] : found.ranges.maxs))
  }
  return { mins, maxs }
}
