/** The number that a query of one row and one column gives, and the files of a table that it read. */
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
  const text = await planned(query, context)
  refuseSequences('the condition of UPDATE or DELETE', text.sequences)
  const jobId = await submitJob(query.sql, text, context)
  try {
    const { result } = yield* followJob(jobId, context)
    const part = result?.parts.find(({ rows }) => rows > 0)
    const ipc = present(part?.inline, 'a count is small')
    const value: unknown = tableFromIPC(Buffer.from(ipc, 'base64')).getChildAt(0)?.get(0)
    if (typeof value !== 'bigint') throw queryError('INTERNAL', { reason: 'a count is a whole number' })
    return { count: Number(value), planned: decodePreparedQuery(text.prepared) }
  } finally {
    await context.scheduler.releaseResult(jobId).catch(() => undefined)
  }
}
