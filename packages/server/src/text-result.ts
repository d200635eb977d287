/** Answers that the front gives by itself (SHOW, DESCRIBE, EXPLAIN): rows of text as an Arrow stream. */
import { Field, RecordBatchStreamWriter, Schema, Table, Utf8, vectorFromArray } from 'apache-arrow'
import type { StatementResult } from '@arbalest/protocol'

export type TextRow = readonly (string | null)[]

export function textResult(names: readonly string[], rows: readonly TextRow[]): StatementResult {
  const fields = names.map((name) => new Field(name, new Utf8(), true, new Map([['ARBALEST:type', 'VARCHAR']])))
  const columns = names.map((name, index) => [name, vectorFromArray(rows.map((row) => row[index] ?? null), new Utf8())])
  const table = new Table(new Schema(fields), Object.fromEntries(columns) as Record<string, never>)
  return {
    columns: names.map((name) => ({ name, type: 'VARCHAR' })),
    rowCount: rows.length,
    data: { kind: 'inline', ipc: RecordBatchStreamWriter.writeAll(table).toUint8Array(true) },
    jobId: undefined,
    mode: undefined,
    modeReason: undefined,
    stages: 0,
  }
}

/** A statement that changed something and has no rows. */
export const noRows: StatementResult = {
  columns: [],
  rowCount: 0,
  data: { kind: 'none' },
  jobId: undefined,
  mode: undefined,
  modeReason: undefined,
  stages: 0,
}
