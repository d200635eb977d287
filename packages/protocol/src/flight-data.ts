/**
 * FlightData by hand: the four fields of the message, one copy when it is written, none when it is read
 * (the parts of a decoded message are views of what arrived).
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

export function encodeFlightData(data: FlightData): Buffer {
  const parts: Buffer[] = []
  const field = (tag: number, contents: readonly Buffer[]): void => {
    const length = contents.reduce((sum, { length }) => sum + length, 0)
    if (length > 0) parts.push(varint((tag << 3) | lengthDelimited), varint(length), ...contents)
  }
  field(tags.descriptor, data.descriptor === undefined ? [] : [data.descriptor])
  field(tags.header, [data.header])
  field(tags.appMetadata, data.appMetadata === undefined ? [] : [data.appMetadata])
  field(tags.body, data.body)
  return Buffer.concat(parts)
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

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
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
