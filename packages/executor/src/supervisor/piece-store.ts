/**
 * Shuffle files that came from other executors. A file that several attempts read is fetched once: each
 * holds it while it runs, and a little of what nobody holds is kept for those that follow.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { limits, parseAttemptId, type AttemptId, type ExecutorId, type JobId } from '@arbalest/common'
import { decodeSegments, rangesOf, type FileRange, type ShufflePiece } from '@arbalest/plan'
import { unlessAborted } from './delay.js'
import { fromFileError } from './file-errors.js'
import { Gate } from './gate.js'
import { openLocalFile } from './local-file.js'
import { fetchFailed, type FetchRequest, type FetchSettings, type ShuffleFetcher } from './shuffle-fetch.js'
import type { WorkDir } from './work-dir.js'

export interface PieceRequest {
  readonly piece: ShufflePiece
  readonly jobToken: string
  /** The partitions that are read of a file with an index: not more than their rows need be brought. */
  readonly only: readonly number[] | undefined
  /** The attempt that will read the file. */
  readonly holder: AttemptId
  readonly signal: AbortSignal
  /** Peers that this attempt could not reach, with the reason: they are not tried for every piece. */
  readonly unreachable: Map<ExecutorId, string>
}

export interface LocalPiece {
  readonly path: string
  /** Bytes that crossed the network for this request. */
  readonly fetchedBytes: number
}

interface Entry {
  readonly jobId: JobId
  /** Of a part of a file it is known when the file's index is there. */
  bytes: number
  readonly holders: Set<AttemptId>
  readonly abort: AbortController
  readonly path: Promise<string>
  ready: boolean
}

export class PieceStore {
  readonly #fetcher: ShuffleFetcher
  readonly #workDir: WorkDir
  readonly #gate: Gate
  /** By `attempt/file`, in the order of their last use. */
  readonly #entries = new Map<string, Entry>()
  #sequence = 0

  constructor(fetcher: ShuffleFetcher, workDir: WorkDir, settings: FetchSettings) {
    this.#fetcher = fetcher
    this.#workDir = workDir
    this.#gate = new Gate(settings.concurrency)
  }

  /** Bytes of all files that are here or on their way. */
  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
  }

  /**
   * A path where the piece lies until its holder releases it.
   * @throws QueryError SHUFFLE_FETCH_FAILED, DISK_FULL, IO_ERROR; the reason of `signal`
   */
  async acquire(request: PieceRequest): Promise<LocalPiece> {
    const { piece, holder, signal, only } = request
    const part = isPart(request) ? `/${(only ?? []).join(',')}` : ''
    const key = `${piece.attemptId}/${piece.file}${part}`
    const known = this.#entries.get(key)
    const entry = known ?? this.#bring(key, request)
    entry.holders.add(holder)
    const path = await unlessAborted(entry.path, signal)
    const remote = known === undefined && piece.inline === undefined
    return { path, fetchedBytes: remote ? entry.bytes : 0 }
  }

  /** The attempt reads none of its files any more: what nobody waits for is given up. */
  async release(holder: AttemptId): Promise<void> {
    for (const [key, entry] of [...this.#entries]) {
      if (!entry.holders.delete(holder) || entry.holders.size > 0) continue
      this.#entries.delete(key)
      if (entry.ready) this.#entries.set(key, entry)
      else await this.#discard(entry)
    }
    await this.#evict()
  }

  /** Forgets the job's files; their directory goes with the job's. */
  removeJob(jobId: JobId): void {
    for (const [key, entry] of [...this.#entries]) {
      if (entry.jobId !== jobId) continue
      this.#entries.delete(key)
      entry.abort.abort()
    }
  }

  #bring(key: string, request: PieceRequest): Entry {
    const { piece } = request
    const { jobId } = parseAttemptId(request.holder)
    const abort = new AbortController()
    const measured = (bytes: number): void => void (entry.bytes = bytes)
    const path = this.#write(jobId, request, { signal: abort.signal, measured })
    const bytes = isPart(request) ? 0 : piece.bytes
    const entry: Entry = { jobId, bytes, holders: new Set(), abort, path, ready: false }
    this.#entries.set(key, entry)
    path.then(
      () => {
        entry.ready = true
      },
      () => {
        // The holders see the error; the next request tries anew.
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    return entry
  }

  async #write(
    jobId: JobId,
    request: PieceRequest,
    { signal, measured }: { readonly signal: AbortSignal, readonly measured: (bytes: number) => void },
  ): Promise<string> {
    const { piece } = request
    const { stageId, task, attempt } = parseAttemptId(piece.attemptId)
    this.#sequence += 1
    const name = `${stageId}-${task}-${attempt}-${piece.file}.${this.#sequence}`
    const path = join(await this.#workDir.fetchedDirectory(jobId), name)
    try {
      if (piece.inline !== undefined) await writeInline(path, piece.inline)
      else if (!isPart(request)) await this.#gate.pass(signal, () => this.#fetch(request, { path, signal }))
      else await this.#gate.pass(signal, async () => {
        const ranges = await this.#rangesOf(request, `${path}.index`, signal)
        measured(ranges.flatMap(({ segments }) => segments).reduce((sum, { bytes }) => sum + bytes, 0))
        await this.#fetch(request, { path, signal, ranges })
      })
      return path
    } catch (thrown) {
      await rm(path, { force: true })
      throw thrown
    }
  }

  /** What is to be fetched of a file of which others read other parts; its index passes through `path`. */
  async #rangesOf(request: PieceRequest, path: string, signal: AbortSignal): Promise<readonly FileRange[]> {
    const { piece, only = [] } = request
    const { file, attemptId, executorId, host, port, rows, index } = piece
    if (index === undefined || index.bytes > limits.indexBytesMax) throw fetchFailed(piece, 'its index is too large')
    try {
      await this.#fetch(
        { ...request, piece: { executorId, host, port, attemptId, file: file + 1, rows, ...index } }, { path, signal })
      const segments = decodeSegments(await readFile(path, 'latin1'), piece.bytes)
      if (segments === undefined) throw fetchFailed(piece, 'its index is none of this file')
      return rangesOf(segments, only)
    } finally {
      await rm(path, { force: true })
    }
  }

  async #fetch(
    request: PieceRequest,
    target: Pick<FetchRequest, 'path' | 'signal' | 'ranges'>,
  ): Promise<void> {
    const { piece, jobToken, unreachable } = request
    const known = unreachable.get(piece.executorId)
    if (known !== undefined) throw fetchFailed(piece, known)
    const onUnreachable = (reason: string): void => {
      unreachable.set(piece.executorId, reason)
    }
    await this.#fetcher.fetch({ ...target, piece, jobToken, onUnreachable })
  }

  /** Removes what is held by nobody, the longest unused first, until all together have so many bytes, if it can. */
  async shrink(bytesMax: number): Promise<void> {
    const held = [...this.#entries.values()].filter((entry) => !isIdle(entry))
    await this.#evict(bytesMax - held.reduce((sum, { bytes }) => sum + bytes, 0))
  }

  /** The same, until what is held by nobody has so many. */
  async #evict(bytesMax: number = limits.fetchedBytesKeptMax): Promise<void> {
    const idle = [...this.#entries].filter(([, entry]) => isIdle(entry))
    let bytes = idle.reduce((sum, [, entry]) => sum + entry.bytes, 0)
    for (const [key, entry] of idle) {
      if (bytes <= bytesMax) return
      bytes -= entry.bytes
      this.#entries.delete(key)
      await this.#discard(entry)
    }
  }

  async #discard(entry: Entry): Promise<void> {
    entry.abort.abort()
    try {
      await rm(await entry.path, { force: true })
    } catch {
      // It never arrived: what there was of it has been removed where it failed.
    }
  }
}

const isIdle = ({ holders, ready }: Entry): boolean => holders.size === 0 && ready

const isPart = ({ piece, only }: PieceRequest): boolean =>
  piece.index !== undefined && piece.inline === undefined && only !== undefined

async function writeInline(path: string, inline: string): Promise<void> {
  const content = Buffer.from(inline, 'base64')
  try {
    const file = await openLocalFile(path, 'w', content.length)
    try {
      await file.write(content, 0)
    } finally {
      await file.close()
    }
  } catch (thrown) {
    throw fromFileError(thrown, path)
  }
}
