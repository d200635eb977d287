/** Where the files of managed tables lie: a directory that the front shares with all executors. */
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { queryError, type JobId } from '@arbalest/common'

export interface Warehouse {
  /** Absolute. */
  readonly root: string
  /** Where the files of a table lie. */
  directoryOf(tableId: string): string
  newTableId(): string
  /** Removes what the job has left in the directory and nobody names. */
  removeFilesOf(jobId: JobId, directory: string): Promise<void>
  removeTable(tableId: string): Promise<void>
}

export function createWarehouse(root: string): Warehouse {
  const directoryOf = (tableId: string): string => join(root, tableId)
  return {
    root,
    directoryOf,
    newTableId: () => `t${randomBytes(8).toString('hex')}`,
    async removeFilesOf(jobId, directory) {
      const names = await readdir(directory).catch(() => [])
      for (const name of names) if (name.startsWith(`${jobId}-`)) await rm(join(directory, name), { force: true })
    },
    removeTable: (tableId) => rm(directoryOf(tableId), { recursive: true, force: true }),
  }
}

/** @throws QueryError NO_WAREHOUSE */
export function warehouseFor(statement: string, warehouse: Warehouse | undefined): Warehouse {
  if (warehouse === undefined) throw queryError('NO_WAREHOUSE', { statement })
  return warehouse
}
