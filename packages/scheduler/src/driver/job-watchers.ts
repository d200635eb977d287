/** Who watches a job: each watcher sees the newest status, never a queue of old ones. */
import type { JobId } from '@arbalest/common'

export interface JobWatchers {
  /** Resolves at the next change, or at once when there was one since `seen`; also on abort and close. */
  changed(jobId: JobId, signal: AbortSignal): Promise<void>
  notify(jobId: JobId): void
  close(): void
}

export function createJobWatchers(): JobWatchers {
  const waiting = new Map<JobId, Set<() => void>>()

  function notify(jobId: JobId): void {
    const wakes = waiting.get(jobId)
    waiting.delete(jobId)
    for (const wake of wakes ?? []) wake()
  }

  return {
    changed(jobId, signal) {
      return new Promise((resolve) => {
        if (signal.aborted) return resolve()
        const wakes = waiting.get(jobId) ?? new Set()
        waiting.set(jobId, wakes)
        const wake = () => {
          signal.removeEventListener('abort', wake)
          wakes.delete(wake)
          resolve()
        }
        wakes.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    },
    notify,
    close() {
      for (const jobId of [...waiting.keys()]) notify(jobId)
    },
  }
}
