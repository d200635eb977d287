/** Group commit: all that comes in one turn of the loop is written together. */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { QueryError, queryError } from '@arbalest/common'

export interface GroupCommits<T> {
  /** Resolves when it is on the disk. @throws QueryError DISK_FULL, IO_ERROR, and so do all that follow */
  add(item: T): Promise<void>
  /** Resolves when nothing waits any more. */
  settled(): Promise<void>
}

interface Waiting<T> {
  readonly item: T
  readonly resolve: () => void
  readonly reject: (error: QueryError) => void
}

/** `write` brings the items to the disk at `path` or throws. */
export function groupCommits<T>(write: (items: readonly T[]) => void, path: string): GroupCommits<T> {
  let waiting: Waiting<T>[] = []
  let last: Promise<unknown> = Promise.resolve()
  let failure: QueryError | undefined

  function commit(): void {
    const group = waiting
    waiting = []
    try {
      // What follows on a record that is missing must not be there.
      if (failure) throw failure
      write(group.map(({ item }) => item))
      for (const { resolve } of group) resolve()
    } catch (cause) {
      failure ??= writeError(cause, path)
      for (const { reject } of group) reject(failure)
    }
  }

  return {
    add(item) {
      const done = new Promise<void>((resolve, reject) => {
        if (waiting.length === 0) setImmediate(commit)
        waiting.push({ item, resolve, reject })
      })
      last = done.catch(() => undefined)
      return done
    },
    async settled() {
      await last
    },
  }
}

/** What LMDB says of a write that the disk took only in part. */
const ioError = 5
const fullBytes = 1024 * 1024

function isFull(path: string): boolean {
  const { bavail, bsize } = statfsSync(dirname(path))
  return bavail * bsize < fullBytes
}

/** As the system and as Node name it. */
const noSpace: readonly unknown[] = [28, 'ENOSPC', 'EDQUOT']

export function writeError(cause: unknown, path: string): QueryError {
  if (cause instanceof QueryError) return cause
  const { code, message } = cause as { readonly code?: unknown; readonly message?: string }
  if (noSpace.includes(code) || (code === ioError && isFull(path))) return queryError('DISK_FULL', { path }, { cause })
  return queryError('IO_ERROR', { reason: `${path} cannot be written: ${message ?? String(cause)}` }, { cause })
}
