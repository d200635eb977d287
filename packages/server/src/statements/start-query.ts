/** A query on its way: prepared and submitted. */
import type { JobId } from '@arbalest/common'
import type { PreparedText } from '../planning/planner.js'
import { preparedBefore, prepareQuery } from './prepare-query.js'
import { submitJob } from './run-job.js'
import type { StatementContext } from './statement-context.js'

export interface StartedQuery {
  readonly jobId: JobId
  readonly query: PreparedText
}

/**
 * A query that was prepared before runs while its files are looked at; when they have changed, that job is
 * taken back, and nobody has seen anything of it.
 * @throws QueryError as `prepareQuery` and `submitJob`
 */
export async function startQuery(sql: string, context: StatementContext): Promise<StartedQuery> {
  const known = preparedBefore(sql, context)
  if (known === undefined) return startAnew(sql, await prepareQuery(sql, context), context)
  const early = submitJob(sql, known, context)
  const takeBack = (): void => void early.then((jobId) => endUnseen(jobId, context)).catch(() => undefined)
  let query: PreparedText
  try {
    query = await prepareQuery(sql, context)
  } catch (error) {
    takeBack()
    throw error
  }
  if (query === known) return { jobId: await early, query }
  takeBack()
  return startAnew(sql, query, context)
}

async function endUnseen(jobId: JobId, { scheduler }: StatementContext): Promise<void> {
  await scheduler.cancel(jobId, 'its files have changed, or cannot be looked at')
  await scheduler.releaseResult(jobId)
}

const startAnew = async (sql: string, query: PreparedText, context: StatementContext): Promise<StartedQuery> =>
  ({ jobId: await submitJob(sql, query, context), query })
