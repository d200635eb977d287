/** Identities of files and the footers of Parquet files, kept as long as the file is the same. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import { limits, queryError } from '@arbalest/common'
import type { BigIntStats } from 'node:fs'
import { mapLimited } from './map-limited.js'

/** The last bytes of a Parquet file. */
export interface FooterBytes {
  /** SHA-256 of the footer, first 32 hex digits. */
  readonly hash: string
  /** The footer with its length and the closing mark behind it. */
  readonly tail: Uint8Array
}

/** The parts of an identity that the file system tells. */
export interface FileStat {
  readonly sizeBytes: number
  readonly mtimeNs: string
  /** Changes with every write, whatever else is restored; together with the inode it names one state. */
  readonly stateKey: string
}

/** Files looked at on the spot before others get their turn, and the time for one beyond which threads do it. */
const filesOnTheSpot = 64
const onTheSpotMs = 0.2

/**
 * The states of files in their order, `undefined` where there is none. As long as the file system answers at once
 * files are looked at on the spot: to hand each call to a thread takes several times longer than the call.
 * @throws QueryError FILE_UNREADABLE
 */
export async function statFiles(paths: readonly string[]): Promise<readonly (FileStat | undefined)[]> {
  const states: (FileStat | undefined)[] = []
  for (let from = 0; from < paths.length; from += filesOnTheSpot) {
    const startedMs = performance.now()
    const some = paths.slice(from, from + filesOnTheSpot)
    states.push(...some.map(statOnTheSpot))
    if (performance.now() - startedMs > onTheSpotMs * filesOnTheSpot) {
      const rest = paths.slice(states.length)
      return [...states, ...await mapLimited(rest, limits.fileReadConcurrency, statFile)]
    }
    await setImmediate()
  }
  return states
}

function statOnTheSpot(path: string): FileStat | undefined {
  try {
    return fileStat(statSync(path, { bigint: true }))
  } catch (error) {
    return noFile(path, error)
  }
}

async function statFile(path: string): Promise<FileStat | undefined> {
  try {
    return fileStat(await stat(path, { bigint: true }))
  } catch (error) {
    return noFile(path, error)
  }
}

function noFile(path: string, error: unknown): undefined {
  if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw unreadable(path, error)
}

function fileStat(found: BigIntStats): FileStat | undefined {
  if (!found.isFile()) return undefined
  return {
    sizeBytes: Number(found.size),
    mtimeNs: String(found.mtimeNs),
    stateKey: `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`,
  }
}

const magicBytes = 4
/** Footer length and the closing `PAR1`. */
const tailBytes = 8
/** One read of this many bytes holds most footers whole. */
const firstReadBytes = 16 * 1024

/** @throws QueryError FILE_UNREADABLE when the file does not end as a Parquet file does. */
export async function readFooter(path: string, sizeBytes: number): Promise<FooterBytes> {
  const bad = (reason: string) => queryError('FILE_UNREADABLE', { path, format: 'parquet', reason })
  if (sizeBytes === 0) throw bad('the file is empty')
  if (sizeBytes < magicBytes + tailBytes) throw bad('the file is too short')
  const file = await open(path, 'r').catch((error: unknown) => {
    throw unreadable(path, error)
  })
  try {
    const tail = await readExactly(file, Math.min(sizeBytes, firstReadBytes), sizeBytes)
    const magic = tail.toString('latin1', tail.length - magicBytes)
    if (magic === 'PARE') throw bad('the file is encrypted')
    if (magic !== 'PAR1') throw bad('it does not end with the mark of a Parquet file')
    const length = tail.readUInt32LE(tail.length - tailBytes)
    if (length === 0 || length + tailBytes + magicBytes > sizeBytes) throw bad('its footer is damaged')
    const whole = length + tailBytes
    const held = tail.length >= whole
    const end = held ? tail.subarray(tail.length - whole) : await readExactly(file, whole, sizeBytes)
    const hash = createHash('sha256').update(end.subarray(0, length)).digest('hex').slice(0, 32)
    return { hash, tail: end }
  } finally {
    await file.close()
  }

  async function readExactly(from: Awaited<ReturnType<typeof open>>, bytes: number, end: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(bytes)
    const { bytesRead } = await from.read(buffer, 0, bytes, end - bytes)
    if (bytesRead !== bytes) throw bad('it became shorter while it was read')
    return buffer
  }
}

/** A bounded map from a path to what was read of the file in one state; the oldest entry goes first. */
export class FileStateCache<T> {
  readonly #entries = new Map<string, { readonly stateKey: string; readonly value: T }>()
  readonly #entriesMax: number

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  get(path: string, stateKey: string): T | undefined {
    const entry = this.#entries.get(path)
    return entry?.stateKey === stateKey ? entry.value : undefined
  }

  set(path: string, stateKey: string, value: T): void {
    this.#entries.delete(path)
    this.#entries.set(path, { stateKey, value })
    if (this.#entries.size <= this.#entriesMax) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      break
    }
  }
}

/** Whether a thrown thing is a failure of the operating system with one of the codes. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

const unreadable = (path: string, error: unknown) =>
  queryError('FILE_UNREADABLE', {
    path,
    format: 'a file',
    reason: error instanceof Error ? error.message : String(error),
  }, { cause: error })
