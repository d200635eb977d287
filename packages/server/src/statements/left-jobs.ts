/** Jobs of queries whose client's connection has ended: it may come back and ask for them by their ids. */
import { limits, type Clock, type JobId } from '@arbalest/common'

export interface LeftJobs {
  /** Somebody asks for a job. */
  asked(jobId: JobId): void
  /** Whether somebody asks for the job within `limits.clientReturnMs` from now. */
  isAskedFor(jobId: JobId): Promise<boolean>
}

export function createLeftJobs(clock: Clock): LeftJobs {
  const left = new Map<JobId, boolean>()
  return {
    asked(jobId) {
      if (left.has(jobId)) left.set(jobId, true)
    },
    async isAskedFor(jobId) {
      left.set(jobId, false)
      await new Promise<void>((resolve) => void clock.after(limits.clientReturnMs, resolve))
      const isAsked = left.get(jobId) === true
      left.delete(jobId)
      return isAsked
    },
  }
}
