/** Statements that write a table anew go one after the other; those that only append go beside them. */
import { queryError } from '@arbalest/common'

export interface TableLocks {
  /**
   * Waits for the statements before; the answer lets the next one go on.
   * @throws QueryError JOB_CANCELLED when nobody waits for the statement any more
   */
  take(tableId: string, signal: AbortSignal): Promise<() => void>
}

export function createTableLocks(): TableLocks {
  /** The end of the last one in each row. */
  const last = new Map<string, Promise<void>>()
  return {
    async take(tableId, signal) {
      const before = last.get(tableId)
      let release = (): void => undefined
      const ended = new Promise<void>((resolve) => (release = resolve))
      const mine = (before ?? Promise.resolve()).then(() => ended)
      last.set(tableId, mine)
      void mine.then(() => {
        if (last.get(tableId) === mine) last.delete(tableId)
      })
      await before
      if (!signal.aborted) return release
      release()
      throw queryError('JOB_CANCELLED', { jobId: '', reason: 'the caller went away' })
    },
  }
}
