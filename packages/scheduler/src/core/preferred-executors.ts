/** Which executors a job prefers. */
import type { Executor, Job } from './state.js'

/** Those with all labels that the job asks for; all of them where nobody has. */
export function preferredFor({ submission }: Job, executors: readonly Executor[]): readonly Executor[] {
  const { labels = [] } = submission
  if (labels.length === 0) return executors
  const fitting = executors.filter(({ announcement }) => labels.every((label) => announcement.labels?.includes(label)))
  return fitting.length > 0 ? fitting : executors
}
