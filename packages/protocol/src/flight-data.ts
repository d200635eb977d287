/**
 * FlightData by hand: the four fields of the message, one copy when it is written (gRPC's own), none when it
 * is read (the parts of a decoded message are views of what arrived).
 */
import { queryError } from '@arbalest/common'

export interface FlightData {
  /** A `FlightDescriptor`, encoded; only in the first message of an upload. */
  readonly descriptor?: Buffer
  /** An Arrow IPC message's metadata, without its prefix. */
  readonly header: Buffer
  readonly appMetadata?: Buffer
  /** The message's body, a multiple of 8 bytes. */
  readonly body: readonly Buffer[]
}

const tags = { descriptor: 1, header: 2, appMetadata: 3, body: 1000 } as const
const lengthDelimited = 2

/**
 * For gRPC, which puts a prefix before every message and copies it for that: it is handed the
 * pieces, and its copy is the only one. Of a serialized message it asks nothing but these two members.
 */
export function serializeFlightData(data: FlightData): Buffer {
  const pieces = flightDataPieces(data)
  const message: Pick<Buffer, 'byteLength' | 'copy'> = {
    byteLength: pieces.reduce((sum, piece) => sum + piece.length, 0),
    copy(target, start = 0) {
      let end = start
      for (const piece of pieces) {
        target.set(piece, end)
        end += piece.length
      }
      return end - start
    },
  }
  return message as Buffer
}

/**
 * The same as it stands in a gRPC stream, prefix included. The pieces are the message's own buffers: nothing
 * is copied but what stands before the body.
 */
export function flightDataFrame(data: FlightData): readonly Buffer[] {
  const prefix = Buffer.alloc(5)
  const pieces = [prefix, ...flightDataPieces({ ...data, body: [] })]
  const bodyBytes = data.body.reduce((sum, piece) => sum + piece.length, 0)
  if (bodyBytes > 0) pieces.push(fieldHead(tags.body, bodyBytes))
  const head = Buffer.concat(pieces)
  head.writeUInt32BE(head.length - prefix.length + bodyBytes, 1)
  return [head, ...data.body]
}

function flightDataPieces(data: FlightData): readonly Buffer[] {
  const pieces: Buffer[] = []
  const field = (tag: number, contents: readonly Buffer[]): void => {
    const length = contents.reduce((sum, { length }) => sum + length, 0)
    if (length > 0) pieces.push(fieldHead(tag, length), ...contents)
  }
  field(tags.descriptor, data.descriptor === undefined ? [] : [data.descriptor])
  field(tags.header, [data.header])
  field(tags.appMetadata, data.appMetadata === undefined ? [] : [data.appMetadata])
  field(tags.body, data.body)
  return pieces
}

/** @throws QueryError INVALID_REQUEST when the bytes are no FlightData */
export function decodeFlightData(bytes: Buffer): FlightData {
  let descriptor: Buffer | undefined
  let header: Buffer = bytes.subarray(0, 0)
  let appMetadata: Buffer | undefined
  let body: readonly Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const key = readVarint(bytes, at)
    const tag = Math.floor(key.value / 8)
    const end = fieldEnd(bytes, key.end, key.value % 8)
    if (key.value % 8 === lengthDelimited) {
      const contents = bytes.subarray(readVarint(bytes, key.end).end, end)
      if (tag === tags.descriptor) descriptor = contents
      else if (tag === tags.header) header = contents
      else if (tag === tags.appMetadata) appMetadata = contents
      else if (tag === tags.body) body = [contents]
    }
    at = end
  }
  return {
    header,
    body,
    ...(descriptor === undefined ? {} : { descriptor }),
    ...(appMetadata === undefined ? {} : { appMetadata }),
  }
}

/** Where the field that starts at `at` ends, by its wire type. */
function fieldEnd(bytes: Buffer, at: number, wireType: number): number {
  const end = contentsEnd(bytes, at, wireType)
  if (end > bytes.length) throw broken()
  return end
}

function contentsEnd(bytes: Buffer, at: number, wireType: number): number {
  switch (wireType) {
    case 0:
      return readVarint(bytes, at).end
    case 1:
      return at + 8
    case lengthDelimited: {
      const length = readVarint(bytes, at)
      return length.end + length.value
    }
    case 5:
      return at + 4
    default:
      throw broken()
  }
}

const broken = (): Error => queryError('INVALID_REQUEST', { reason: 'broken FlightData' })

/**
 * Lengths take four bytes, whatever they are. Behind gRPC's prefix of five bytes, and a header that is a
 * multiple of 8 as Arrow pads it, the body then begins at a multiple of 8: who reads it needs no copy.
 */
function fieldHead(tag: number, length: number): Buffer {
  if (length >= 2 ** 28) throw queryError('INTERNAL', { reason: `FlightData with a field of ${length} bytes` })
  const key = (tag << 3) | lengthDelimited
  const keyBytes = key < 0x80 ? [key] : [(key & 0x7f) | 0x80, key >> 7]
  return Buffer.from([
    ...keyBytes, length | 0x80, (length >> 7) | 0x80, (length >> 14) | 0x80, length >> 21,
  ])
}

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } {
  let value = 0
  let scale = 1
  for (let end = at; end < at + 8; end++) {
    const byte = bytes[end]
    if (byte === undefined) throw broken()
    value += (byte & 0x7f) * scale
    scale *= 0x80
    if (byte < 0x80) return { value, end: end + 1 }
  }
  throw broken()
}
