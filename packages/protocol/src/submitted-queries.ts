/**
 * The prepared queries of jobs by job, the longest unused going first: whoever has submitted a job need not be sent
 * its query for each step of the plan.
 */
import { limits, type JobId } from '@arbalest/common'

export interface SubmittedQueries {
  put(jobId: JobId, preparedQuery: string): void
  get(jobId: JobId): string | undefined
  forget(jobId: JobId): void
}

export function createSubmittedQueries(charsMax: number = limits.submittedQueryCharsMax): SubmittedQueries {
  const texts = new Map<JobId, string>()
  let chars = 0
  const forget = (jobId: JobId): void => {
    chars -= texts.get(jobId)?.length ?? 0
    texts.delete(jobId)
  }
  return {
    put(jobId, preparedQuery) {
      forget(jobId)
      texts.set(jobId, preparedQuery)
      chars += preparedQuery.length
      for (const oldest of texts.keys()) {
        if (chars <= charsMax) break
        forget(oldest)
      }
    },
    get: (jobId) => texts.get(jobId),
    forget,
  }
}
