/** Whether there is room for the records of further jobs, looked at from time to time. */
import { statfs } from 'node:fs/promises'
import { type Clock, limits, type QueryError, queryError } from '@arbalest/common'

export interface SpaceOptions {
  readonly directory: string
  readonly clock: Clock
  readonly usedBytes: () => number
  readonly freeBytesMin?: number
}

export interface Space {
  refusal(): QueryError | undefined
  stop(): void
}

export async function watchSpace(options: SpaceOptions): Promise<Space> {
  const { directory, clock, usedBytes, freeBytesMin = limits.stateFreeBytesMin } = options
  let refusal: QueryError | undefined
  let stopped = false
  let stopTimer: () => void = () => undefined

  async function look(): Promise<void> {
    try {
      const { bavail, bsize } = await statfs(directory)
      const limit = limits.stateBytesMax
      if (bavail * bsize < freeBytesMin) refusal = queryError('DISK_FULL', { path: directory })
      else if (usedBytes() > limit) refusal = queryError('LIMIT_EXCEEDED', { what: `the log in ${directory}`, limit })
      else refusal = undefined
    } catch {
      // The next write will tell.
    }
    if (!stopped) stopTimer = clock.after(limits.stateSpaceCheckMs, () => void look())
  }

  await look()
  return {
    refusal: () => refusal,
    stop() {
      stopped = true
      stopTimer()
    },
  }
}
