/** A directory that one process has at a time: the lock file names it, and is void when that process is gone. */
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { queryError } from '@arbalest/common'

export interface DirectoryLock {
  release(): Promise<void>
}

/** @throws QueryError INVALID_OPTION when a live process has it */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock')
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600)
      await file.writeFile(JSON.stringify({ pid: process.pid, started: await startOf(process.pid) }))
      await file.close()
      return { release: () => rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const holder = await readHolder(path)
      if (holder !== undefined && (await isAlive(holder))) {
        const reason = `${directory} is in use by process ${holder.pid}`
        throw queryError('INVALID_OPTION', { option: '--state-dir', reason }, { cause: error })
      }
      await rm(path, { force: true })
    }
  }
}

interface Holder {
  readonly pid: number
  readonly started: string | undefined
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const { pid, started } = JSON.parse(await readFile(path, 'utf8')) as Partial<Holder>
    return pid === undefined ? undefined : { pid, started }
  } catch {
    // Empty, half written or gone: nobody's.
    return undefined
  }
}

/** A process id may be another process's by now: the time of its start tells them apart. */
async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = await startOf(pid)
  return now === undefined || started === undefined || now === started
}

/** When the process began, in the system's own words; undefined where it does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
