/** Reads a VARCHAR column of a chunk into JavaScript strings. */
import { assert } from '@arbalest/common'
import type { NativeArray } from './arrow-memory.js'
import { copyMemory } from './duckdb-library.js'

/** The values in order; `null` where SQL says NULL. */
export function readTextColumn(column: NativeArray): readonly (string | null)[] {
  const [validity, offsetsAt, dataAt] = column.buffers
  assert(offsetsAt !== undefined && dataAt !== undefined, 'text columns have offsets and bytes')
  const offsets = new Int32Array(column.length + 1)
  copyMemory(new Uint8Array(offsets.buffer), offsetsAt, offsets.byteLength)
  const bytes = Buffer.allocUnsafe(offsets[column.length] ?? 0)
  if (bytes.length > 0) copyMemory(bytes, dataAt, bytes.length)
  const bits = readBits(validity ?? 0n, column)
  return Array.from({ length: column.length }, (_, row) =>
    bits === undefined || ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
      ? bytes.toString('utf8', offsets[row], offsets[row + 1])
      : null,
  )
}

function readBits(pointer: bigint, column: NativeArray): Uint8Array | undefined {
  if (pointer === 0n || column.nullCount === 0) return undefined
  const bits = new Uint8Array(Math.ceil(column.length / 8))
  if (bits.length > 0) copyMemory(bits, pointer, bits.length)
  return bits
}
