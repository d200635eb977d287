/**
 * A file that is spoilt inside may end the process that reads it. Starts that ended so are counted, and after
 * some of them the file is not opened any more.
 */
import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { queryError } from '@arbalest/common'
import { writeError } from './group-commits.js'

/** More than one, for a process may be killed just then. */
const startsMax = 3

export interface StartCount {
  /** This start went well. */
  forget(): void
}

/** @throws QueryError STATE_DAMAGED */
export async function countStarts(directory: string, path: string): Promise<StartCount> {
  const marker = join(directory, 'opening')
  const before = Number(await readFile(marker, 'utf8').catch(() => '0')) || 0
  if (before >= startsMax) {
    const reason = `${before} starts in a row have ended while it was read; without ${marker} it is tried again`
    throw queryError('STATE_DAMAGED', { path, reason })
  }
  await writeFile(marker, String(before + 1), { mode: 0o600 }).catch((cause: unknown) => {
    throw writeError(cause, marker)
  })
  return { forget: () => rmSync(marker, { force: true }) }
}
