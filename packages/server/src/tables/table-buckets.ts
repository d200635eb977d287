/** The buckets of a managed table: which columns say them, and what becomes of them when columns change. */
import { queryError } from '@arbalest/common'
import type { Buckets } from '@arbalest/plan'
import type { CreateTableStatement } from '@arbalest/planner'
import type { ManagedTable } from './managed-table.js'

/** The column of the buckets' numbers while files are written. */
const bucketColumn = '__p'

/** @throws QueryError UNKNOWN_COLUMN, BINDER_ERROR */
export function declaredBuckets(
  { buckets }: CreateTableStatement,
  columns: readonly { readonly name: string }[],
): Buckets | undefined {
  if (buckets === undefined) return undefined
  checkBucketNames(columns)
  const names = buckets.columns.map(({ name, position }) => {
    const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found.name
    throw queryError('UNKNOWN_COLUMN', { reason: `the table has no column ${name}` }, { position })
  })
  return { columns: names, count: buckets.count }
}

/** @throws QueryError BINDER_ERROR */
export function checkBucketNames(columns: readonly { readonly name: string }[]): void {
  if (!columns.some(({ name }) => name.toLowerCase() === bucketColumn)) return
  throw queryError('BINDER_ERROR', { reason: `a table with buckets has no column ${bucketColumn}` })
}

/** @throws QueryError BINDER_ERROR */
export function refuseBucketColumn({ buckets }: ManagedTable, table: string, column: string): void {
  if (buckets?.columns.some((name) => name.toLowerCase() === column.toLowerCase()) !== true) return
  const reason = `the rows of ${table} lie in buckets by its column ${column}: create the table anew without it`
  throw queryError('BINDER_ERROR', { reason })
}

export const withRenamedColumn = (buckets: Buckets | undefined, from: string, to: string): Buckets | undefined =>
  buckets && { ...buckets, columns: buckets.columns.map((name) => (name === from ? to : name)) }
