/** Group commit: all that comes in one turn of the loop is written together. */
import { type QueryError, queryError } from '@arbalest/common'

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

/** As the system numbers it. */
const noSpace = 28

function writeError(cause: unknown, path: string): QueryError {
  const { code, message } = cause as { readonly code?: unknown; readonly message?: string }
  if (code === noSpace) return queryError('DISK_FULL', { path }, { cause })
  return queryError('IO_ERROR', { reason: `${path} cannot be written: ${message ?? String(cause)}` }, { cause })
}
