/**
 * Reads one part of a result from the executor that keeps it, as fast as it is consumed. A transfer that
 * breaks goes on where it stopped, a bounded number of times without progress.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { limits, parseAttemptId, queryError, QueryError } from '@arbalest/common'
import type { ResultPart } from '@arbalest/protocol'

export interface PartRequest {
  readonly part: ResultPart
  readonly jobToken: string
  readonly signal: AbortSignal
}

/** Connections are reused, for results often have many small parts. */
const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: limits.fetchTimeoutMs })

/** @throws QueryError RESULT_LOST, RESULT_EXPIRED; the signal's reason */
export async function* fetchPart(request: PartRequest): AsyncGenerator<Buffer, void, undefined> {
  const { part, signal } = request
  let received = 0
  let failures = 0
  while (received < part.bytes) {
    const before = received
    try {
      for await (const chunk of await open(request, received)) {
        const bytes = chunk as Buffer
        received += bytes.length
        if (received > part.bytes) throw lost(part, `it sends more than ${part.bytes} bytes`)
        yield bytes
      }
    } catch (thrown) {
      signal.throwIfAborted()
      if (thrown instanceof QueryError) throw thrown
      failures = received > before ? 1 : failures + 1
      if (failures > limits.fetchRetries) throw lost(part, messageOf(thrown), thrown)
      await wait(limits.fetchBackoffMs * 2 ** failures, undefined, { signal })
      continue
    }
    if (received === before) throw lost(part, `it ended after ${received} of ${part.bytes} bytes`)
  }
}

async function open(
  { part, jobToken, signal }: PartRequest,
  received: number,
): Promise<IncomingMessage> {
  signal.throwIfAborted()
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(
      {
        host: part.host,
        port: part.port,
        path: `/shuffle/${part.attemptId}/0`,
        agent,
        signal,
        timeout: limits.fetchTimeoutMs,
        headers: {
          authorization: `Bearer ${jobToken}`,
          ...(received > 0 ? { range: `bytes=${received}-` } : {}),
        },
      },
      resolve,
    )
    request.on('timeout', () =>
      request.destroy(new Error(`silent for ${limits.fetchTimeoutMs} ms`)),
    )
    request.on('error', reject)
    request.end()
  })
  const { statusCode = 0, headers } = response
  const expected = String(part.bytes - received)
  if (statusCode === (received > 0 ? 206 : 200) && headers['content-length'] === expected)
    return response
  if (statusCode === 200 || statusCode === 206) {
    response.destroy()
    throw lost(
      part,
      `it announces ${headers['content-length'] ?? 'no'} bytes instead of ${expected}`,
    )
  }
  throw await refusal(part, response)
}

/** A busy or failing executor is worth another try; a clear answer is not. */
async function refusal(part: ResultPart, response: IncomingMessage): Promise<Error> {
  const { statusCode = 0 } = response
  let body = ''
  for await (const chunk of response) {
    body += String(chunk)
    if (body.length > 10_000) break
  }
  if (statusCode >= 500 || statusCode === 429) return new Error(`it answers ${statusCode}`)
  if (body.includes('"UNKNOWN_JOB"')) {
    return queryError('RESULT_EXPIRED', { jobId: parseAttemptId(part.attemptId).jobId })
  }
  return lost(part, `it answers ${statusCode}`)
}

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
