/**
 * A file that is read or written in blocks. Calls for a small file are made on the spot: each takes a few
 * microseconds, and handing it to a thread of Node's pool and back takes a hundred on a busy machine.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { limits } from '@arbalest/common'

export interface LocalFile {
  /** Reads up to `bytes` from `position` into the block; gives how many, 0 behind the end. */
  read(block: Buffer, bytes: number, position: number): Promise<number> | number
  /** Writes the whole block. */
  write(block: Buffer, position: number): Promise<void> | void
  close(): Promise<void> | void
}

/**
 * Opens for reading (`r`), or makes or empties the file for its owner only (`w`). `bytes` is what will be
 * read or written in all. @throws Error of the system
 */
export async function openLocalFile(path: string, mode: 'r' | 'w', bytes: number): Promise<LocalFile> {
  return bytes <= limits.smallFileBytesMax
    ? smallFile(openSync(path, mode, ownerOnly))
    : largeFile(await open(path, mode, ownerOnly))
}

const ownerOnly = 0o600

const smallFile = (file: number): LocalFile => ({
  read: (block, bytes, position) => readSync(file, block, 0, bytes, position),
  write: (block, position) => {
    // A full disk may take a part of a block before it refuses the rest.
    for (let written = 0; written < block.length; ) {
      written += writeSync(file, block, written, block.length - written, position + written)
    }
  },
  close: () => closeSync(file),
})

const largeFile = (file: FileHandle): LocalFile => ({
  read: async (block, bytes, position) => (await file.read(block, 0, bytes, position)).bytesRead,
  write: async (block, position) => {
    for (let written = 0; written < block.length; ) {
      written += (await file.write(block, written, block.length - written, position + written)).bytesWritten
    }
  },
  close: () => file.close(),
})
