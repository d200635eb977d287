/**
 * The framing of Arrow IPC streams, without decoding: a stream is a row of messages, each with metadata (a
 * flatbuffer) and a body of a length that the metadata tells.
 *
 *   0xFFFFFFFF  length of metadata (int32)  metadata, padded to 8  body, padded to 8      …  0xFFFFFFFF  0
 */
import { queryError } from '@arbalest/common'
import type { ByteSource } from './byte-source.js'

export interface IpcMessage {
  readonly kind: 'schema' | 'dictionary' | 'batch' | 'other'
  /** The flatbuffer with its padding, without prefix. */
  readonly metadata: Buffer
  /** In pieces, as it came. */
  readonly body: readonly Buffer[]
  readonly bodyBytes: number
}

/** Bytes of one message's metadata; wide schemas stay far below. */
const metadataBytesMax = 16 * 1024 * 1024
/** Bytes of one batch: it has to fit a gRPC message. */
const bodyBytesMax = 60 * 1024 * 1024
const continuation = 0xffffffff

/**
 * Cuts the bytes of one stream into messages, up to its end mark or the end of the bytes. Bodies are read
 * into what `allocate` gives for their size.
 */
export async function* readIpcMessages(
  bytes: ByteSource,
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafe,
): AsyncGenerator<IpcMessage> {
  try {
    for (
      let message = await nextMessage(bytes, allocate);
      message !== undefined;
      message = await nextMessage(bytes, allocate)
    ) {
      yield message
    }
  } finally {
    await bytes.close()
  }
}

async function nextMessage(
  bytes: ByteSource,
  allocate: (bytes: number) => Buffer,
): Promise<IpcMessage | undefined> {
  const first = Buffer.allocUnsafe(4)
  const there = await bytes.fill(first)
  if (there === 0) return undefined
  if (there < first.length) throw cutOff()
  const word = first.readUInt32LE(0)
  const length = word === continuation ? (await need(bytes, first)).readInt32LE(0) : word
  if (length === 0) return undefined
  if (length < 8 || length > metadataBytesMax) throw brokenStream(`metadata of ${length} bytes`)
  const metadata = await need(bytes, Buffer.allocUnsafe(length))
  const { kind, bodyBytes } = readMessageHeader(metadata)
  if (bodyBytes > bodyBytesMax) {
    throw queryError('LIMIT_EXCEEDED', {
      what: `an Arrow batch of ${bodyBytes} bytes`,
      limit: bodyBytesMax,
    })
  }
  const body = bodyBytes === 0 ? [] : [await need(bytes, allocate(bodyBytes))]
  return { kind, metadata, body, bodyBytes }
}

async function need(bytes: ByteSource, target: Buffer): Promise<Buffer> {
  if ((await bytes.fill(target)) < target.length) throw cutOff()
  return target
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
const cutOff = (): Error => brokenStream('it ends within a message')

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
