/** Names of files that statements leave: who wrote them, so that no two attempts ever share one. */
import { parseAttemptId, type AttemptId } from '@arbalest/common'

/** `file`: position among the files of the attempt, from 0. */
export const tableFileName = (attemptId: AttemptId, file: number): string =>
  outputFileName(attemptId, file, 'part.parquet')

/** The name of a file that the engine wrote as `written`: in the same directory and with the same ending. */
export function outputFileName(attemptId: AttemptId, file: number, written: string): string {
  const { jobId, stageId, task, attempt } = parseAttemptId(attemptId)
  const slash = written.lastIndexOf('/') + 1
  const dot = written.indexOf('.', slash)
  const ending = dot < 0 ? '' : written.slice(dot)
  return `${written.slice(0, slash)}${jobId}-${stageId}-${task}-${attempt}-${file}${ending}`
}
