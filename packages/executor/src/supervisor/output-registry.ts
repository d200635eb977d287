/** The outputs an executor holds and who may read them. Requests are looked up here, never joined into paths. */
import { join } from 'node:path'
import { assert, parseAttemptId, type AttemptId, type JobId } from '@arbalest/common'

export interface HeldFile {
  readonly path: string
  readonly bytes: number
  /** It lies in a directory that executors share. */
  readonly isShared?: boolean
}

export class OutputRegistry {
  readonly #tokens = new Map<JobId, string>()
  readonly #outputs = new Map<AttemptId, readonly HeldFile[]>()
  #bytes = 0

  /** Bytes of all held outputs in the work directory. */
  get bytes(): number {
    return this.#bytes
  }

  setJobToken(jobId: JobId, token: string): void {
    this.#tokens.set(jobId, token)
  }

  jobToken(jobId: JobId): string | undefined {
    return this.#tokens.get(jobId)
  }

  knowsJob(jobId: string): boolean {
    return this.#tokens.has(jobId as JobId)
  }

  /** Enters a committed output; `names` and `bytes` by position of the file. */
  add(
    attemptId: AttemptId,
    output: {
      readonly directory: string
      readonly names: readonly string[]
      readonly bytes: readonly number[]
      readonly isShared?: boolean
    },
  ): void {
    this.remove(attemptId)
    const files = output.names.map((name, file) => {
      assert(isInside(name), `the engine names an output within its directory: ${name}`)
      return { path: join(output.directory, name), bytes: output.bytes[file] ?? 0, isShared: output.isShared === true }
    })
    this.#outputs.set(attemptId, files)
    this.#bytes += total(files)
  }

  /** A file by its position in the attempt's report. */
  find(attemptId: AttemptId, file: number): HeldFile | undefined {
    return this.#outputs.get(attemptId)?.[file]
  }

  remove(attemptId: AttemptId): void {
    this.#bytes -= total(this.#outputs.get(attemptId) ?? [])
    this.#outputs.delete(attemptId)
  }

  /** Drops the job's outputs and its token: nobody may read them from now on. */
  removeJob(jobId: JobId): void {
    this.#tokens.delete(jobId)
    for (const id of [...this.#outputs.keys()]) {
      if (parseAttemptId(id).jobId === jobId) this.remove(id)
    }
  }
}

const total = (files: readonly HeldFile[]): number =>
  files.reduce((sum, { bytes, isShared }) => sum + (isShared === true ? 0 : bytes), 0)

const isInside = (name: string): boolean =>
  !name.startsWith('/') && name.split(/[/\\]/).every((part) => part !== '' && part !== '..' && part !== '.')
