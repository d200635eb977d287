/** Files that a query names: from its syntax tree to what is registered for them. */
import { queryError } from '@arbalest/common'
import type { TableReference } from '@arbalest/planner'
import type { FileReference } from './planner.js'

/** The files that a reference of a syntax tree stands for; none for a name. */
export function fileReference(reference: TableReference): readonly FileReference[] {
  if (reference.kind === 'name') return []
  const { position } = reference
  if (reference.kind === 'file') {
    return [{ format: formatOfPath(reference.path, position), paths: [reference.path], options: {}, position }]
  }
  const format = reference.function.includes('csv') ? 'csv' : reference.function.includes('json') ? 'json' : 'parquet'
  return [{ format, paths: reference.paths, options: reference.options, position }]
}

function formatOfPath(path: string, position: number | undefined): 'parquet' | 'csv' | 'json' {
  const plain = path.toLowerCase().replace(/\.(gz|zst)$/, '')
  if (/\.(parquet|parq)$/.test(plain)) return 'parquet'
  if (/\.(csv|tsv|txt)$/.test(plain)) return 'csv'
  if (/\.(json|jsonl|ndjson)$/.test(plain)) return 'json'
  throw queryError(
    'UNKNOWN_TABLE',
    { reason: `there is no table "${path}", and its ending is none of .parquet, .csv, .json` },
    position === undefined ? {} : { position },
  )
}

/** Whether both read the same files in the same way. */
export const sameFiles = (a: FileReference, b: FileReference): boolean =>
  a.format === b.format &&
  JSON.stringify([a.paths, a.options]) === JSON.stringify([b.paths, b.options])
