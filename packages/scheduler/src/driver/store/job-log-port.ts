/** Where the log goes: in memory, or to a disk on which it outlives the process. */
import type { JobId, QueryError } from '@arbalest/common'
import type { JobLogRecord } from '../../core/job-log.js'

export interface JobLog {
  /**
   * What an earlier scheduler has left, as `replay` takes it; read before anything is appended.
   * @throws QueryError STATE_DAMAGED
   */
  kept(): Iterable<JobLogRecord>
  /**
   * Resolves once the records are as safe as this store makes them; their effects wait for it. Those of one
   * call are kept all or none.
   */
  append(records: readonly JobLogRecord[]): Promise<void>
  /** The records of a job, oldest first; empty when it is unknown. */
  recordsOf(jobId: JobId): readonly JobLogRecord[]
  forget(jobId: JobId): void
  /**
   * Until when this process alone may write, in milliseconds since 1970 by its own clock: later each time the store has
   * renewed its lease, `Infinity` where the place of the log belongs to one process. From then on nothing is done for
   * which no record is written, either: another scheduler may have gone on.
   */
  heldUntilMs(): number
  /** Why no further jobs should be taken, when there is hardly room for their records. */
  refusal(): QueryError | undefined
  close(): Promise<void>
}
