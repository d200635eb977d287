/** The largest messages between the processes of a cluster, asked for by a signal to the probe within each. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { largestMessages, MessageChannel } from '@arbalest/protocol'
import { projectDirectory } from './bench-queries.js'
import type { NamedProcess } from './process-memory.js'

/** Bytes by channel. */
export type MessageSizes = ReturnType<typeof largestMessages>

export interface MessageProbe {
  /** Over processes that were started since the probe was put in place. */
  largest(processes: readonly NamedProcess[]): Promise<MessageSizes>
  remove(): void
}

/** Node processes started from now on, and their children, carry the probe. */
export function placeMessageProbe(): MessageProbe {
  const directory = mkdtempSync(join(tmpdir(), 'arbalest-messages-'))
  const before = process.env['NODE_OPTIONS']
  const probe = pathToFileURL(join(projectDirectory(), 'bench', 'message-sizes-probe.js'))
  probe.searchParams.set('directory', directory)
  process.env['NODE_OPTIONS'] = `${before ?? ''} --import=${probe.href}`.trim()
  return {
    async largest(processes) {
      const largest: Partial<Record<MessageChannel, number>> = {}
      for (const { pid } of processes) {
        process.kill(pid, 'SIGUSR2')
        const sizes = await readSizes(join(directory, `${pid}.json`))
        for (const [name, bytes] of Object.entries(sizes)) {
          const channel = name as MessageChannel
          largest[channel] = Math.max(largest[channel] ?? 0, bytes)
        }
      }
      return largest
    },
    remove() {
      if (before === undefined) delete process.env['NODE_OPTIONS']
      else process.env['NODE_OPTIONS'] = before
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** A process writes its file when its loop comes to it; the file is then taken away. */
async function readSizes(file: string): Promise<MessageSizes> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      const sizes = JSON.parse(readFileSync(file, 'utf8')) as MessageSizes
      rmSync(file)
      return sizes
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      await wait(50)
    }
  }
  throw new Error(`the probe has not written ${file}`)
}
