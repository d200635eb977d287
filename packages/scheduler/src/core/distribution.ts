/** How tasks are dealt to executors, and which executors a job prefers. */
import type { Executor, Job } from './state.js'

/**
 *   locality      spread, and of equals to who has most of the input
 *   round-robin   spread, whatever lies where
 *   bias          to who has most of the stage already, so that others stay free
 */
export type TaskDistribution = 'locality' | 'round-robin' | 'bias'

/** Those with all labels that the job asks for; all of them where nobody has. */
export function preferredFor({ submission }: Job, executors: readonly Executor[]): readonly Executor[] {
  const { labels = [] } = submission
  if (labels.length === 0) return executors
  const fitting = executors.filter(({ announcement }) => labels.every((label) => announcement.labels?.includes(label)))
  return fitting.length > 0 ? fitting : executors
}
