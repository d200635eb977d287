/**
 * The framing of Arrow IPC streams, without decoding: a stream is a row of messages, each with metadata (a
 * flatbuffer) and a body of a length that the metadata tells.
 *
 *   0xFFFFFFFF  length of metadata (int32)  metadata, padded to 8  body, padded to 8      …  0xFFFFFFFF  0
 */
import { queryError } from '@arbalest/common'

export interface IpcMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch' | 'other'
  /** The flatbuffer with its padding, without prefix. */
  readonly metadata: Buffer
  /** In pieces as they arrived. */
  readonly body: readonly Buffer[]
  readonly bodyBytes: number
}

/** Bytes of one message's metadata; wide schemas stay far below. */
const metadataBytesMax = 16 * 1024 * 1024
/** Bytes of one batch: it has to fit a gRPC message. */
const bodyBytesMax = 60 * 1024 * 1024
const continuation = 0xffffffff

/** Cuts the bytes of one stream into messages, up to its end mark or the end of the bytes. */
export async function* readIpcMessages(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<IpcMessage> {
  const bytes = new ByteQueue(chunks)
  try {
    for (
      let message = await nextMessage(bytes);
      message !== undefined;
      message = await nextMessage(bytes)
    ) {
      yield message
    }
  } finally {
    await bytes.close()
  }
}

async function nextMessage(bytes: ByteQueue): Promise<IpcMessage | undefined> {
  const first = await bytes.take(4, 'end')
  if (first === undefined) return undefined
  const word = first.readUInt32LE(0)
  const length = word === continuation ? (await bytes.need(4)).readInt32LE(0) : word
  if (length === 0) return undefined
  if (length < 8 || length > metadataBytesMax) throw brokenStream(`metadata of ${length} bytes`)
  const metadata = await bytes.need(length)
  const { kind, bodyBytes } = readMessageHeader(metadata)
  if (bodyBytes > bodyBytesMax) {
    throw queryError('LIMIT_EXCEEDED', {
      what: `an Arrow batch of ${bodyBytes} bytes`,
      limit: bodyBytesMax,
    })
  }
  return { kind, metadata, body: await bytes.pieces(bodyBytes), bodyBytes }
}

/** The message as bytes of a stream. */
export function frameIpcMessage({
  metadata,
  body,
}: Pick<IpcMessage, 'metadata' | 'body'>): readonly Buffer[] {
  const padding = (8 - (metadata.length % 8)) % 8
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32LE(continuation, 0)
  prefix.writeInt32LE(metadata.length + padding, 4)
  return padding === 0
    ? [prefix, metadata, ...body]
    : [prefix, metadata, Buffer.alloc(padding), ...body]
}

/** What stands behind the last message of a stream. */
export const ipcEndMark: Buffer = Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])

const brokenStream = (reason: string): Error =>
  queryError('INTERNAL', { reason: `broken Arrow stream: ${reason}` })

/** Reads the two fields needed of the flatbuffer `Message { version, header_type, header, bodyLength }`. */
export function readMessageHeader(metadata: Buffer): {
  readonly kind: IpcMessage['kind']
  readonly bodyBytes: number
} {
  try {
    const table = metadata.readUInt32LE(0)
    const vtable = table - metadata.readInt32LE(table)
    const entries = (metadata.readUInt16LE(vtable) - 4) / 2
    const fieldAt = (index: number): number =>
      index < entries ? metadata.readUInt16LE(vtable + 4 + index * 2) : 0
    const type = fieldAt(1) === 0 ? 0 : metadata.readUInt8(table + fieldAt(1))
    const length = fieldAt(3) === 0 ? 0n : metadata.readBigInt64LE(table + fieldAt(3))
    if (length < 0n || length > BigInt(Number.MAX_SAFE_INTEGER))
      throw brokenStream(`a body of ${length} bytes`)
    const kind = ({ 1: 'schema', 2: 'dictionary', 3: 'batch' } as const)[type] ?? 'other'
    return { kind, bodyBytes: Number(length) }
  } catch (thrown) {
    if (thrown instanceof RangeError) throw brokenStream('metadata that is no message')
    throw thrown
  }
}

/** Bytes of an async source, taken in the amounts that the reader asks for. */
class ByteQueue {
  private readonly source: AsyncIterator<Uint8Array>
  private readonly chunks: Buffer[] = []
  private available = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]()
  }

  async need(length: number): Promise<Buffer> {
    const taken = await this.take(length, 'error')
    if (taken === undefined) throw brokenStream('it ends within a message')
    return taken
  }

  /** `undefined` when the source has ended and nothing is left, if that is allowed here. */
  async take(length: number, atEnd: 'end' | 'error'): Promise<Buffer | undefined> {
    await this.fill(length)
    if (this.available === 0 && length > 0 && atEnd === 'end') return undefined
    const pieces = this.cut(length)
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.source.return?.()
  }

  async pieces(length: number): Promise<readonly Buffer[]> {
    await this.fill(length)
    return this.cut(length)
  }

  private async fill(length: number): Promise<void> {
    while (this.available < length) {
      const next = await this.source.next()
      if (next.done === true) return
      const { buffer, byteOffset, byteLength } = next.value
      this.chunks.push(Buffer.from(buffer, byteOffset, byteLength))
      this.available += byteLength
    }
  }

  private cut(length: number): Buffer[] {
    if (this.available < length) throw brokenStream('it ends within a message')
    const pieces: Buffer[] = []
    for (let left = length; left > 0;) {
      const chunk = this.chunks[0]
      if (chunk === undefined) throw brokenStream('it ends within a message')
      const piece = chunk.subarray(0, left)
      if (piece.length === chunk.length) this.chunks.shift()
      else this.chunks[0] = chunk.subarray(left)
      left -= piece.length
      pieces.push(piece)
    }
    this.available -= length
    return pieces
  }
}
