/** Where the files of managed tables lie: a directory that the front shares with all executors. */
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
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
  /** Moves a file of this machine in; gives its path. It is there whole, and on the disk. */
  takeIn(file: string, tableId: string): Promise<string>
  removeFile(path: string): Promise<void>
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
    async takeIn(file, tableId) {
      const directory = directoryOf(tableId)
      const path = join(directory, `v${randomBytes(8).toString('hex')}.parquet`)
      const aside = `${path}.tmp`
      try {
        await mkdir(directory, { recursive: true })
        await copyFile(file, aside)
        await sync(aside)
        await rename(aside, path)
        await sync(directory)
        return path
      } catch (cause) {
        await rm(aside, { force: true })
        const { code = '', message } = cause as NodeJS.ErrnoException
        const isFull = code === 'ENOSPC' || code === 'EDQUOT'
        throw queryError(isFull ? 'DISK_FULL' : 'IO_ERROR', { path, reason: message }, { cause })
      } finally {
        await rm(file, { force: true })
      }
    },
    removeFile: (path) => rm(path, { force: true }),
    removeTable: (tableId) => rm(directoryOf(tableId), { recursive: true, force: true }),
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** @throws QueryError NO_WAREHOUSE */
export function warehouseFor(statement: string, warehouse: Warehouse | undefined): Warehouse {
  if (warehouse === undefined) throw queryError('NO_WAREHOUSE', { statement })
  return warehouse
}
