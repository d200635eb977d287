/** The columns that a reader finds in a file. */
import { parseDataType, queryError, type Column } from '@arbalest/common'
import type { FileFormat } from '@arbalest/plan'
import type { Connection } from './database.js'

/** @throws QueryError FILE_UNREADABLE naming the file when DuckDB cannot read it. */
export async function describeColumns(
  connection: Connection,
  from: string,
  file: { readonly path: string; readonly format: FileFormat },
): Promise<readonly Column[]> {
  const sql = `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`
  const rows = await connection.textRows(sql).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw queryError('FILE_UNREADABLE', { ...file, reason }, { cause: error })
  })
  return rows.map(([name, type]) => ({ name: name ?? '', type: parseDataType(type ?? '') }))
}
