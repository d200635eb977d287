/** Gathers the chunks of a column into the buffers of one Arrow batch. */
import { assert, assertNever, present } from '@arbalest/common'
import type { NativeArray, NativeField } from './arrow-memory.js'
import type { FieldNode } from './arrow-message.js'
import { copyMemory, type Pointer } from './duckdb-library.js'

/** What a batch needs of a column and its children, in Arrow's order: depth first. */
export interface ColumnParts {
  readonly nodes: FieldNode[]
  readonly buffers: Uint8Array[]
}

/** How the values of a format lie in memory. */
type Layout =
  | { readonly kind: 'bits' }
  | { readonly kind: 'fixed'; readonly width: number }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'list' }
  /** Of each value so many in every child. */
  | { readonly kind: 'children'; readonly items: number }

export class ColumnBuilder {
  readonly #layout: Layout
  readonly #children: readonly ColumnBuilder[]
  readonly #validity = new GrowingBuffer()
  readonly #offsets = new GrowingBuffer()
  readonly #values = new GrowingBuffer()
  #length = 0
  #nullCount = 0
  #itemEnd = 0

  constructor(field: NativeField) {
    this.#layout = layoutOf(field.format)
    this.#children = field.children.map((child) => new ColumnBuilder(child))
  }

  /** Bytes gathered so far, children included. */
  get bytes(): number {
    const own = this.#validity.length + this.#offsets.length + this.#values.length
    return this.#children.reduce((sum, child) => sum + child.bytes, own)
  }

  append(array: NativeArray, range: Range): void {
    if (range.count === 0) return
    this.#appendValidity(array, range)
    const items = this.#appendOwn(array, range)
    this.#children.forEach((child, at) => {
      child.append(present(array.children[at], 'a column has the children of its type'), items)
    })
    this.#length += range.count
  }

  /** Bytes that `append` would add, but for those that say which values are NULL. */
  measure(array: NativeArray, range: Range): number {
    const items = itemRange(this.#layout, array, range)
    const own = ownBytes(this.#layout, range, items)
    return this.#children.reduce((sum, child, at) =>
      sum + child.measure(present(array.children[at], 'a column has the children of its type'), items), own)
  }

  /** The gathered buffers, to be written before the next `append` or `clear`. */
  collect(parts: ColumnParts): void {
    parts.nodes.push({ length: this.#length, nullCount: this.#nullCount })
    parts.buffers.push(this.#validity.content())
    parts.buffers.push(...this.#ownBuffers())
    for (const child of this.#children) child.collect(parts)
  }

  /** Answers with what the values take of the children. */
  #appendOwn(array: NativeArray, range: Range): Range {
    const { buffers: [, second = 0n, third = 0n] } = array
    const layout = this.#layout
    const items = itemRange(layout, array, range)
    switch (layout.kind) {
      case 'bits': appendBits(this.#values, this.#length, range, second); break
      case 'fixed':
        this.#values.appendMemory(second + BigInt(range.from * layout.width), range.count * layout.width)
        break
      case 'bytes':
        this.#appendOffsets(second, range, items)
        this.#values.appendMemory(third + BigInt(items.from), items.count)
        break
      case 'list': this.#appendOffsets(second, range, items); break
      case 'children': break
    }
    return items
  }

  #ownBuffers(): readonly Uint8Array[] {
    switch (this.#layout.kind) {
      case 'bits': case 'fixed': return [this.#values.content()]
      case 'bytes': return [this.#offsets.content(), this.#values.content()]
      case 'list': return [this.#offsets.content()]
      case 'children': return []
    }
    return assertNever(this.#layout)
  }

  clear(): void {
    for (const buffer of [this.#validity, this.#offsets, this.#values]) buffer.clear()
    for (const child of this.#children) child.clear()
    this.#length = 0
    this.#nullCount = 0
    this.#itemEnd = 0
  }

  /** Bits are kept from the first NULL on; the rows before it were all valid. */
  #appendValidity(array: NativeArray, range: Range): void {
    const bits = array.nullCount === 0 ? 0n : (array.buffers[0] ?? 0n)
    if (bits === 0n && this.#nullCount === 0) return
    if (this.#nullCount === 0) appendBits(this.#validity, 0, { from: 0, count: this.#length }, 0n)
    const set = appendBits(this.#validity, this.#length, range, bits)
    this.#nullCount += range.count - set
    if (this.#nullCount === 0) this.#validity.clear()
  }

  /** Appends the ends of items, moved behind the items gathered before. */
  #appendOffsets(source: Pointer, { from, count }: Range, items: Range): void {
    const first = this.#length === 0
    const start = this.#offsets.length
    const position = source + BigInt(4 * (first ? from : from + 1))
    this.#offsets.appendMemory(position, 4 * (first ? count + 1 : count))
    const added = this.#offsets.int32At(start)
    const shift = this.#itemEnd - items.from
    if (shift !== 0) for (let at = 0; at < added.length; at++) added[at] = (added[at] ?? 0) + shift
    this.#itemEnd += items.count
  }
}

/** Some of the values of an array. */
export interface Range {
  readonly from: number
  readonly count: number
}

/** What of the bytes or of the children belongs to values. */
function itemRange(layout: Layout, { buffers: [, offsets = 0n] }: NativeArray, { from, count }: Range): Range {
  switch (layout.kind) {
    case 'bits': case 'fixed': return { from: 0, count: 0 }
    case 'bytes': case 'list': {
      const start = from === 0 ? 0 : int32At(offsets, from)
      return { from: start, count: int32At(offsets, from + count) - start }
    }
    case 'children': return { from: from * layout.items, count: count * layout.items }
  }
  return assertNever(layout)
}

function ownBytes(layout: Layout, { count }: Range, items: Range): number {
  switch (layout.kind) {
    case 'bits': return Math.ceil(count / 8)
    case 'fixed': return count * layout.width
    case 'bytes': return 4 * count + items.count
    case 'list': return 4 * count
    case 'children': return 0
  }
  return assertNever(layout)
}

const int32 = new Int32Array(1)
const int32Bytes = new Uint8Array(int32.buffer)

/** The 32-bit number at an index of native memory. */
function int32At(source: Pointer, index: number): number {
  copyMemory(int32Bytes, source + BigInt(4 * index), 4)
  return int32[0] ?? 0
}

/** A buffer that grows and is used again for the next batch. */
class GrowingBuffer {
  #memory = Buffer.allocUnsafeSlow(0)
  length = 0

  appendMemory(source: Pointer, bytes: number): void {
    if (bytes === 0) return
    copyMemory(this.grow(bytes), source, bytes)
  }

  /** Room for more bytes, to be filled by the caller. */
  grow(bytes: number): Uint8Array {
    const start = this.length
    const needed = start + bytes
    if (needed > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#memory.length, 4096))
      larger.set(this.#memory.subarray(0, start))
      this.#memory = larger
    }
    this.length = needed
    return this.#memory.subarray(start, needed)
  }

  content(): Uint8Array {
    return this.#memory.subarray(0, this.length)
  }

  /** The 32-bit numbers from a byte offset on. */
  int32At(start: number): Int32Array {
    return new Int32Array(this.#memory.buffer, start, (this.length - start) / 4)
  }

  clear(): void {
    this.length = 0
  }
}

/**
 * Appends `count` bits from native memory behind the `at` bits that are there; a null pointer means
 * that all are set. Answers with how many are set.
 */
function appendBits(target: GrowingBuffer, at: number, { from, count }: Range, source: Pointer): number {
  if (count === 0) return 0
  const bits = new Uint8Array(Math.ceil(count / 8)).fill(0xff)
  if (source !== 0n) readBits(bits, from, count, source)
  if (count % 8 !== 0) bits[bits.length - 1] = (bits.at(-1) ?? 0) & ((1 << (count % 8)) - 1)
  const before = target.length
  const bytes = Math.ceil((at + count) / 8)
  if (bytes > before) target.grow(bytes - before).fill(0)
  const content = target.content()
  const shift = at % 8
  let byte = Math.floor(at / 8)
  let set = 0
  for (const value of bits) {
    content[byte] = (content[byte] ?? 0) | (value << shift)
    if (shift > 0 && byte + 1 < content.length) content[byte + 1] = value >> (8 - shift)
    byte++
    set += bitCounts[value] ?? 0
  }
  return set
}

/** Reads bits from any bit on; the last byte may have more of them than were asked for. */
function readBits(bits: Uint8Array, from: number, count: number, source: Pointer): void {
  const skipped = from % 8
  const start = source + BigInt(Math.floor(from / 8))
  if (skipped === 0) {
    copyMemory(bits, start, bits.length)
    return
  }
  const read = new Uint8Array(Math.ceil((skipped + count) / 8))
  copyMemory(read, start, read.length)
  for (let byte = 0; byte < bits.length; byte++) {
    bits[byte] = ((read[byte] ?? 0) >> skipped) | ((read[byte + 1] ?? 0) << (8 - skipped))
  }
}

const bitCounts = Uint8Array.from({ length: 256 }, (_, value) => value.toString(2).replaceAll('0', '').length)

const fixedWidths: Readonly<Record<string, number>> = {
  c: 1, C: 1, s: 2, S: 2, i: 4, I: 4, l: 8, L: 8, f: 4, g: 8, tdD: 4,
  tts: 4, ttm: 4, ttu: 8, ttn: 8, tss: 8, tsm: 8, tsu: 8, tsn: 8,
}

function layoutOf(format: string): Layout {
  if (format === 'b') return { kind: 'bits' }
  if (format === 'u' || format === 'z') return { kind: 'bytes' }
  if (format === '+l' || format === '+m') return { kind: 'list' }
  if (format === '+s') return { kind: 'children', items: 1 }
  if (format.startsWith('+w:')) return { kind: 'children', items: Number(format.slice(3)) }
  const width = format.startsWith('d:') ? 16 : fixedWidths[format.split(':')[0] ?? '']
  assert(width !== undefined, `rows leave DuckDB in formats that a batch can hold: ${format}`)
  return { kind: 'fixed', width }
}
