/** Reads the structures of Arrow's C data interface from native memory. */
import { assert } from '@arbalest/common'
import { callRelease, copyMemory, readText, type Pointer } from './duckdb-library.js'

/** Bytes of `struct ArrowArray` and `struct ArrowSchema`. */
export const arrayBytes = 80
export const schemaBytes = 72

/** A column of a chunk: pointers into memory that is valid until the chunk is released. */
export interface NativeArray {
  readonly length: number
  /** -1 = not counted. */
  readonly nullCount: number
  /** 0n where a buffer is absent. */
  readonly buffers: readonly Pointer[]
  readonly children: readonly NativeArray[]
}

/** A type as Arrow's C interface describes it. */
export interface NativeField {
  /** Arrow's format text: `l`, `u`, `d:15,2`, `+l`, … */
  readonly format: string
  readonly name: string
  readonly nullable: boolean
  readonly children: readonly NativeField[]
}

const readWords = (pointer: Pointer, count: number): BigUint64Array => {
  const words = new BigUint64Array(count)
  if (count > 0) copyMemory(new Uint8Array(words.buffer), pointer, count * 8)
  return words
}

const wordsOf = (structure: Buffer): BigUint64Array =>
  new BigUint64Array(structure.buffer.slice(structure.byteOffset, structure.byteOffset + structure.byteLength))

const word = (words: BigUint64Array, index: number): bigint => words[index] ?? 0n

/** The array whose C structure lies in `structure`. */
export const readArray = (structure: Buffer): NativeArray => arrayOfWords(wordsOf(structure))

function arrayOfWords(words: BigUint64Array): NativeArray {
  assert(word(words, 2) === 0n, 'DuckDB hands out Arrow arrays without an offset')
  assert(word(words, 7) === 0n, 'dictionaries are cast away before rows leave DuckDB')
  const children = readWords(word(words, 6), Number(word(words, 4)))
  return {
    length: Number(word(words, 0)),
    nullCount: Number(BigInt.asIntN(64, word(words, 1))),
    buffers: [...readWords(word(words, 5), Number(word(words, 3)))],
    children: [...children].map((child) => arrayOfWords(readWords(child, arrayBytes / 8))),
  }
}

/** The bit of a schema's flags that allows NULL; the entries and keys of a map lack it. */
const flagNullable = 2n

/** The field whose C structure lies in `structure`. */
export const readField = (structure: Buffer): NativeField => fieldOfWords(wordsOf(structure))

function fieldOfWords(words: BigUint64Array): NativeField {
  const children = readWords(word(words, 5), Number(word(words, 4)))
  return {
    format: readText(word(words, 0)),
    name: word(words, 1) === 0n ? '' : readText(word(words, 1)),
    nullable: (word(words, 3) & flagNullable) !== 0n,
    children: [...children].map((child) => fieldOfWords(readWords(child, schemaBytes / 8))),
  }
}

/** Gives an array's memory back to DuckDB. */
export const releaseArray = (structure: Buffer): void => release(structure, 8)
/** Gives a schema's memory back to DuckDB. */
export const releaseSchema = (structure: Buffer): void => release(structure, 7)

function release(structure: Buffer, index: number): void {
  const callback = word(wordsOf(structure), index)
  if (callback !== 0n) callRelease(callback, structure)
}
