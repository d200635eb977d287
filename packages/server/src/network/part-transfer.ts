/** One GET of a file from an executor: HTTP/1.1 as its file server speaks it, the body read as it is wanted. */
import { isIPv6 } from 'node:net'
import { SocketBytes, type SocketBytesOptions } from './socket-bytes.js'

export interface TransferRequest extends SocketBytesOptions {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
}

/** Bytes of an answer's head. */
const headBytesMax = 16 * 1024
const headEnd = '\r\n\r\n'

export interface Transfer {
  readonly status: number
  /** As the head announces it; `undefined` where it does not. */
  readonly contentLength: number | undefined
  /** Puts bytes of the body into the target; fewer only where the connection ends before. */
  read(target: Buffer): Promise<number>
  close(): void
}

/** Answers when the head has come. @throws Error of the connection, or for a head that is none */
export async function openTransfer(request: TransferRequest): Promise<Transfer> {
  const { signal } = request
  signal.throwIfAborted()
  const bytes = new SocketBytes(request)
  const onAbort = (): void => bytes.close()
  signal.addEventListener('abort', onAbort, { once: true })
  const close = (): void => {
    signal.removeEventListener('abort', onAbort)
    bytes.close()
  }
  try {
    bytes.write(requestHead(request))
    return { ...readHead(await receiveHead(bytes)), read: (target) => bytes.read(target), close }
  } catch (error) {
    close()
    throw error
  }
}

function requestHead({ host, port, path, headers }: TransferRequest): string {
  const name = isIPv6(host) ? `[${host}]` : host
  const all = { host: `${name}:${port}`, connection: 'close', ...headers }
  const lines = [`GET ${path} HTTP/1.1`, ...Object.entries(all).map(([key, value]) => `${key}: ${value}`)]
  if (lines.some((line) => /[^\x20-\x7e]/.test(line))) throw new Error('a request that cannot be sent')
  return `${lines.join('\r\n')}${headEnd}`
}

async function receiveHead(bytes: SocketBytes): Promise<string> {
  const buffer = Buffer.allocUnsafe(headBytesMax)
  for (let filled = 0; filled < buffer.length;) {
    const from = Math.max(0, filled - headEnd.length)
    filled += await bytes.read(buffer.subarray(filled), 1)
    const end = buffer.subarray(0, filled).indexOf(headEnd, from, 'latin1')
    if (end < 0) continue
    bytes.unread(buffer.subarray(end + headEnd.length, filled))
    return buffer.toString('latin1', 0, end)
  }
  throw new Error(`an answer whose head exceeds ${headBytesMax} bytes`)
}

function readHead(head: string): Pick<Transfer, 'status' | 'contentLength'> {
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]
  if (status === undefined) throw new Error('an answer that is not HTTP/1.1')
  const lengths = lines.flatMap((line) => /^content-length:[ \t]*(\d{1,15})[ \t]*$/i.exec(line)?.[1] ?? [])
  const plain = !lines.some((line) => /^transfer-encoding:/i.test(line))
  const [length] = lengths
  const known = plain && lengths.length === 1 && length !== undefined
  return { status: Number(status), contentLength: known ? Number(length) : undefined }
}
