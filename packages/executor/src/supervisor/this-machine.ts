/** The machine this process runs on, as executors tell it to the scheduler. */
import { readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import type { Machine } from '@arbalest/plan'

/** Containers of one machine have names and shares of the cores of their own: each counts as a machine. */
export function thisMachine(): Machine {
  return { id: `${bootId()}/${hostname()}`, cores: availableParallelism() }
}

/** Tells machines of one name apart, where the kernel gives it. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}
