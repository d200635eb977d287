/** The name of a file of a managed table: who wrote it, so that no two attempts ever share one. */
import { parseAttemptId, type AttemptId } from '@arbalest/common'

/** `file`: position among the files of the attempt, from 0. */
export function tableFileName(attemptId: AttemptId, file: number): string {
  const { jobId, stageId, task, attempt } = parseAttemptId(attemptId)
  return `${jobId}-${stageId}-${task}-${attempt}-${file}.parquet`
}
