/** What a process of this machine uses, as Linux tells; zero or `undefined` where there is no /proc. */
import { readFile } from 'node:fs/promises'

export interface ProcessUsage {
  readonly residentBytes: number
  readonly cpuMs: number
}

/** Linux counts in ticks of a hundredth second and, on all machines we run on, pages of 4 KiB. */
const msPerTick = 10
const pageBytes = 4096

/** Fields of /proc/PID/stat behind the command's name, which may itself hold spaces. */
async function statFields(pid: number): Promise<readonly string[] | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    // The process has ended, or this is not Linux: both mean that nothing is known.
    return undefined
  }
}

/**
 * When the process started, as text that no later process of the same id shares; `ended` for one whose
 * parent has not yet looked at its end.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  const fields = await statFields(pid)
  return fields?.[0] === 'Z' ? 'ended' : fields?.[19]
}

export async function processUsage(pid: number | undefined): Promise<ProcessUsage> {
  const fields = pid === undefined ? undefined : await statFields(pid)
  if (fields === undefined) return { residentBytes: 0, cpuMs: 0 }
  const ticks = Number(fields[11]) + Number(fields[12])
  return { residentBytes: Number(fields[21]) * pageBytes, cpuMs: ticks * msPerTick }
}
