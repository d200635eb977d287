/**
 * Serves the files of committed attempts: `GET /shuffle/JOB/STAGE/TASK/ATTEMPT/FILE` with ranges, to
 * whoever presents the token of that job. Bytes go from file to socket through blocks that are used again;
 * ids are looked up.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  asQueryError, limits, parseAttemptId, queryError, type AttemptId, type QueryError,
} from '@arbalest/common'
import { BlockPool } from './block-pool.js'
import { parseByteRange } from './byte-range.js'
import { errnoOf } from './file-errors.js'
import { openLocalFile, type LocalFile } from './local-file.js'
import type { HeldFile, OutputRegistry } from './output-registry.js'

export interface ShuffleServer {
  readonly port: number
  /** Ends open transfers. */
  close(): Promise<void>
}

/** @throws QueryError PORT_IN_USE */
export async function startShuffleServer(options: {
  readonly host: string
  /** 0 = any free port. */
  readonly port: number
  readonly registry: OutputRegistry
}): Promise<ShuffleServer> {
  const context = { registry: options.registry, blocks: new BlockPool(limits.shuffleBlocksMax) }
  const server = createServer({ maxHeaderSize: limits.shuffleHeaderBytesMax }, (request, response) => {
    void answer(context, request, response)
  })
  server.maxConnections = limits.shuffleConnectionsMax
  server.keepAliveTimeout = limits.shuffleIdleTimeoutMs
  server.setTimeout(limits.shuffleIdleTimeoutMs)
  await listen(server, options.host, options.port)
  const { port } = server.address() as AddressInfo
  return { port, close: () => closeServer(server) }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const taken = errnoOf(error) === 'EADDRINUSE'
      const reason = `cannot listen on ${host}:${port}: ${error.message}`
      reject(
        taken
          ? queryError('PORT_IN_USE', { host, port }, { cause: error })
          : queryError('INVALID_OPTION', { option: '--bind-host', reason }, { cause: error }),
      )
    })
    server.listen(port, host, resolve)
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

interface ServerContext {
  readonly registry: OutputRegistry
  readonly blocks: BlockPool
}

async function answer(
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body is no part of any request here; it is thrown away so that the connection stays usable.
  request.resume()
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return refuse(response, 405, queryError('INVALID_REQUEST', { reason: 'only GET and HEAD are served' }))
    }
    if (request.url === '/healthz') return sendHealth(response)
    await serveFile(context, request, response)
  } catch (thrown) {
    const error = asQueryError(thrown)
    if (response.headersSent) response.destroy()
    else refuse(response, statusOf(error), error)
  }
}

function sendHealth(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}')
}

async function serveFile(
  { registry, blocks }: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { attemptId, file } = parsePath(request.url ?? '')
  const { jobId } = parseAttemptId(attemptId)
  const presented = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (presented === undefined) {
    throw queryError('UNAUTHENTICATED', { reason: 'shuffle files need the token of their job' })
  }
  const token = registry.jobToken(jobId)
  if (token === undefined) throw queryError('UNKNOWN_JOB', { jobId })
  if (!sameToken(presented, token)) {
    throw queryError('PERMISSION_DENIED', { reason: `the token is not that of job ${jobId}` })
  }
  const held = registry.find(attemptId, file)
  if (held === undefined) throw notHeld(attemptId, file)
  await turnOf(response)
  const content = await openHeld(held, attemptId, file)
  try {
    const part = announce(request, response, held.bytes)
    if (part !== undefined) await sendPart(content, part, response, blocks)
  } finally {
    await content.close()
  }
}

/**
 * A request that came behind others on its connection waits with nothing open until they are answered;
 * when the connection ends before, it waits forever and is forgotten with it.
 */
async function turnOf(response: ServerResponse): Promise<void> {
  if (response.socket === null) await new Promise<void>((resolve) => response.once('socket', () => resolve()))
}

/** @throws QueryError INVALID_REQUEST, INVALID_ID */
function parsePath(url: string): { readonly attemptId: AttemptId; readonly file: number } {
  const match = /^\/shuffle\/([^/]+\/[^/]+\/[^/]+\/[^/]+)\/(\d{1,6})$/.exec(url)
  if (match === null) throw queryError('INVALID_REQUEST', { reason: 'there is nothing at this address' })
  const [, id = '', file] = match
  parseAttemptId(id)
  return { attemptId: id as AttemptId, file: Number(file) }
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
function sameToken(presented: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(presented), digest(expected))
}

const notHeld = (attemptId: AttemptId, file: number): QueryError =>
  queryError('FILE_NOT_FOUND', { path: `${attemptId}/${file}` })

async function openHeld({ path, bytes }: HeldFile, attemptId: AttemptId, file: number): Promise<LocalFile> {
  try {
    return await openLocalFile(path, 'r', bytes)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw notHeld(attemptId, file)
    throw error
  }
}

/** Sends the head; what is left to be sent behind it, if anything is. */
function announce(
  request: IncomingMessage,
  response: ServerResponse,
  size: number,
): { readonly first: number; readonly length: number } | undefined {
  const range = parseByteRange(request.headers.range, size)
  if (range.kind === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`)
    refuse(response, 416, queryError('INVALID_REQUEST', { reason: 'the range lies outside the file' }))
    return undefined
  }
  const { first, length } = range
  response.writeHead(range.kind === 'part' ? 206 : 200, {
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'content-length': length,
    ...(range.kind === 'part' ? { 'content-range': `bytes ${first}-${first + length - 1}/${size}` } : {}),
  })
  if (request.method !== 'HEAD' && length > 0) return range
  response.end()
  return undefined
}

/** Two blocks take turns: one is read from the file while the socket takes the other. */
async function sendPart(
  content: LocalFile,
  { first, length }: { readonly first: number; readonly length: number },
  response: ServerResponse,
  pool: BlockPool,
): Promise<void> {
  const write = writerTo(response)
  const [one, other] = takeBlocks(pool, length)
  let sending = Promise.resolve()
  try {
    let block = one
    for (let sent = 0; sent < length; block = block === one ? other : one) {
      const bytes = await content.read(block, Math.min(block.length, length - sent), first + sent)
      if (bytes === 0) throw new Error('the file has become shorter')
      await sending
      sending = write(block.subarray(0, bytes))
      sending.catch(() => undefined)
      sent += bytes
    }
    await sending
    response.end()
  } finally {
    // No write is under way by now, or its socket is closed.
    for (const block of new Set([one, other])) pool.give(block)
  }
}

/** A file that fits into one block needs no other. */
function takeBlocks(pool: BlockPool, bytes: number): readonly [Buffer, Buffer] {
  const one = pool.take()
  return [one, bytes <= one.length ? one : pool.take()]
}

/** Writes that resolve once the socket has taken the bytes, and reject when the reader has left. */
function writerTo(response: ServerResponse): (bytes: Buffer) => Promise<void> {
  let fail: ((reason: Error) => void) | undefined
  let left = response.destroyed
  response.once('close', () => {
    left = true
    fail?.(new Error('the reader left'))
  })
  return (bytes) => new Promise((resolve, reject) => {
    if (left) return reject(new Error('the reader left'))
    fail = reject
    response.write(bytes, (error) => (error ? reject(error) : resolve()))
  })
}

function refuse(response: ServerResponse, status: number, error: QueryError): void {
  const body = JSON.stringify(error.toWire())
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function statusOf(error: QueryError): number {
  if (error.code === 'UNAUTHENTICATED') return 401
  if (error.code === 'PERMISSION_DENIED') return 403
  if (error.code === 'INVALID_ID') return 400
  return error.category === 'user' ? 404 : 500
}
