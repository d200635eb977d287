/**
 * Reads one part of a result from the executor that keeps it, as fast as it is consumed. A transfer that
 * breaks goes on where it stopped, a bounded number of times without progress.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { limits, parseAttemptId, queryError, QueryError } from '@arbalest/common'
import type { ByteSource, ResultPart } from '@arbalest/protocol'
import { openTransfer, type Transfer } from './part-transfer.js'

export interface PartRequest {
  readonly part: ResultPart
  readonly jobToken: string
  readonly signal: AbortSignal
}

/** The part's bytes; to be closed. `fill` throws RESULT_LOST, RESULT_EXPIRED or the signal's reason. */
export function fetchPart(request: PartRequest): ByteSource {
  const source = new PartSource(request)
  return {
    fill: (target) => source.fill(target),
    close: () => Promise.resolve(source.close()),
  }
}

class PartSource {
  readonly #request: PartRequest
  #transfer: Transfer | undefined
  #received = 0
  /** Bytes received when the present transfer began. */
  #begun = 0
  #failures = 0

  constructor(request: PartRequest) {
    this.#request = request
  }

  async fill(target: Buffer): Promise<number> {
    const wanted = Math.min(target.length, this.#request.part.bytes - this.#received)
    for (let filled = 0; filled < wanted;) filled += await this.#read(target.subarray(filled, wanted))
    if (this.#received === this.#request.part.bytes) this.close()
    return wanted
  }

  close(): void {
    this.#transfer?.close()
    this.#transfer = undefined
  }

  /** Answers 0 after a failure that is worth another try. */
  async #read(target: Buffer): Promise<number> {
    try {
      this.#transfer ??= await open(this.#request, this.#received)
      const bytes = await this.#transfer.read(target)
      this.#received += bytes
      return bytes
    } catch (thrown) {
      this.close()
      await this.#afterFailure(thrown)
      return 0
    }
  }

  async #afterFailure(thrown: unknown): Promise<void> {
    const { part, signal } = this.#request
    signal.throwIfAborted()
    if (thrown instanceof QueryError) throw thrown
    this.#failures = this.#received > this.#begun ? 1 : this.#failures + 1
    this.#begun = this.#received
    if (this.#failures > limits.fetchRetries) throw lost(part, messageOf(thrown), thrown)
    await wait(limits.fetchBackoffMs * 2 ** this.#failures, undefined, { signal })
  }
}

async function open({ part, jobToken, signal }: PartRequest, received: number): Promise<Transfer> {
  const transfer = await openTransfer({
    host: part.host,
    port: part.port,
    path: `/shuffle/${part.attemptId}/0`,
    headers: {
      authorization: `Bearer ${jobToken}`,
      ...(received > 0 ? { range: `bytes=${received}-` } : {}),
    },
    timeoutMs: limits.fetchTimeoutMs,
    signal,
  })
  const { status, contentLength } = transfer
  const expected = part.bytes - received
  if (status === (received > 0 ? 206 : 200) && contentLength === expected) return transfer
  try {
    if (status !== 200 && status !== 206) throw await refusal(part, transfer)
    throw lost(part, `it announces ${contentLength ?? 'no'} bytes instead of ${expected}`)
  } finally {
    transfer.close()
  }
}

/** A busy or failing executor is worth another try; a clear answer is not. */
async function refusal(part: ResultPart, transfer: Transfer): Promise<Error> {
  const { status, contentLength = refusalBytesMax } = transfer
  if (status >= 500 || status === 429) return new Error(`it answers ${status}`)
  const body = Buffer.alloc(Math.min(contentLength, refusalBytesMax))
  const length = body.length === 0 ? 0 : await transfer.read(body)
  if (body.includes('"UNKNOWN_JOB"', 0, 'latin1') && length > 0) {
    return queryError('RESULT_EXPIRED', { jobId: parseAttemptId(part.attemptId).jobId })
  }
  return lost(part, `it answers ${status}`)
}

/** Bytes of a refusal that are looked at. */
const refusalBytesMax = 10_000

function lost(part: ResultPart, reason: string, cause?: unknown): QueryError {
  const { jobId } = parseAttemptId(part.attemptId)
  return queryError(
    'RESULT_LOST',
    { jobId, reason: `executor ${part.executorId}: ${reason}` },
    { jobId, cause },
  )
}

const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)
