/** The memory of processes as the operating system counts it, sampled while something runs. */
import { readFileSync } from 'node:fs'

const pageBytes = 4096
const sampleIntervalMs = 100

/** Resident bytes of the processes together; one that has ended counts as nothing. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + residentOf(pid), 0)
}

function residentOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * pageBytes
  } catch {
    return 0
  }
}

export interface Sampled<T> {
  readonly value: T
  /** The most that any sample of ten a second has seen. */
  readonly peakBytes: number
}

export async function samplingMemory<T>(pids: readonly number[], run: () => Promise<T>): Promise<Sampled<T>> {
  let peakBytes = residentBytes(pids)
  const timer = setInterval(() => (peakBytes = Math.max(peakBytes, residentBytes(pids))), sampleIntervalMs)
  try {
    const value = await run()
    return { value, peakBytes }
  } finally {
    clearInterval(timer)
  }
}
