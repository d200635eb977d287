/**
 * Fetches a committed file from the executor that made it. What arrives must have the length and the
 * checksum that its producer reported; anything else is refused. A broken transfer goes on where it
 * stopped, after a growing pause, a bounded number of times.
 */
import { crc32 } from 'node:zlib'
import { assert, parseAttemptId, present, queryError, QueryError, type Clock } from '@arbalest/common'
import type { FileRange, ShufflePiece } from '@arbalest/plan'
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
  /** The parts of the file that are brought, to where they lie in it; all of it unless given. */
  readonly ranges?: readonly FileRange[]
  readonly signal: AbortSignal
  /** Called before the failure when the peer gave no proper answer in all tries. */
  readonly onUnreachable: (reason: string) => void
}

/** How far the download of a range has come: the checksum covers what was received of the present segment. */
interface Progress {
  readonly file: Promise<LocalFile>
  readonly range: FileRange
  /** Whether the range is the whole file. */
  readonly isWhole: boolean
  readonly bytes: number
  received: number
  /** How much had been received where the present segment begins, and which one it is. */
  segmentFrom: number
  segment: number
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
    const { piece, path } = request
    // The file is made while the peer is asked.
    const file = openLocalFile(path, 'w', piece.bytes).catch((thrown: unknown) => {
      throw fromFileError(thrown, path)
    })
    file.catch(() => undefined)
    try {
      for (const range of request.ranges ?? [wholeOf(piece)]) {
        await this.#fetchRange(request, progressOf(request, range, file))
      }
    } finally {
      await (await file).close()
    }
  }

  async #fetchRange(request: FetchRequest, progress: Progress): Promise<void> {
    const { piece, signal } = request
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
  }

  close(): Promise<void> {
    this.#connections.close()
    return Promise.resolve()
  }

  async #try(request: FetchRequest, progress: Progress): Promise<TryOutcome> {
    const { piece, signal } = request
    const head = requestHead(request, progress)
    try {
      const { connection, head: answer } = await this.#connections.ask(piece, head, signal)
      const onAbort = (): void => connection.destroy()
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        signal.throwIfAborted()
        return judgeAnswer(answer, progress) ?? (await this.#receive(connection, request, progress))
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
    { path }: FetchRequest,
    progress: Progress,
  ): Promise<TryOutcome> {
    const blocks = this.#takeBlocks(progress.bytes - progress.received)
    try {
      const file = await progress.file
      const pours = blocks.map((block) => pour(connection, block))
      while (progress.received < progress.bytes) {
        const { block, bytes } = present(pours.shift(), 'a block is poured into again once it is written')
        const wrong = await append(file, block.subarray(0, await bytes), progress, path)
        if (wrong !== undefined) return { kind: 'again', reason: wrong }
        pours.push(pour(connection, block))
      }
      return { kind: 'done' }
    } finally {
      // What is not idle by now still reads into the blocks.
      if (!connection.isIdle) connection.destroy()
      for (const block of blocks) this.#blocks.give(block)
    }
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

const wholeOf = ({ bytes, crc32 }: ShufflePiece): FileRange =>
  ({ offset: 0, segments: [{ bytes, ...(crc32 === undefined ? {} : { crc32 }) }] })

function progressOf({ ranges }: FetchRequest, range: FileRange, file: Promise<LocalFile>): Progress {
  const bytes = range.segments.reduce((sum, segment) => sum + segment.bytes, 0)
  return { file, range, isWhole: ranges === undefined, bytes, received: 0, segmentFrom: 0, segment: 0, checksum: 0 }
}

/** Nothing of it may end a line: what it is made of comes from the scheduler. */
function requestHead({ piece, jobToken }: FetchRequest, progress: Progress): string {
  const { host, port, attemptId, file } = piece
  const { range, isWhole, bytes, received } = progress
  const wanted = isWhole ? `${received}-` : `${range.offset + received}-${range.offset + bytes - 1}`
  const lines = [
    `GET /shuffle/${attemptId}/${file} HTTP/1.1`,
    `Host: ${host.includes(':') ? `[${host}]` : host}:${port}`,
    `Authorization: Bearer ${jobToken}`,
    ...(isWhole && received === 0 ? [] : [`Range: bytes=${wanted}`]),
  ]
  assert(lines.every((line) => /^[\x20-\x7e]+$/.test(line)), 'a request is made of printable ASCII')
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** `undefined` when the answer is what was asked for; a whole file starts the progress anew. */
function judgeAnswer(
  { status, contentLength, contentRange }: AnswerHead,
  progress: Progress,
): TryOutcome | undefined {
  if (status >= 500 || status === 429) return { kind: 'again', reason: `it answers ${status}` }
  if (status !== 200 && status !== 206) return { kind: 'final', reason: `it answers ${status}` }
  if (status === 200 && !progress.isWhole) return { kind: 'final', reason: 'it knows no ranges' }
  if (status === 200) restart(progress)
  else if (!(contentRange ?? '').startsWith(`bytes ${progress.range.offset + progress.received}-`)) {
    return { kind: 'final', reason: 'it sends another range than asked for' }
  }
  const expected = progress.bytes - progress.received
  if (contentLength === expected) return undefined
  const announced = contentLength ?? 'an unknown number of'
  return { kind: 'final', reason: `it announces ${announced} bytes instead of ${expected}` }
}

function restart(progress: Progress): void {
  progress.received = 0
  progress.segmentFrom = 0
  progress.segment = 0
  progress.checksum = 0
}

/**
 * The checksums are computed while the system writes a large file. Gives what is wrong with a segment, which the
 * progress then begins anew.
 */
async function append(
  file: LocalFile, bytes: Buffer, progress: Progress, path: string,
): Promise<string | undefined> {
  try {
    const writing = file.write(bytes, progress.range.offset + progress.received)
    const wrong = check(bytes, progress)
    await writing
    return wrong
  } catch (thrown) {
    throw fromFileError(thrown, path)
  }
}

/** Takes the bytes as received, segment by segment, up to the first wrong one. */
function check(bytes: Buffer, progress: Progress): string | undefined {
  for (let from = 0; from < bytes.length;) {
    const segment = present(progress.range.segments[progress.segment], 'no more is received than asked for')
    const end = Math.min(bytes.length, from + segment.bytes - (progress.received - progress.segmentFrom))
    progress.checksum = crc32(bytes.subarray(from, end), progress.checksum)
    progress.received += end - from
    from = end
    if (progress.received - progress.segmentFrom < segment.bytes) continue
    const { checksum } = progress
    progress.checksum = 0
    if (segment.crc32 !== undefined && segment.crc32 !== checksum) {
      progress.received = progress.segmentFrom
      return `its checksum is ${checksum} instead of ${segment.crc32}`
    }
    progress.segmentFrom = progress.received
    progress.segment += 1
  }
  return undefined
}

/** The lost-input error of a piece, which names the executor, stage and task. */
export function fetchFailed(piece: ShufflePiece, reason: string): QueryError {
  const { stageId, task } = parseAttemptId(piece.attemptId)
  const { executorId, attemptId, file } = piece
  return queryError('SHUFFLE_FETCH_FAILED', { executorId, stageId, task, reason, attemptId, file })
}
