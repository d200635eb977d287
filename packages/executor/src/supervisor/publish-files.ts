/**
 * Moves the files of a finished attempt to where they are to stay. A file appears there whole or not at
 * all, and is on the disk before anybody is told of it.
 */
import { constants } from 'node:fs'
import { copyFile, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { queryError } from '@arbalest/common'
import { errnoOf } from './file-errors.js'
import { liesIn } from './scan-paths.js'

export interface Publication {
  /** Names may begin with directories. */
  readonly files: readonly { readonly from: string; readonly name: string }[]
  /** Made when missing. */
  readonly directory: string
  /** Real paths below which files may be put; `undefined` = wherever its user may. */
  readonly writeDirs: readonly string[] | undefined
}

/**
 * Gives the paths of the files. When it fails none is left.
 * @throws QueryError PATH_NOT_ALLOWED; Error of the system
 */
export async function publishFiles({ files, directory, writeDirs }: Publication): Promise<readonly string[]> {
  await checkWritable(directory, writeDirs)
  await mkdir(directory, { recursive: true })
  const paths: string[] = []
  try {
    for (const { from, name } of files) {
      const path = join(directory, name)
      paths.push(path)
      await mkdir(dirname(path), { recursive: true })
      await moveFile(from, path)
    }
    for (const folder of new Set(paths.map((path) => dirname(path)))) await sync(folder)
    return paths
  } catch (error) {
    await removeFiles(paths)
    throw error
  }
}

/** A file that has gone already is no failure. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true }).catch(() => undefined)
}

async function checkWritable(directory: string, writeDirs: readonly string[] | undefined): Promise<void> {
  if (writeDirs === undefined) return
  const real = await realPathOfNearest(directory)
  if (!writeDirs.some((root) => liesIn(real, root))) throw queryError('PATH_NOT_ALLOWED', { path: directory })
}

async function realPathOfNearest(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    const parent = dirname(path)
    if (errnoOf(error) !== 'ENOENT' || parent === path) throw error
    return join(await realPathOfNearest(parent), path.slice(parent.length))
  }
}

/** From another file system the bytes are copied aside first. */
async function moveFile(from: string, to: string): Promise<void> {
  await sync(from)
  try {
    await rename(from, to)
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error
    const aside = `${to}.tmp`
    try {
      await copyFile(from, aside, constants.COPYFILE_FICLONE)
      await sync(aside)
      await rename(aside, to)
    } catch (failed) {
      await removeFiles([aside])
      throw failed
    }
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
