/** What Parquet files say about their table: columns, rows and statistics from the footers. */
import { present, queryError, type Column } from '@arbalest/common'
import {
  clusteredColumns, type ColumnStatistics, type InspectRequest, type RowGroupRanges, type TableSource,
} from '@arbalest/plan'
import type { Connection } from './database.js'
import { describeColumns } from './describe-columns.js'
import type { FooterSummary } from './footer-summary.js'
import type { FormatFacts, FoundFile } from './found-file.js'
import {
  directoryNumber, directoryStatistics, optionList, partitionColumnsOf, pathList, withoutPartitionOptions,
} from './partition-columns.js'

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
  const isAsWritten = columns === found && !byName && partitionColumns.length === 0
  return {
    reader: { ...request.reader, options, partitionColumns, isAsWritten },
    columns,
    rows: footers.reduce((sum, { rows }) => sum + rows, 0),
    statistics: {
      ...statisticsOf(columns, footers),
      ...directoryStatistics(columns, partitionColumns, files.map(({ path }) => path)),
    },
    ...(request.tellsAllRanges === true
      ? rangesOfAll(columns, present(first.footer, 'a Parquet file has a footer'))
      : clusteredBy(columns, partitionColumns, files)),
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

/** The ranges of a file's row groups; of one that has a single row group its least and greatest value. */
function rangesIn({ columns }: FooterSummary, column: string): RowGroupRanges | undefined {
  const found = columns.find(({ name }) => name.toLowerCase() === column.toLowerCase())
  if (found?.ranges !== 'single') return found?.ranges
  return { mins: [found.min], maxs: [found.max] }
}

/** Columns of one file that its row groups, however few, are clustered by. */
function rangesOfAll(columns: readonly Column[], footer: FooterSummary): Pick<TableSource, 'clustered'> {
  return { clustered: Object.fromEntries(columns.flatMap(({ name }) => {
    const ranges = rangesIn(footer, name)
    return ranges === undefined ? [] : [[name, ranges]]
  })) }
}

/** Columns whose values stand in directories come first: nothing divides a table better. */
function clusteredBy(
  columns: readonly Column[],
  partitionColumns: readonly string[],
  files: readonly FoundFile[],
): Pick<TableSource, 'clustered'> {
  const footers = files.map(({ footer }) => present(footer, 'Parquet files have footers'))
  const groups = footers.reduce((sum, { rowGroupRows }) => sum + rowGroupRows.length, 0)
  const isPartition = ({ name }: Column): boolean => partitionColumns.includes(name)
  const sorted = [...columns.filter(isPartition), ...columns.filter((column) => !isPartition(column))]
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const rangesOf = files.map(({ path, footer }) => (name: string) => {
    const type = types.get(name)
    if (footer === undefined || type === undefined) return undefined
    if (!partitionColumns.includes(name)) return rangesIn(footer, name)
    const value = directoryNumber(path, name, type)
    const all = footer.rowGroupRows.map(() => value ?? NaN)
    return value === undefined ? undefined : { mins: all, maxs: all }
  })
  return clusteredColumns(sorted, rangesOf, groups)
}
