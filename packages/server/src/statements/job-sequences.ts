/** The sequences that jobs hold while they run. */
import type { JobId } from '@arbalest/common'
import type { JobStatus } from '@arbalest/protocol'

export interface HeldSequences {
  /** Make the sequences for the query, as they are now. */
  readonly statements: readonly string[]
  /** Keeps what the job has taken of them. @throws QueryError what keeping it throws */
  settle(status: JobStatus): Promise<void>
  /** Lets the next query have them. */
  release(): void
}

/** What jobs hold until they have ended. */
export type JobSequences = Map<JobId, HeldSequences>
