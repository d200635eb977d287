/**
 * Fetches a committed file from the executor that made it. What arrives must have the length and the
 * checksum that its producer reported; anything else is refused. A broken transfer goes on where it
 * stopped, after a growing pause, a bounded number of times.
 */
import { open, type FileHandle } from 'node:fs/promises'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { crc32 } from 'node:zlib'
import {
  parseAttemptId, queryError, QueryError, type Clock,
} from '@arbalest/common'
import type { ShufflePiece } from '@arbalest/plan'
import { delay } from './delay.js'
import { fromFileError } from './file-errors.js'

/** Bytes gathered before they are written: one write per 64 KiB would cost more than the transfer. */
const writeBytes = 1024 * 1024

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
  readonly file: FileHandle
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
  readonly #agent = new Agent({ keepAlive: true })

  constructor(settings: FetchSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  /** @throws QueryError SHUFFLE_FETCH_FAILED, DISK_FULL, IO_ERROR; the reason of `signal` */
  async fetch(request: FetchRequest): Promise<void> {
    const { piece, path, signal } = request
    const file = await open(path, 'w', 0o600).catch((thrown: unknown) => {
      throw fromFileError(thrown, path)
    })
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
      await file.close()
    }
  }

  close(): Promise<void> {
    this.#agent.destroy()
    return Promise.resolve()
  }

  async #try(request: FetchRequest, progress: Progress): Promise<TryOutcome> {
    try {
      const response = await this.#open(request, progress.received)
      const refusal = judgeAnswer(response, request.piece, progress)
      if (refusal === undefined) return await receive(response, request, progress)
      response.destroy()
      return refusal
    } catch (thrown) {
      if (thrown instanceof QueryError) throw thrown
      return { kind: 'again', reason: thrown instanceof Error ? thrown.message : String(thrown) }
    }
  }

  #open({ piece, jobToken, signal }: FetchRequest, received: number): Promise<IncomingMessage> {
    const { host, port, attemptId, file } = piece
    const { timeoutMs } = this.#settings
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host,
          port,
          path: `/shuffle/${attemptId}/${file}`,
          agent: this.#agent,
          signal,
          timeout: timeoutMs,
          headers: {
            authorization: `Bearer ${jobToken}`,
            ...(received > 0 ? { range: `bytes=${received}-` } : {}),
          },
        },
        resolve,
      )
      request.on('timeout', () => request.destroy(new Error(`silent for ${timeoutMs} ms`)))
      request.on('error', reject)
      request.end()
    })
  }
}

/** `undefined` when the answer is what was asked for; a whole file starts the progress anew. */
function judgeAnswer(
  response: IncomingMessage,
  piece: ShufflePiece,
  progress: Progress,
): TryOutcome | undefined {
  const { statusCode = 0, headers } = response
  if (statusCode >= 500 || statusCode === 429) return { kind: 'again', reason: `it answers ${statusCode}` }
  if (statusCode !== 200 && statusCode !== 206) return { kind: 'final', reason: `it answers ${statusCode}` }
  if (statusCode === 200) restart(progress)
  else if (!(headers['content-range'] ?? '').startsWith(`bytes ${progress.received}-`)) {
    return { kind: 'final', reason: 'it sends another range than asked for' }
  }
  const expected = piece.bytes - progress.received
  if (headers['content-length'] === String(expected)) return undefined
  const announced = headers['content-length'] ?? 'an unknown number of'
  return { kind: 'final', reason: `it announces ${announced} bytes instead of ${expected}` }
}

function restart(progress: Progress): void {
  progress.received = 0
  progress.checksum = 0
}

async function receive(
  response: IncomingMessage,
  { piece, path }: FetchRequest,
  progress: Progress,
): Promise<TryOutcome> {
  const gathered: Buffer[] = []
  let gatheredBytes = 0
  const flush = async (): Promise<void> => {
    await append(progress, gathered.splice(0), gatheredBytes, path)
    gatheredBytes = 0
  }
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      gathered.push(chunk)
      gatheredBytes += chunk.length
      if (progress.received + gatheredBytes > piece.bytes) {
        return { kind: 'final', reason: `it sends more than ${piece.bytes} bytes` }
      }
      if (gatheredBytes >= writeBytes) await flush()
    }
  } finally {
    // What has come before a break counts: the next try goes on behind it.
    if (progress.received + gatheredBytes <= piece.bytes) await flush()
  }
  if (progress.received < piece.bytes) {
    return { kind: 'again', reason: `it ended after ${progress.received} of ${piece.bytes} bytes` }
  }
  if (piece.crc32 === undefined || piece.crc32 === progress.checksum) return { kind: 'done' }
  const reason = `its checksum is ${progress.checksum} instead of ${piece.crc32}`
  restart(progress)
  return { kind: 'again', reason }
}

async function append(
  progress: Progress,
  chunks: readonly Buffer[],
  bytes: number,
  path: string,
): Promise<void> {
  if (bytes === 0) return
  const block = Buffer.concat(chunks, bytes)
  try {
    await writeAll(progress.file, block, progress.received)
  } catch (thrown) {
    throw fromFileError(thrown, path)
  }
  progress.checksum = crc32(block, progress.checksum)
  progress.received += bytes
}

/** A full disk may take a part of a block before it refuses the rest. */
async function writeAll(file: FileHandle, block: Buffer, position: number): Promise<void> {
  let written = 0
  while (written < block.length) {
    const { bytesWritten } = await file.write(block, written, block.length - written, position + written)
    written += bytesWritten
  }
}

/** The lost-input error of a piece, which names the executor, stage and task. */
export function fetchFailed(piece: ShufflePiece, reason: string): QueryError {
  const { stageId, task } = parseAttemptId(piece.attemptId)
  const { executorId, attemptId, file } = piece
  return queryError('SHUFFLE_FETCH_FAILED', { executorId, stageId, task, reason, attemptId, file })
}
