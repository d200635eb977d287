/** Columns whose values stand in directory names: `…/year=2024/month=05/part.parquet`. */
import path from 'node:path'
import { quoteLiteral } from '@arbalest/common'
import type { InspectRequest } from '@arbalest/plan'

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
