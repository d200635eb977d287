/** The few rows of a query that the front itself needs, as text. */
import { tableFromIPC } from 'apache-arrow'
import { limits, queryError } from '@arbalest/common'
import { followJob } from './run-job.js'
import { startQuery } from './start-query.js'
import type { StatementContext } from './statement-context.js'

/** @throws QueryError as for a query; LIMIT_EXCEEDED for more than travels inline */
export async function queryTexts(
  sql: string,
  context: StatementContext,
): Promise<readonly (readonly (string | null)[])[]> {
  const asText = { ...context, textResult: true }
  const { jobId, query } = await startQuery(sql, asText)
  const events = followJob(jobId, asText)
  let step = await events.next()
  while (step.done !== true) step = await events.next()
  const { data } = asText.results.streamed(step.value, query.columns)
  if (data.kind !== 'inline') {
    const what = 'the rows of a query within a statement, in bytes'
    throw queryError('LIMIT_EXCEEDED', { what, limit: limits.inlineOutputBytesMax })
  }
  const table = tableFromIPC(data.ipc)
  const columns = table.schema.fields.map((_, at) => table.getChildAt(at))
  return Array.from({ length: table.numRows }, (_, row) =>
    columns.map((column) => (column?.get(row) ?? null) as string | null))
}
