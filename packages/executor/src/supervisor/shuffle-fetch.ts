/**
 * Fetches a committed file from the executor that made it. What arrives must have the length and the
 * checksum that its producer reported; anything else is refused. A broken transfer goes on where it
 * stopped, after a growing pause, a bounded number of times.
 */
import { crc32 } from 'node:zlib'
import { assert, parseAttemptId, present, queryError, QueryError, type Clock } from '@arbalest/common'
import type { ShufflePiece } from '@arbalest/plan'
import type { AnswerHead } from './answer-head.js'
import { BlockPool } from './block-pool.js'
import { delay } from './delay.js'
import { fromFileError } from './file-errors.js'
import { openLocalFile, type LocalFile } from './local-file.js'
import type { PeerConnection } from './peer-connection.js'
import { PeerConnections } from './peer-connections.js'

/** Of one transfer: one is written while the other is filled. */
const blocksOfTransfer = 2

export interface FetchSettings {
  /** Fetches at once, from all peers. */
  readonly concurrency: number
  /** Further tries after the first one. */
  readonly retries: number
  /** Pause before the first further try, doubled each time. */
  readonly backoffMs: number
  /** Silence of a peer after which a try has failed. */
  readonly timeoutMs: number
}

export interface FetchRequest {
  readonly piece: ShufflePiece
  readonly jobToken: string
  /** The file to write; it is made or emptied. */
  readonly path: string
  readonly signal: AbortSignal
  /** Called before the failure when the peer gave no proper answer in all tries. */
  readonly onUnreachable: (reason: string) => void
}

/** How far a download has come: the checksum covers the bytes received. */
interface Progress {
  readonly file: Promise<LocalFile>
  received: number
  checksum: number
}

/** `again`: another try may help; `final`: the peer has answered, and not with the file. */
type TryOutcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'again' | 'final'; readonly reason: string }

export class ShuffleFetcher {
  readonly #settings: FetchSettings
  readonly #clock: Clock
  readonly #connections: PeerConnections
  readonly #blocks: BlockPool

  constructor(settings: FetchSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
    this.#connections = new PeerConnections(settings.timeoutMs)
    this.#blocks = new BlockPool(settings.concurrency * blocksOfTransfer)
  }

  /** @throws QueryError SHUFFLE_FETCH_FAILED, DISK_FULL, IO_ERROR; the reason of `signal` */
  async fetch(request: FetchRequest): Promise<void> {
    const { piece, path, signal } = request
    // The file is made while the peer is asked.
    const file = openLocalFile(path, 'w', piece.bytes).catch((thrown: unknown) => {
      throw fromFileError(thrown, path)
    })
    file.catch(() => undefined)
    try {
      const progress: Progress = { file, received: 0, checksum: 0 }
      for (let attempt = 0; ; attempt += 1) {
        const outcome = await this.#try(request, progress)
        if (outcome.kind === 'done') return
        signal.throwIfAborted()
        if (outcome.kind === 'final') throw fetchFailed(piece, outcome.reason)
        if (attempt >= this.#settings.retries) {
          request.onUnreachable(outcome.reason)
          throw fetchFailed(piece, outcome.reason)
        }
        await delay(this.#clock, this.#settings.backoffMs * 2 ** attempt, signal)
      }
    } finally {
      await (await file).close()
    }
  }

  close(): Promise<void> {
    this.#connections.close()
    return Promise.resolve()
  }

  async #try(request: FetchRequest, progress: Progress): Promise<TryOutcome> {
    const { piece, signal } = request
    const head = requestHead(request, progress.received)
    try {
      const { connection, head: answer } = await this.#connections.ask(piece, head, signal)
      const onAbort = (): void => connection.destroy()
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        signal.throwIfAborted()
        return judgeAnswer(answer, piece, progress) ?? (await this.#receive(connection, request, progress))
      } finally {
        signal.removeEventListener('abort', onAbort)
        this.#connections.release(piece, connection)
      }
    } catch (thrown) {
      if (thrown instanceof QueryError) throw thrown
      return { kind: 'again', reason: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }

  async #receive(
    connection: PeerConnection,
    { piece, path }: FetchRequest,
    progress: Progress,
  ): Promise<TryOutcome> {
    const blocks = this.#takeBlocks(piece.bytes - progress.received)
    try {
      const file = await progress.file
      const pours = blocks.map((block) => pour(connection, block))
      while (progress.received < piece.bytes) {
        const { block, bytes } = present(pours.shift(), 'a block is poured into again once it is written')
        await append(file, block.subarray(0, await bytes), progress, path)
        pours.push(pour(connection, block))
      }
    } finally {
      // What is not idle by now still reads into the blocks.
      if (!connection.isIdle) connection.destroy()
      for (const block of blocks) this.#blocks.give(block)
    }
    if (piece.crc32 === undefined || piece.crc32 === progress.checksum) return { kind: 'done' }
    const reason = `its checksum is ${progress.checksum} instead of ${piece.crc32}`
    restart(progress)
    return { kind: 'again', reason }
  }

  #takeBlocks(bytes: number): readonly Buffer[] {
    const first = this.#blocks.take()
    return bytes <= first.length ? [first] : [first, this.#blocks.take()]
  }
}

interface Pour {
  readonly block: Buffer
  /** How many have come into it. */
  readonly bytes: Promise<number>
}

/** Has the block filled; a failure is heard when its turn comes. */
function pour(connection: PeerConnection, block: Buffer): Pour {
  const bytes = connection.fill(block)
  bytes.catch(() => undefined)
  return { block, bytes }
}

/** Nothing of it may end a line: what it is made of comes from the scheduler. */
function requestHead({ piece, jobToken }: FetchRequest, received: number): string {
  const { host, port, attemptId, file } = piece
  const lines = [
    `GET /shuffle/${attemptId}/${file} HTTP/1.1`,
    `Host: ${host.includes(':') ? `[${host}]` : host}:${port}`,
    `Authorization: Bearer ${jobToken}`,
    ...(received > 0 ? [`Range: bytes=${received}-`] : []),
  ]
  assert(lines.every((line) => /^[\x20-\x7e]+$/.test(line)), 'a request is made of printable ASCII')
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** `undefined` when the answer is what was asked for; a whole file starts the progress anew. */
function judgeAnswer(
  { status, contentLength, contentRange }: AnswerHead,
  piece: ShufflePiece,
  progress: Progress,
): TryOutcome | undefined {
  if (status >= 500 || status === 429) return { kind: 'again', reason: `it answers ${status}` }
  if (status !== 200 && status !== 206) return { kind: 'final', reason: `it answers ${status}` }
  if (status === 200) restart(progress)
  else if (!(contentRange ?? '').startsWith(`bytes ${progress.received}-`)) {
    return { kind: 'final', reason: 'it sends another range than asked for' }
  }
  const expected = piece.bytes - progress.received
  if (contentLength === expected) return undefined
  const announced = contentLength ?? 'an unknown number of'
  return { kind: 'final', reason: `it announces ${announced} bytes instead of ${expected}` }
}

function restart(progress: Progress): void {
  progress.received = 0
  progress.checksum = 0
}

/** The checksum is computed while the system writes a large file. */
async function append(file: LocalFile, bytes: Buffer, progress: Progress, path: string): Promise<void> {
  try {
    const writing = file.write(bytes, progress.received)
    const checksum = crc32(bytes, progress.checksum)
    await writing
    progress.checksum = checksum
    progress.received += bytes.length
  } catch (thrown) {
    throw fromFileError(thrown, path)
  }
}

/** The lost-input error of a piece, which names the executor, stage and task. */
export function fetchFailed(piece: ShufflePiece, reason: string): QueryError {
  const { stageId, task } = parseAttemptId(piece.attemptId)
  const { executorId, attemptId, file } = piece
  return queryError('SHUFFLE_FETCH_FAILED', { executorId, stageId, task, reason, attemptId, file })
}
