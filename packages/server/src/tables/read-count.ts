/** The row that a query of one row gives, and the files of a table that it read. */
import { present, queryError } from '@arbalest/common'
import { decodePreparedQuery, type PreparedQuery } from '@arbalest/plan'
import type { ExecuteEvent } from '@arbalest/protocol'
import { tableFromIPC } from 'apache-arrow'
import { refuseSequences } from '../statements/held-sequences.js'
import { followJob, submitJob } from '../statements/run-job.js'
import type { StatementContext } from '../statements/statement-context.js'
import type { ComposedText } from './composed-text.js'
import { planned } from './write-rows.js'

export interface ReadCount {
  readonly count: number
  readonly planned: PreparedQuery
}

export async function* readCount(
  query: ComposedText,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, ReadCount> {
  const { row: [value], planned: read } = yield* readFirstRow(query, context)
  if (typeof value !== 'bigint') throw queryError('INTERNAL', { reason: 'a count is a whole number' })
  return { count: Number(value), planned: read }
}

/** The values of a query's only row, as Arrow gives them, and what it was planned over. */
export async function* readFirstRow(
  query: ComposedText,
  context: StatementContext,
): AsyncGenerator<ExecuteEvent, { readonly row: readonly unknown[]; readonly planned: PreparedQuery }> {
  const text = await planned(query, context)
  refuseSequences('the condition of UPDATE or DELETE', text.sequences)
  const jobId = await submitJob(query.sql, text, context)
  try {
    const { result } = yield* followJob(jobId, context)
    const part = result?.parts.find(({ rows }) => rows > 0)
    const table = tableFromIPC(Buffer.from(present(part?.inline, 'one row is small'), 'base64'))
    const row = table.schema.fields.map((_, at): unknown => table.getChildAt(at)?.get(0))
    return { row, planned: decodePreparedQuery(text.prepared) }
  } finally {
    await context.scheduler.releaseResult(jobId).catch(() => undefined)
  }
}
