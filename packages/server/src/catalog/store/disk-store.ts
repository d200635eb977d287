/**
 * The catalog in a directory: one JSON file a record, `<kind>/<name>.json`. A record is written aside, brought
 * to the disk and renamed, so that after a crash it is the old one or the new one.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { queryError } from '@arbalest/common'
import { lockDirectory } from '@arbalest/protocol'
import type { CatalogRecord, CatalogStore } from './catalog-store.js'
import { syncDirectory } from './sync-directory.js'

/** Counts up whenever an older reader would misunderstand the files. */
const formatVersion = 1

interface StoredRecord extends CatalogRecord {
  readonly format: typeof formatVersion
}

/**
 * Takes the directory, which is made when missing.
 * @throws QueryError INVALID_OPTION when another process has it, or for records of a later version
 */
export async function openDiskStore(directory: string): Promise<CatalogStore> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = await lockDirectory(directory)
  const versions = new Map<string, number>()
  const records = await readRecords(directory).catch(async (error: unknown) => {
    await lock.release()
    throw error
  })
  for (const record of records) versions.set(keyOf(record), record.version)
  /** Changes of one record come one after the other. */
  let last: Promise<unknown> = Promise.resolve()

  const change = async (
    { kind, name }: Pick<CatalogRecord, 'kind' | 'name'>,
    expected: number,
    value: unknown,
  ): Promise<boolean> => {
    const key = keyOf({ kind, name })
    if ((versions.get(key) ?? 0) !== expected) return false
    const folder = join(directory, kind)
    const path = join(folder, fileNameOf(name))
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      if (value === undefined) await rm(path, { force: true })
      else await writeWhole(path, { format: formatVersion, kind, name, version: expected + 1, value })
      await syncDirectory(folder)
    } catch (cause) {
      throw fileError(cause, path)
    }
    if (value === undefined) versions.delete(key)
    else versions.set(key, expected + 1)
    return true
  }

  return {
    load: () => readRecords(directory),
    compareAndSet(key, expected, value) {
      const next = last.then(() => change(key, expected, value))
      last = next.catch(() => undefined)
      return next
    },
    async close() {
      await last
      await lock.release()
    },
  }
}

const keyOf = ({ kind, name }: Pick<CatalogRecord, 'kind' | 'name'>): string => JSON.stringify([kind, name])

/** Readable as far as the name goes, and never another name's. */
function fileNameOf(name: string): string {
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16)
  return `${name.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 80)}-${digest}.json`
}

async function readRecords(directory: string): Promise<readonly CatalogRecord[]> {
  const records: CatalogRecord[] = []
  for (const kind of await readdir(directory, { withFileTypes: true })) {
    if (!kind.isDirectory()) continue
    const folder = join(directory, kind.name)
    for (const file of await readdir(folder)) {
      const path = join(folder, file)
      // What a crash has left half written was never told to anybody.
      if (file.endsWith('.json')) records.push(readRecord(await readFile(path, 'utf8'), path))
      else await rm(path, { force: true })
    }
  }
  return records
}

function readRecord(text: string, path: string): CatalogRecord {
  let record: Partial<StoredRecord> | null = null
  try {
    record = JSON.parse(text) as Partial<StoredRecord> | null
  } catch {
    // Told below, with the path.
  }
  const { kind, name, version, value, format } = record ?? {}
  if (format !== formatVersion || kind === undefined || name === undefined || version === undefined) {
    throw queryError('INVALID_OPTION', { option: '--state-dir', reason: `${path} is no record of this version` })
  }
  return { kind, name, version, value }
}

async function writeWhole(path: string, record: StoredRecord): Promise<void> {
  const aside = `${path}.new`
  const file = await open(aside, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(record))
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}

function fileError(cause: unknown, path: string) {
  const { code = '', message = '' } = cause as NodeJS.ErrnoException
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return isFull ? queryError('DISK_FULL', { path }, { cause }) : queryError('IO_ERROR', { reason: message }, { cause })
}
