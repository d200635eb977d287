/**
 * A work directory belongs to one live executor. The lock file names its process; it stays when the
 * executor ends, emptied, and marks the directory as one whose content may be removed.
 */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { queryError } from '@arbalest/common'
import { errnoOf } from './file-errors.js'
import { processStart } from './process-usage.js'

const lockName = 'executor.lock'

/** What file systems without links say. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'ENOSYS'])

export interface WorkDirLock {
  /** Gives the directory free. */
  release(): Promise<void>
}

/**
 * Takes the directory, which is made when missing, over from a process that is gone.
 * @throws QueryError INVALID_OPTION when another executor lives there or the files are not ours.
 */
export async function lockWorkDir(root: string): Promise<WorkDirLock> {
  await mkdir(root, { recursive: true, mode: 0o700 })
  const lock = join(root, lockName)
  const found = await readLock(lock)
  if (found === undefined) await refuseForeignFiles(root)
  else await removeStaleLock(root, found)
  const content = JSON.stringify({ pid: process.pid, started: await processStart(process.pid) })
  const draft = join(root, `${lockName}.${randomBytes(6).toString('hex')}`)
  await writeFile(draft, content, { mode: 0o600 })
  try {
    // A link fails when the name is taken: of two executors that come at once one gets it.
    await link(draft, lock)
  } catch (error) {
    const code = errnoOf(error) ?? ''
    if (code === 'EEXIST') throw inUse(root, 'another executor')
    if (!withoutLinks.has(code)) throw error
    await writeFile(lock, content, { flag: 'wx', mode: 0o600 })
  } finally {
    await rm(draft, { force: true })
  }
  return { release: () => writeFile(lock, '') }
}

async function removeStaleLock(root: string, found: string): Promise<void> {
  const holder = parseLock(found)
  if (holder !== undefined && (await isAlive(holder))) throw inUse(root, `process ${holder.pid}`)
  const aside = join(root, `${lockName}.${randomBytes(6).toString('hex')}`)
  await rename(join(root, lockName), aside).catch(ignoreMissing)
  const moved = await readLock(aside)
  await rm(aside, { force: true })
  // Somebody else took the stale lock over between our look and our hand.
  if (moved !== undefined && moved !== found) {
    await writeFile(join(root, lockName), moved, { flag: 'wx' })
    throw inUse(root, 'another executor')
  }
}

/** Nothing is swept that an executor did not write: without our lock the directory must be empty. */
async function refuseForeignFiles(root: string): Promise<void> {
  const names = (await readdir(root)).filter((name) => !name.startsWith(lockName))
  if (names.length === 0) return
  const reason = `${root} holds other files (${names[0]}); name an empty or a new directory`
  throw queryError('INVALID_OPTION', { option: '--work-dir', reason })
}

const inUse = (root: string, whom: string): Error =>
  queryError('INVALID_OPTION', {
    option: '--work-dir',
    reason: `${root} is in use by ${whom}; give every executor its own`,
  })

interface LockHolder {
  readonly pid: number
  readonly started: string | undefined
}

function parseLock(text: string): LockHolder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || !('pid' in value)) return undefined
    if (typeof value.pid !== 'number') return undefined
    const started = 'started' in value && typeof value.started === 'string' ? value.started : undefined
    return { pid: value.pid, started }
  } catch {
    // An empty or half-written lock belongs to nobody.
    return undefined
  }
}

/** A process id may have been given to somebody else since: the start time tells them apart. */
async function isAlive({ pid, started }: LockHolder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false
  }
  const now = await processStart(pid)
  return now === undefined || started === undefined || now === started
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    ignoreMissing(error)
    return undefined
  }
}

function ignoreMissing(error: unknown): void {
  if (errnoOf(error) !== 'ENOENT') throw error
}
