/**
 * Where the outputs of attempts lie that later stages read: the work directory of their executor, or a directory that
 * all executors share, where they outlive it. Another place, such as a service of its own, would be a third one.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { link, mkdir, readdir, readFile, realpath, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { assert, limits, queryError, type AttemptParts, type JobId } from '@arbalest/common'
import { errnoOf, fromFileError } from './file-errors.js'
import type { WorkDir } from './work-dir.js'

export interface CommittedOutput {
  readonly directory: string
  /** Of the files, in the order in which the engine told them. */
  readonly names: readonly string[]
}

export interface ShuffleStore {
  /** Told with every output that does not go with its executor; readers with the same one need not fetch. */
  readonly id: string | undefined
  /** An empty directory for the attempt to write into. @throws QueryError DISK_FULL, IO_ERROR */
  create(parts: AttemptParts): Promise<string>
  /** Makes all its files visible at once. @throws QueryError DISK_FULL, IO_ERROR */
  commit(parts: AttemptParts, names: readonly string[]): Promise<CommittedOutput>
  /** Files of the attempt, committed or not. */
  remove(parts: AttemptParts): Promise<void>
  removeJob(jobId: JobId): Promise<void>
}

/** Outputs that are gone with their executor. */
export const localStore = (workDir: WorkDir): ShuffleStore => ({
  id: undefined,
  create: (parts) => workDir.createAttempt(parts),
  commit: async (parts, names) => ({ directory: await workDir.commitAttempt(parts), names }),
  remove: (parts) => workDir.removeAttempt(parts),
  removeJob: (jobId) => workDir.removeJob(jobId),
})

const identityName = 'shuffle-store.id'

/**
 * Outputs in a directory of a file system that all executors see: `JOB/STAGE/TASK-ATTEMPT/0`, `1`, …, beside a file
 * that names the store. Attempts have ids of their own in the whole cluster, so nobody writes where another does.
 */
export class SharedDirectory implements ShuffleStore {
  readonly id: string
  readonly root: string
  readonly realRoot: string

  private constructor(root: string, realRoot: string, id: string) {
    this.root = root
    this.realRoot = realRoot
    this.id = id
  }

  /** `id` names the store if nobody has yet. @throws QueryError INVALID_OPTION when it cannot be written to */
  static async open(path: string, id: string): Promise<SharedDirectory> {
    const root = resolve(path)
    try {
      await mkdir(root, { recursive: true, mode: 0o700 })
      const found = await nameOnce(root, id)
      if (!/^[a-z0-9]{1,64}$/.test(found)) throw new Error(`${identityName} is not what an executor has written`)
      return new SharedDirectory(root, await realpath(root), found)
    } catch (cause) {
      const reason = `${path}: ${cause instanceof Error ? cause.message : String(cause)}`
      throw queryError('INVALID_OPTION', { option: '--shuffle-dir', reason }, { cause })
    }
  }

  create(parts: AttemptParts): Promise<string> {
    const path = this.#attemptPath(parts, '.tmp')
    return this.#guarded(path, async () => {
      await rm(path, { recursive: true, force: true })
      mkdirSync(path, { recursive: true, mode: 0o700 })
      return path
    })
  }

  /** Readers know the position of a file, so that is what it is called. */
  commit(parts: AttemptParts, names: readonly string[]): Promise<CommittedOutput> {
    const from = this.#attemptPath(parts, '.tmp')
    const directory = this.#attemptPath(parts, '')
    return this.#guarded(directory, () => {
      for (const [file, name] of names.entries()) renameSync(join(from, name), join(from, String(file)))
      renameSync(from, directory)
      return { directory, names: names.map((_, file) => String(file)) }
    })
  }

  /** Where a file of any executor's attempt lies, if it does. */
  find(parts: AttemptParts, file: number): string {
    assert(Number.isSafeInteger(file) && file >= 0, 'files are numbered')
    return join(this.#attemptPath(parts, ''), String(file))
  }

  async remove(parts: AttemptParts): Promise<void> {
    await rm(this.#attemptPath(parts, '.tmp'), { recursive: true, force: true })
    await rm(this.#attemptPath(parts, ''), { recursive: true, force: true })
  }

  async removeJob(jobId: JobId): Promise<void> {
    await rm(join(this.root, jobId), { recursive: true, force: true, maxRetries: 3, retryDelay: 20 })
  }

  /** Removes what jobs have left of which nobody has written anything for long: all their executors were lost. */
  async sweep(nowMs: number, isKnown: (name: string) => boolean): Promise<void> {
    for (const name of await readdir(this.root)) {
      if (name === identityName || isKnown(name)) continue
      const path = join(this.root, name)
      const lastMs = await lastWritten(path)
      if (nowMs - lastMs > limits.sharedShuffleKeptMs) await rm(path, { recursive: true, force: true })
    }
  }

  #attemptPath({ jobId, stageId, task, attempt }: AttemptParts, suffix: string): string {
    return join(this.root, jobId, String(stageId), `${task}-${attempt}${suffix}`)
  }

  async #guarded<T>(path: string, body: () => Promise<T> | T): Promise<T> {
    try {
      return await body()
    } catch (thrown) {
      throw fromFileError(thrown, path)
    }
  }
}

/** The name that is there, or the given one: whole or not at all, whoever comes first. */
async function nameOnce(root: string, id: string): Promise<string> {
  const path = join(root, identityName)
  const aside = `${path}.${id}`
  await writeFile(aside, id, { mode: 0o600 })
  try {
    await link(aside, path)
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  } finally {
    await unlink(aside)
  }
  return readFile(path, 'utf8')
}

/** A job writes into the directories of its stages. */
async function lastWritten(path: string): Promise<number> {
  const times = await Promise.all([path, ...(await readdir(path).catch(() => [])).map((name) => join(path, name))]
    .map((one) => stat(one).then(({ mtimeMs }) => mtimeMs, () => 0)))
  return Math.max(...times)
}
