/**
 * Group commit: all that comes in one turn of the loop is written together. Writing keeps the loop, so after a write as
 * much time as it took is for other things: where the disk is slow the groups grow, and half of the time is left.
 */
import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { QueryError, queryError, type Clock } from '@arbalest/common'
import { systemClock } from '../system-clock.js'

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

/** Of a write; longer ones are followed by no longer pause. */
const pauseMaxMs = 50

/** `write` brings the items to the disk at `path` or throws. */
export function groupCommits<T>(
  write: (items: readonly T[]) => void, path: string, clock: Clock = systemClock,
): GroupCommits<T> {
  let waiting: Waiting<T>[] = []
  let last: Promise<unknown> = Promise.resolve()
  let failure: QueryError | undefined
  let nextMs = 0

  /** Soon, or when the pause after the last one is over. */
  function schedule(): void {
    const pauseMs = nextMs - clock.nowMs()
    if (pauseMs >= 1) clock.after(Math.min(pauseMs, pauseMaxMs), commit)
    else setImmediate(commit)
  }

  function commit(): void {
    const group = waiting
    waiting = []
    const startedMs = clock.nowMs()
    try {
      // What follows on a record that is missing must not be there.
      if (failure) throw failure
      write(group.map(({ item }) => item))
      for (const { resolve } of group) resolve()
    } catch (cause) {
      failure ??= writeError(cause, path)
      for (const { reject } of group) reject(failure)
    }
    const endedMs = clock.nowMs()
    nextMs = endedMs + Math.min(endedMs - startedMs, pauseMaxMs)
  }

  return {
    add(item) {
      const done = new Promise<void>((resolve, reject) => {
        if (waiting.length === 0) schedule()
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
