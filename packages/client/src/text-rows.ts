/** Rows of batches as text, read column by column. */
import { isAscii } from 'node:buffer'
import { DataType, Vector, type Data, type RecordBatch } from 'apache-arrow'

export type TextRow = readonly (string | null)[]

/** The rows of one batch. */
export function batchTextRows(batch: RecordBatch): readonly TextRow[] {
  const columns = batch.data.children.map(textColumn)
  return Array.from({ length: batch.numRows }, (_, row) =>
    columns.map((column) => column[row] ?? null),
  )
}

function textColumn(data: Data): TextRow {
  if (!DataType.isUtf8(data.type)) {
    const vector = new Vector([data])
    return cells(data, (row) => String(vector.get(row)))
  }
  const offsets = data.valueOffsets
  const { buffer, byteOffset } = data.values as Uint8Array
  const first = offsets[0] ?? 0
  const bytes = Buffer.from(buffer, byteOffset + first, (offsets[data.length] ?? first) - first)
  const startOf = (row: number): number => (offsets[row] ?? first) - first
  if (!isAscii(bytes)) {
    return cells(data, (row) => bytes.toString('utf8', startOf(row), startOf(row + 1)))
  }
  // One byte is one character: the column is decoded at once and cut as text.
  const text = bytes.toString('latin1')
  return cells(data, (row) => text.slice(startOf(row), startOf(row + 1)))
}

const cells = (data: Data, read: (row: number) => string): TextRow =>
  Array.from({ length: data.length }, (_, row) =>
    data.nullCount > 0 && !data.getValid(row) ? null : read(row),
  )
