/** The tables of a data directory: `TABLE.parquet` or `TABLE/*.parquet`. */
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

export interface TableFiles {
  readonly name: string
  /** What CREATE EXTERNAL TABLE names: the file or the directory. */
  readonly location: string
  readonly files: readonly string[]
}

/** Sorted by name. @throws Error when the directory holds no table */
export function tablesIn(directory: string): readonly TableFiles[] {
  const root = resolve(directory)
  const tables = readdirSync(root).sort().flatMap((entry): TableFiles[] => {
    const location = join(root, entry)
    if (statSync(location).isDirectory()) {
      const files = readdirSync(location).filter((file) => file.endsWith('.parquet')).sort()
      return files.length === 0 ? [] : [{ name: entry, location, files: files.map((file) => join(location, file)) }]
    }
    return entry.endsWith('.parquet') ? [{ name: entry.slice(0, -'.parquet'.length), location, files: [location] }] : []
  })
  if (tables.length === 0) throw new Error(`${root} holds no TABLE.parquet and no TABLE/*.parquet`)
  return tables
}
