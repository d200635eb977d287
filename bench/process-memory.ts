/** Resident memory of processes over time, by what the operating system counts for each. */
import { readFileSync } from 'node:fs'

export interface NamedProcess {
  readonly name: string
  readonly pid: number
}

export interface MemoryGrowth {
  readonly name: string
  /** MiB before, at the most, and at the end. */
  readonly before: number
  readonly most: number
  readonly end: number
  readonly growth: number
}

/** MiB; 0 of a process that has ended. */
export function residentMib(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** Looks at the processes ten times a second until it is stopped. */
export function watchMemory(processes: readonly NamedProcess[]): { stop(): readonly MemoryGrowth[] } {
  const before = processes.map(({ pid }) => residentMib(pid))
  const most = [...before]
  const look = (): readonly number[] => {
    const now = processes.map(({ pid }) => residentMib(pid))
    now.forEach((value, at) => { most[at] = Math.max(most[at] ?? 0, value) })
    return now
  }
  const timer = setInterval(look, 100)
  return {
    stop() {
      clearInterval(timer)
      const end = look()
      return processes.map(({ name }, at) => {
        const [first = 0, top = 0, last = 0] = [before[at], most[at], end[at]]
        return { name, before: first, most: top, end: last, growth: top - first }
      })
    },
  }
}

export function memoryTable(rows: readonly MemoryGrowth[]): string {
  const cell = (value: number): string => value.toFixed(0).padStart(8)
  const lines = rows.map(({ name, before, most, end, growth }) =>
    `${name.padEnd(14)}${[before, most, end, growth].map(cell).join('')}`)
  return ['RSS, MiB        before    most     end  growth', ...lines].join('\n')
}
