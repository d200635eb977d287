/** CPU time of processes, by what the operating system counts for each. */
import { readFileSync } from 'node:fs'

/** Clock ticks of the stat files of processes a second: fixed on Linux. */
const ticksPerSecond = 100

/** User and system seconds of the processes together; those that have ended count as nothing. */
export function cpuSeconds(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid) / ticksPerSecond, 0)
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the name, may hold spaces: fields count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  } catch {
    return 0
  }
}
