/** The metadata of an Arrow IPC stream: schema and record batch messages as bytes. */
import { Builder } from 'flatbuffers'
import { assert } from '@arbalest/common'

/** A column as the stream's schema tells it. */
export interface ArrowField {
  readonly name: string
  /** Arrow's format text of the C interface: `l`, `u`, `d:15,2`, `+l`, … */
  readonly format: string
  readonly nullable: boolean
  readonly children: readonly ArrowField[]
  readonly metadata?: Readonly<Record<string, string>>
}

/** Length and NULLs of one (nested) column of a batch. */
export interface FieldNode { readonly length: number; readonly nullCount: number }
/** Where a buffer lies in the batch's body. */
export interface BodyBuffer { readonly offset: number; readonly length: number }

const metadataVersion5 = 4
const headerSchema = 1
const headerRecordBatch = 3
const alignment = 8

/** Bytes rounded up to where the next buffer may begin. */
export const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment

/** Ends a stream. */
export const endOfStream = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])

export function schemaMessage(fields: readonly ArrowField[]): Uint8Array {
  const builder = new Builder(1024)
  const vector = tableVector(builder, fields.map((field) => addField(builder, field)))
  builder.startObject(4)
  builder.addFieldInt16(0, 0, 1)
  builder.addFieldOffset(1, vector, 0)
  return message(builder, headerSchema, builder.endObject(), 0)
}

export function recordBatchMessage(batch: {
  readonly rows: number
  readonly nodes: readonly FieldNode[]
  readonly buffers: readonly BodyBuffer[]
  readonly bodyBytes: number
}): Uint8Array {
  const builder = new Builder(1024)
  const nodes = structVector(builder, batch.nodes.map((node) => [node.length, node.nullCount]))
  const buffers = structVector(builder, batch.buffers.map((buffer) => [buffer.offset, buffer.length]))
  builder.startObject(5)
  builder.addFieldInt64(0, BigInt(batch.rows), 0n)
  builder.addFieldOffset(1, nodes, 0)
  builder.addFieldOffset(2, buffers, 0)
  return message(builder, headerRecordBatch, builder.endObject(), batch.bodyBytes)
}

/** The encapsulated form: a continuation mark, the length, the metadata padded to 8 bytes. */
function message(builder: Builder, headerType: number, header: number, bodyBytes: number): Uint8Array {
  builder.startObject(5)
  builder.addFieldInt16(0, metadataVersion5, 0)
  builder.addFieldInt8(1, headerType, 0)
  builder.addFieldOffset(2, header, 0)
  builder.addFieldInt64(3, BigInt(bodyBytes), 0n)
  builder.finish(builder.endObject())
  const metadata = builder.asUint8Array()
  const framed = Buffer.alloc(8 + aligned(metadata.length))
  framed.writeUInt32LE(0xffffffff, 0)
  framed.writeUInt32LE(framed.length - 8, 4)
  framed.set(metadata, 8)
  return framed
}

function addField(builder: Builder, field: ArrowField): number {
  const children = tableVector(builder, field.children.map((child) => addField(builder, child)))
  const name = builder.createString(field.name)
  const pairs = Object.entries(field.metadata ?? {}).map(([key, value]) => {
    const keyAt = builder.createString(key)
    const valueAt = builder.createString(value)
    builder.startObject(2)
    builder.addFieldOffset(0, keyAt, 0)
    builder.addFieldOffset(1, valueAt, 0)
    return builder.endObject()
  })
  const metadata = pairs.length === 0 ? 0 : tableVector(builder, pairs)
  const type = addType(builder, field.format)
  builder.startObject(7)
  builder.addFieldOffset(0, name, 0)
  builder.addFieldInt8(1, field.nullable ? 1 : 0, 0)
  builder.addFieldInt8(2, type.kind, 0)
  builder.addFieldOffset(3, type.at, 0)
  builder.addFieldOffset(5, children, 0)
  builder.addFieldOffset(6, metadata, 0)
  return builder.endObject()
}

const integerFormats: Readonly<Record<string, readonly [bits: number, signed: boolean]>> = {
  c: [8, true], C: [8, false], s: [16, true], S: [16, false],
  i: [32, true], I: [32, false], l: [64, true], L: [64, false],
}
const plainKinds: Readonly<Record<string, number>> = { z: 4, u: 5, b: 6, '+l': 12, '+s': 13 }
const timeUnits: Readonly<Record<string, number>> = { s: 0, m: 1, u: 2, n: 3 }

/** The type table of a format, and its number in the union of types. */
function addType(builder: Builder, format: string): { readonly kind: number; readonly at: number } {
  const plain = plainKinds[format]
  if (plain !== undefined) {
    builder.startObject(0)
    return { kind: plain, at: builder.endObject() }
  }
  const integer = integerFormats[format]
  if (integer !== undefined) {
    builder.startObject(2)
    builder.addFieldInt32(0, integer[0], 0)
    builder.addFieldInt8(1, integer[1] ? 1 : 0, 0)
    return { kind: 2, at: builder.endObject() }
  }
  const [head = '', parameter = ''] = [format.slice(0, 3), format.slice(format.indexOf(':') + 1)]
  if (format === 'f' || format === 'g') return addNumbers(builder, 3, [[16, format === 'f' ? 1 : 2]])
  if (format.startsWith('d:')) {
    const [precision = 0, scale = 0] = parameter.split(',').map(Number)
    return addNumbers(builder, 7, [[32, precision], [32, scale], [32, 128]])
  }
  if (format === 'tdD') return addNumbers(builder, 8, [[16, 0]])
  if (head.startsWith('tt')) {
    const unit = timeUnits[head[2] ?? ''] ?? 0
    return addNumbers(builder, 9, [[16, unit], [32, unit < 2 ? 32 : 64]])
  }
  if (head.startsWith('ts')) {
    const zone = parameter === '' ? 0 : builder.createString(parameter)
    builder.startObject(2)
    builder.forceDefaults(true)
    builder.addFieldInt16(0, timeUnits[head[2] ?? ''] ?? 0, 0)
    builder.forceDefaults(false)
    builder.addFieldOffset(1, zone, 0)
    return { kind: 10, at: builder.endObject() }
  }
  if (head === '+w:') return addNumbers(builder, 16, [[32, Number(parameter)]])
  assert(format === '+m', `rows leave DuckDB in types that a stream can tell: ${format}`)
  return addNumbers(builder, 17, [[8, 0]])
}

/** A type table of numbers only, each written even where it is the default. */
function addNumbers(
  builder: Builder,
  kind: number,
  numbers: readonly (readonly [bits: 8 | 16 | 32, value: number])[],
): { readonly kind: number; readonly at: number } {
  builder.startObject(numbers.length)
  builder.forceDefaults(true)
  numbers.forEach(([bits, value], slot) => {
    if (bits === 32) builder.addFieldInt32(slot, value, 0)
    else if (bits === 16) builder.addFieldInt16(slot, value, 0)
    else builder.addFieldInt8(slot, value, 0)
  })
  builder.forceDefaults(false)
  return { kind, at: builder.endObject() }
}

function tableVector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4)
  for (const offset of offsets.toReversed()) builder.addOffset(offset)
  return builder.endVector()
}

/** A vector of structs of two 64-bit numbers. */
function structVector(builder: Builder, pairs: readonly (readonly [number, number])[]): number {
  builder.startVector(16, pairs.length, 8)
  for (const [first, second] of pairs.toReversed()) {
    builder.prep(8, 16)
    builder.writeInt64(BigInt(second))
    builder.writeInt64(BigInt(first))
  }
  return builder.endVector()
}
