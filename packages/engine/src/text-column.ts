/** Reads a column of a chunk into JavaScript strings: VARCHAR, and 64-bit integers. */
import { assert } from '@arbalest/common'
import type { NativeArray } from './arrow-memory.js'
import { copyMemory } from './duckdb-library.js'

/** The values in order; `null` where SQL says NULL. `format` is Arrow's: `u`, `l` or `L`. */
export function readTextColumn(column: NativeArray, format: string): readonly (string | null)[] {
  if (format === 'l' || format === 'L') return readIntegers(column, format === 'l')
  assert(format === 'u', `columns of this format are not read as text: ${format}`)
  const [validity, offsetsAt, dataAt] = column.buffers
  assert(offsetsAt !== undefined && dataAt !== undefined, 'text columns have offsets and bytes')
  const offsets = new Int32Array(column.length + 1)
  copyMemory(new Uint8Array(offsets.buffer), offsetsAt, offsets.byteLength)
  const bytes = Buffer.allocUnsafe(offsets[column.length] ?? 0)
  if (bytes.length > 0) copyMemory(bytes, dataAt, bytes.length)
  const bits = readBits(validity ?? 0n, column)
  return Array.from({ length: column.length }, (_, row) =>
    isSet(bits, row) ? bytes.toString('utf8', offsets[row], offsets[row + 1]) : null,
  )
}

function readIntegers(column: NativeArray, signed: boolean): readonly (string | null)[] {
  const [validity, valuesAt] = column.buffers
  assert(valuesAt !== undefined, 'integer columns have values')
  const values = signed ? new BigInt64Array(column.length) : new BigUint64Array(column.length)
  if (column.length > 0) copyMemory(new Uint8Array(values.buffer), valuesAt, values.byteLength)
  const bits = readBits(validity ?? 0n, column)
  return Array.from({ length: column.length }, (_, row) => (isSet(bits, row) ? String(values[row]) : null))
}

const isSet = (bits: Uint8Array | undefined, row: number): boolean =>
  bits === undefined || ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0

function readBits(pointer: bigint, column: NativeArray): Uint8Array | undefined {
  if (pointer === 0n || column.nullCount === 0) return undefined
  const bits = new Uint8Array(Math.ceil(column.length / 8))
  if (bits.length > 0) copyMemory(bits, pointer, bits.length)
  return bits
}
