/** Which user files an attempt may read: under a data directory, and never in the work directory. */
import { access, constants, realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { queryError } from '@arbalest/common'
import type { AttemptInput } from '@arbalest/plan'
import { errnoOf } from './file-errors.js'

/** Files looked up at once: each holds a thread of Node's pool. */
const lookupsAtOnce = 16

export interface ScanRules {
  /** Real paths; `undefined` = every file its user may read. */
  readonly dataDirs: readonly string[] | undefined
  /** The real paths of the work directory and of a shared one: other jobs' rows lie there. */
  readonly shuffleDirs: readonly string[]
}

/** @throws QueryError INVALID_OPTION when a data directory cannot be found */
export async function resolveDataDirs(
  dataDirs: readonly string[] | undefined,
  option = '--data-dir',
): Promise<readonly string[] | undefined> {
  if (dataDirs === undefined) return undefined
  return Promise.all(
    dataDirs.map(async (path) => {
      try {
        return await realpath(path)
      } catch (cause) {
        const reason = `there is no directory ${path}`
        throw queryError('INVALID_OPTION', { option, reason }, { cause })
      }
    }),
  )
}

/** @throws QueryError INVALID_OPTION when a directory cannot be found or written to */
export async function resolveWriteDirs(
  writeDirs: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const found = await resolveDataDirs(writeDirs, '--write-dir')
  for (const path of found ?? []) {
    await access(path, constants.W_OK).catch((cause: unknown) => {
      throw queryError('INVALID_OPTION', { option: '--write-dir', reason: `${path} cannot be written to` }, { cause })
    })
  }
  return found
}

/** @throws QueryError PATH_NOT_ALLOWED naming the first file that lies elsewhere, links followed */
export async function checkScanPaths(inputs: readonly AttemptInput[], rules: ScanRules): Promise<void> {
  const scans = inputs.flatMap((input) => (input.kind === 'files' ? input.splits : []))
  const paths = [...new Set(scans.map((split) => split.file.path))]
  for (let first = 0; first < paths.length; first += lookupsAtOnce) {
    const some = paths.slice(first, first + lookupsAtOnce)
    await Promise.all(some.map((path) => checkPath(path, rules)))
  }
}

async function checkPath(path: string, { dataDirs, shuffleDirs }: ScanRules): Promise<void> {
  const real = await realPathOf(path)
  const allowed = dataDirs === undefined || dataDirs.some((dir) => liesIn(real, dir))
  if (!allowed || shuffleDirs.some((dir) => liesIn(real, dir))) throw queryError('PATH_NOT_ALLOWED', { path })
}

/** A file that has gone is judged by its name; the engine then says that it is missing. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return resolve(path)
    throw queryError('PATH_NOT_ALLOWED', { path }, { cause: error })
  }
}

/** Whether a real path is the directory or below it. */
export const liesIn = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(directory.endsWith(sep) ? directory : directory + sep)
