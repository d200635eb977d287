/** Columns whose values stand in directory names: `…/year=2024/month=05/part.parquet`. */
import path from 'node:path'
import { isInteger, quoteLiteral, type Column, type DataType } from '@arbalest/common'
import type { ColumnStatistics, InspectRequest } from '@arbalest/plan'

/**
 * The columns that the user named, or those that every path has in the same order. None when the user
 * switched them off.
 */
export function partitionColumnsOf(request: InspectRequest, paths: readonly string[]): readonly string[] {
  const { partitionColumns, options } = request.reader
  if (partitionColumns.length > 0) return partitionColumns
  if (/^'?(false|0)'?$/i.test(options['hive_partitioning'] ?? '')) return []
  const [first, ...others] = paths
  if (first === undefined) return []
  const keys = keysOf(first)
  const text = keys.join('/')
  return others.every((other) => keysOf(other).join('/') === text) ? keys : []
}

const keysOf = (file: string): readonly string[] =>
  path.dirname(file).split(path.sep).flatMap((part) => /^([^=]+)=/.exec(part)?.[1] ?? [])

/** The text of a column in a file's path. */
function directoryText(file: string, column: string): string | undefined {
  const found = path.dirname(file).split(path.sep).findLast((part) => part.startsWith(`${column}=`))
  return found?.slice(column.length + 1)
}

/**
 * The value of a column of whole numbers, or the day since 1970 of a date, that a file's directories name;
 * undefined for other types and for texts that are not written in the plain way.
 */
export function directoryNumber(file: string, column: string, type: DataType): number | undefined {
  const text = directoryText(file, column)
  if (text === undefined) return undefined
  if (isInteger(type)) {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : undefined
    return value === 0 ? 0 : value
  }
  if (type.kind !== 'simple' || type.name !== 'DATE' || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const days = Date.parse(`${text}T00:00:00Z`) / millisecondsPerDay
  return Number.isSafeInteger(days) ? days : undefined
}

const millisecondsPerDay = 86_400_000

/** What directories say of their columns: how many values there are, of numbers and dates their range too. */
export function directoryStatistics(
  columns: readonly Column[],
  partitionColumns: readonly string[],
  files: readonly string[],
): Readonly<Record<string, ColumnStatistics>> {
  const statistics: Record<string, ColumnStatistics> = {}
  for (const { name, type } of columns) {
    if (!partitionColumns.includes(name)) continue
    const distinct = new Set(files.map((file) => directoryText(file, name))).size
    const numbers = files.map((file) => directoryNumber(file, name, type))
    let [min, max] = [Infinity, -Infinity]
    for (const value of numbers) [min, max] = [Math.min(min, value ?? NaN), Math.max(max, value ?? NaN)]
    statistics[name] = Number.isFinite(min) && Number.isFinite(max)
      ? { bytes: 0, distinct, min, max } : { bytes: 0, distinct }
  }
  return statistics
}

/** Options of readers that say how directories become columns; the views of inputs say it themselves. */
export function withoutPartitionOptions(options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const hive = ['hive_partitioning', 'hive_types', 'hive_types_autocast']
  return Object.fromEntries(Object.entries(options).filter(([name]) => !hive.includes(name)))
}

/** The reader's options as SQL. */
export const optionList = (options: Readonly<Record<string, string>>): string =>
  Object.entries(options).map(([name, value]) => `, ${name} = ${value}`).join('')

/** Paths for a reader, as patterns that match only themselves. */
export const pathList = (paths: readonly string[]): string =>
  `[${paths.map((file) => quoteLiteral(file.replace(/[*?[]/g, '[$&]'))).join(', ')}]`
