/**
 * A finished result as one sequence of Arrow messages: its parts follow each other in order, the schema
 * comes once, nothing is decoded, and no more is held than one message.
 */
import { queryError } from '@arbalest/common'
import {
  chunkSource,
  readIpcMessages,
  type ByteSource,
  type IpcMessage,
} from '@arbalest/protocol'
import { BufferPool } from './buffer-pool.js'
import { fetchPart, type PartRequest } from './fetch-part.js'
import type { ResultSource } from './front-backend.js'
import type { OutgoingMessage } from './send-messages.js'

/** Reads a part's bytes where they are not inline. */
export type FetchPart = (request: PartRequest) => ByteSource

interface StreamOptions {
  readonly fetch?: FetchPart | undefined
  /** Where bodies are read to. */
  readonly allocate?: (bytes: number) => Buffer
}

/** @throws QueryError RESULT_LOST, RESULT_EXPIRED, INTERNAL; the signal's reason */
export async function* resultMessages(
  source: Pick<ResultSource, 'parts' | 'jobToken'>,
  signal: AbortSignal,
  { fetch = fetchPart, allocate }: StreamOptions = {},
): AsyncGenerator<IpcMessage, void, undefined> {
  let schema: Buffer | undefined
  for (const part of source.parts) {
    let begun = false
    const bytes =
      part.inline === undefined
        ? fetch({ part, jobToken: source.jobToken, signal })
        : chunkSource(oneChunk(Buffer.from(part.inline, 'base64')))
    for await (const message of readIpcMessages(bytes, allocate)) {
      signal.throwIfAborted()
      if (begun === (message.kind === 'schema')) throw broken('its schema is not the first message')
      begun = true
      if (message.kind !== 'schema') yield message
      else if (schema === undefined) {
        schema = message.metadata
        yield message
      } else if (!schema.equals(message.metadata)) throw broken('its parts have different schemas')
    }
    if (!begun) throw broken('a part has no schema')
  }
  if (schema === undefined) throw broken('it has no parts')
}

/** The messages as Flight sends them, in buffers that are used again. */
export async function* outgoingMessages(
  source: Pick<ResultSource, 'parts' | 'jobToken'>,
  signal: AbortSignal,
  fetch?: FetchPart,
): AsyncGenerator<OutgoingMessage, void, undefined> {
  const pool = new BufferPool()
  const messages = resultMessages(source, signal, { fetch, allocate: (bytes) => pool.take(bytes) })
  for await (const { metadata, body } of messages) {
    yield { header: metadata, body, sent: () => body.forEach((piece) => pool.give(piece)) }
  }
}

async function* oneChunk(chunk: Buffer): AsyncGenerator<Buffer> {
  yield chunk
}

const broken = (reason: string): Error =>
  queryError('INTERNAL', { reason: `broken result: ${reason}` })
