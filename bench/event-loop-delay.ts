/** How long the event loops of other processes let work wait: started and read by signals, on the probe within. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { NamedProcess } from './process-memory.js'

/** Beyond the time that work waits on an idle loop. */
export interface LoopDelay {
  readonly medianMs: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface LoopProbe {
  /** Begins to measure processes that were started since the probe was put in place. */
  watch(processes: readonly NamedProcess[]): { stop(): Promise<Readonly<Record<string, LoopDelay>>> }
  remove(): void
}

/** Node processes started from now on, and their children, carry the probe. */
export function placeLoopProbe(): LoopProbe {
  const directory = mkdtempSync(join(tmpdir(), 'arbalest-loops-'))
  const before = process.env['NODE_OPTIONS']
  const probe = new URL('./results-loop-probe.js', import.meta.url).href
  process.env['NODE_OPTIONS'] = `${before ?? ''} --import=${probe}`.trim()
  process.env['ARBALEST_BENCH_LOOPS'] = directory
  return {
    watch(processes) {
      for (const { pid } of processes) process.kill(pid, 'SIGUSR2')
      return {
        async stop() {
          for (const { pid } of processes) process.kill(pid, 'SIGUSR2')
          const figures = processes.map(async ({ name, pid }) =>
            [name, await readFigures(join(directory, `${pid}.json`))] as const)
          return Object.fromEntries(await Promise.all(figures))
        },
      }
    },
    remove() {
      if (before === undefined) delete process.env['NODE_OPTIONS']
      else process.env['NODE_OPTIONS'] = before
      delete process.env['ARBALEST_BENCH_LOOPS']
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A process writes its figures when its loop comes to it; the file is then taken away. */
async function readFigures(file: string): Promise<LoopDelay> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      const figures = JSON.parse(readFileSync(file, 'utf8')) as LoopDelay
      rmSync(file)
      return figures
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await wait(50)
    }
  }
  throw new Error(`the probe has not written ${file}`)
}
