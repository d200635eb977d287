/** Arrow IPC streams as they come, one after the other for several statements. */
import type { ResultFormat } from './result-format.js'

export const arrowFormat: ResultFormat = {
  text: false,
  async write(run, output, { signal }) {
    for await (const bytes of run.bytes(signal)) await output.write(bytes)
  },
}
