/** What this machine has, as far as the container lets this process use it. */
import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'

export const cores = (): number => availableParallelism()

/** Bytes of memory of the container, or of the machine. */
export function memoryBytes(): number {
  const limit = cgroupLimit()
  return limit === undefined ? totalmem() : Math.min(limit, totalmem())
}

/** What an executor takes when nothing is said: the rest is for the file cache and everybody else. */
export const defaultMemoryLimitBytes = (): number => Math.floor(memoryBytes() * 0.7)

function cgroupLimit(): number | undefined {
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    try {
      const bytes = Number(readFileSync(path, 'utf8').trim())
      if (Number.isFinite(bytes) && bytes > 0) return bytes
    } catch {
      // no such control group: the next one, or the machine's memory
    }
  }
  return undefined
}
