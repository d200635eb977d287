/** The answer of a statement that writes rows: how many, as DuckDB tells it. */
import { Field, Int64, RecordBatchStreamWriter, Schema, Table, Utf8, vectorFromArray } from 'apache-arrow'
import type { JobStatus, StatementResult } from '@arbalest/protocol'

/** `status`: of the job that wrote them, if there was one. `asText` as the client wants every column. */
export function countResult(count: number, asText: boolean, status?: JobStatus): StatementResult {
  const type = asText ? new Utf8() : new Int64()
  const field = new Field('Count', type, true, new Map([['ARBALEST:type', asText ? 'VARCHAR' : 'BIGINT']]))
  const vector = asText ? vectorFromArray([String(count)], new Utf8()) : vectorFromArray([BigInt(count)], new Int64())
  const columns: Readonly<Record<string, unknown>> = { Count: vector }
  const table = new Table(new Schema([field]), columns as Record<string, never>)
  return {
    columns: [{ name: 'Count', type: 'BIGINT' }],
    rowCount: 1,
    data: { kind: 'inline', ipc: RecordBatchStreamWriter.writeAll(table).toUint8Array(true) },
    jobId: status?.jobId,
    mode: status?.mode,
    modeReason: status?.modeReason,
    stages: status?.stagesDone ?? 0,
  }
}
