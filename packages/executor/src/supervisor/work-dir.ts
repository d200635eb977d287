/**
 * The files of an executor: `jobs/JOB/STAGE/TASK-ATTEMPT.tmp` while an attempt runs, without `.tmp` once
 * it is committed, `jobs/JOB/fetched/` for what came from others, `spill/` for the engine. Names are
 * built from parsed ids only. What every attempt waits for is one call made on the spot: handing it to a
 * thread takes longer.
 */
import { mkdirSync, renameSync } from 'node:fs'
import { mkdir, readdir, realpath, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { AttemptParts, JobId } from '@arbalest/common'
import { fromFileError } from './file-errors.js'
import { lockWorkDir, type WorkDirLock } from './work-dir-lock.js'

export class WorkDir {
  /** As the engine was told it, absolute. */
  readonly root: string
  /** The same with links followed. */
  readonly realRoot: string
  readonly #lock: WorkDirLock

  private constructor(root: string, realRoot: string, lock: WorkDirLock) {
    this.root = root
    this.realRoot = realRoot
    this.#lock = lock
  }

  /**
   * Takes the directory and removes what earlier lives left.
   * @throws QueryError INVALID_OPTION when it belongs to somebody else
   */
  static async open(path: string): Promise<WorkDir> {
    const root = resolve(path)
    const lock = await lockWorkDir(root)
    const workDir = new WorkDir(root, await realpath(root), lock)
    await workDir.#empty()
    return workDir
  }

  /** Makes the attempt's empty directory. @throws QueryError DISK_FULL, IO_ERROR */
  async createAttempt(parts: AttemptParts): Promise<string> {
    const path = this.#attemptPath(parts, '.tmp')
    return this.#guarded(path, async () => {
      if (makeDirectory(path)) return path
      await rm(path, { recursive: true, force: true })
      makeDirectory(path)
      return path
    })
  }

  /** One rename makes the output visible; gives the directory it has from now on. */
  async commitAttempt(parts: AttemptParts): Promise<string> {
    const path = this.#attemptPath(parts, '')
    return this.#guarded(path, () => {
      renameSync(this.#attemptPath(parts, '.tmp'), path)
      return path
    })
  }

  async removeAttempt(parts: AttemptParts): Promise<void> {
    await remove(this.#attemptPath(parts, '.tmp'))
    await remove(this.#attemptPath(parts, ''))
  }

  /** Where files lie that were fetched for a job; made when missing. */
  async fetchedDirectory(jobId: JobId): Promise<string> {
    const path = join(this.root, 'jobs', jobId, 'fetched')
    return this.#guarded(path, () => {
      makeDirectory(path)
      return path
    })
  }

  async removeJob(jobId: JobId): Promise<void> {
    await remove(join(this.root, 'jobs', jobId))
  }

  /** Removes the directories of jobs that nobody knows. */
  async sweep(isKnown: (name: string) => boolean): Promise<void> {
    for (const name of await readdir(join(this.root, 'jobs'))) {
      if (!isKnown(name)) await remove(join(this.root, 'jobs', name))
    }
  }

  /** Removes what an engine that has ended left; only while none runs. */
  async emptySpill(): Promise<void> {
    await remove(join(this.root, 'spill'))
    await mkdir(join(this.root, 'spill'), { mode: 0o700 })
  }

  /** Removes all files and gives the directory free. */
  async close(): Promise<void> {
    await remove(join(this.root, 'jobs'))
    await remove(join(this.root, 'spill'))
    await this.#lock.release()
  }

  async #empty(): Promise<void> {
    await remove(join(this.root, 'jobs'))
    await mkdir(join(this.root, 'jobs'), { mode: 0o700 })
    await this.emptySpill()
  }

  #attemptPath({ jobId, stageId, task, attempt }: AttemptParts, suffix: string): string {
    return join(this.root, 'jobs', jobId, String(stageId), `${task}-${attempt}${suffix}`)
  }

  async #guarded(path: string, body: () => Promise<string> | string): Promise<string> {
    try {
      return await body()
    } catch (thrown) {
      throw fromFileError(thrown, path)
    }
  }
}

/** Makes the directory and those above it; false when it was there. */
const makeDirectory = (path: string): boolean => mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined

/** A directory may still be written to by a call that was interrupted: try a few times. */
const remove = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 20 })
