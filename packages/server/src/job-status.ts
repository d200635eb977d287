/** What is told of a job while it runs, and the error of one that did not succeed. */
import { queryError, queryErrorFromWire, type QueryError } from '@arbalest/common'
import type { JobProgress, JobStatus } from '@arbalest/protocol'

export function progressOf(status: JobStatus): JobProgress {
  const { jobId, state, stagesDone, stagesKnown, attemptsRunning } = status
  return { jobId, state, stagesDone, stagesKnown, attemptsRunning }
}

/** The error of a job that did not succeed, with the job's id. */
export function endError(status: JobStatus): QueryError {
  const { jobId, error } = status
  if (error === undefined) return queryError('JOB_CANCELLED', { jobId, reason: 'on request' }, { jobId })
  return queryErrorFromWire({ ...error, jobId: error.jobId ?? jobId })
}
