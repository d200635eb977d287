/** An output that keeps what is written. */
import type { Output } from '../output.js'

export interface MemoryOutput extends Output {
  readonly text: () => string
}

export function memoryOutput(): MemoryOutput {
  let text = ''
  return {
    gone: new AbortController().signal,
    async write(chunk) {
      text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
    },
    flush: async () => undefined,
    close: async () => undefined,
    text: () => text,
  }
}
