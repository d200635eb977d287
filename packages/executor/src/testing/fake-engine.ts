/** An engine whose SQL texts are names of behaviours that tests give; it writes files as a real one would. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { parseAttemptId, queryError, type AttemptId, type QueryError } from '@arbalest/common'
import type {
  EngineAttempt, EngineInfo, EngineOutput, EnginePort, InspectReply, InspectRequest,
} from '@arbalest/plan'

/** Gives the contents of the output files, by partition. */
export type Behaviour = (attempt: EngineAttempt, cancelled: AbortSignal) => Promise<readonly string[]>

export class FakeEngine implements EnginePort {
  readonly behaviours = new Map<string, Behaviour>([['concat', concat]])
  readonly ran: EngineAttempt[] = []
  inspectReplies: readonly InspectReply[] | QueryError = []
  closed = false
  readonly #running = new Map<AttemptId, (error: QueryError) => void>()
  #onCrash: (reason: string) => void = () => undefined

  start(): Promise<EngineInfo> {
    return Promise.resolve({ fingerprint: 'fake' })
  }

  async run(attempt: EngineAttempt): Promise<EngineOutput> {
    this.ran.push(attempt)
    const { attemptId } = attempt
    const abort = new AbortController()
    const interrupted = new Promise<never>((_, reject) => {
      this.#running.set(attemptId, (error) => {
        abort.abort(error)
        reject(error)
      })
    })
    const behaviour = this.behaviours.get(attempt.sql) ?? ((): Promise<string[]> => Promise.resolve([attempt.sql]))
    try {
      const contents = await Promise.race([behaviour(attempt, abort.signal), interrupted])
      return await writeOutput(attempt, contents)
    } finally {
      this.#running.delete(attemptId)
    }
  }

  cancel(attemptId: AttemptId): void {
    const { jobId } = parseAttemptId(attemptId)
    this.#running.get(attemptId)?.(queryError('JOB_CANCELLED', { jobId, reason: 'cancelled' }))
  }

  inspect(_requests: readonly InspectRequest[]): Promise<readonly InspectReply[]> {
    return this.inspectReplies instanceof Error
      ? Promise.reject(this.inspectReplies)
      : Promise.resolve(this.inspectReplies)
  }

  onCrash(listener: (reason: string) => void): void {
    this.#onCrash = listener
  }

  crash(reason: string): void {
    for (const reject of this.#running.values()) reject(queryError('ENGINE_CRASHED', { reason }))
    this.#onCrash(reason)
  }

  close(): Promise<void> {
    this.closed = true
    return Promise.resolve()
  }
}

/** All shuffle files, in the order of the inputs. */
async function concat(attempt: EngineAttempt): Promise<readonly string[]> {
  const paths = attempt.inputs.flatMap((input) => (input.kind === 'shuffle' ? input.paths : []))
  return [(await Promise.all(paths.map((path) => readFile(path, 'utf8')))).join('')]
}

async function writeOutput(attempt: EngineAttempt, contents: readonly string[]): Promise<EngineOutput> {
  const isDivided = attempt.output.kind === 'hash' && !attempt.output.isMarked
  const names = contents.map((_, at) =>
    (isDivided ? `__p=${at}/data_0.parquet` : at === 0 ? 'data.parquet' : 'part.index'))
  for (const [partition, content] of contents.entries()) {
    const path = join(attempt.directory, names[partition]!)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
  const files = contents.map((content, partition) => ({
    partition,
    rows: 1,
    bytes: Buffer.byteLength(content),
    crc32: crc32(content),
  }))
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const metrics = { inputRows: 0, inputBytes: 0, cpuMs: 0, spilledBytes: 0, peakMemoryBytes: 0 }
  return { names, files, rows: files.length, bytes, metrics }
}
