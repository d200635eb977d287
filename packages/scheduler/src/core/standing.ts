/** What is held against an executor: how it gets there and back is drawn in `set-aside.ts`. */
import type { JobId } from '@arbalest/common'

/** How attempts have fared on an executor since one last succeeded there. */
export interface Standing {
  state: 'trusted' | 'aside' | 'probation'
  failures: number
  /** Whose attempts they were. */
  readonly jobs: Set<JobId>
  /** How often it was set aside without a success since. */
  pauses: number
}

export const newStanding = (): Standing => ({ state: 'trusted', failures: 0, jobs: new Set(), pauses: 0 })
