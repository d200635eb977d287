/**
 * Runs a fragment whose rows go to the client: they leave DuckDB as Arrow and lie in the attempt's
 * directory as one IPC stream. The next chunk is computed when the last one is written.
 */
import { open, type FileHandle } from 'node:fs/promises'
import path from 'node:path'
import { assert, limits, present, sameType, typeName, typeToSql, type Column } from '@arbalest/common'
import type { EngineAttempt } from '@arbalest/plan'
import { aligned, endOfStream, recordBatchMessage, schemaMessage, type ArrowField } from './arrow-message.js'
import type { NativeArray, NativeField } from './arrow-memory.js'
import { ColumnBuilder, type ColumnParts, type Range } from './column-builder.js'
import type { Connection } from './database.js'
import type { FailureContext } from './duckdb-errors.js'
import { travelType } from './result-types.js'
import { checksumOf, type WrittenFile } from './write-parquet.js'

/** The metadata key of a field under which DuckDB's name of its type stands. */
export const typeMetadataKey = 'ARBALEST:type'

const fileName = 'result.arrow'

/** The stream is there even without rows: then it holds the schema alone. */
export async function writeResult(
  connection: Connection,
  attempt: EngineAttempt,
  context: FailureContext,
): Promise<WrittenFile> {
  const location = path.join(attempt.directory, fileName)
  const stream = await connection.stream(travelSql(attempt.sql, attempt.columns), context)
  const file = await open(location, 'wx').catch((error: unknown) => {
    stream.close()
    throw error
  })
  try {
    const fields = stream.fields()
    assert(fields.length === attempt.columns.length, 'the result has the columns of its stage')
    const columns = attempt.columns.map(({ name, type }) => ({ name, type: typeName(type) }))
    const writer = new StreamWriter(file, fields, columns)
    await writer.writeSchema()
    await stream.forEachChunk((columns, rows) => writer.append(columns, rows))
    await writer.end()
    const sums = attempt.checksum ? { crc32: await checksumOf(location) } : {}
    return { name: fileName, file: { partition: 0, rows: writer.rows, bytes: writer.bytes, ...sums } }
  } finally {
    stream.close()
    await file.close()
  }
}

/** The fragment with the casts that its result needs; the order of rows stays. */
function travelSql(sql: string, columns: readonly Column[]): string {
  const types = columns.map((column) => travelType(column.type))
  if (columns.every((column, at) => sameType(column.type, types[at] ?? column.type))) return sql
  const names = columns.map((_, at) => `r${at}`)
  const casts = types.map((type, at) => `CAST(r${at} AS ${typeToSql(type)}) AS r${at}`)
  return `SELECT ${casts.join(', ')} FROM (${sql}\n) AS result(${names.join(', ')})`
}

/** Writes batches of about `limits.arrowBatchBytes`. */
class StreamWriter {
  readonly #file: FileHandle
  readonly #builders: readonly ColumnBuilder[]
  readonly #schema: Uint8Array
  #batchRows = 0
  rows = 0
  bytes = 0

  constructor(
    file: FileHandle,
    fields: readonly NativeField[],
    columns: readonly { readonly name: string; readonly type: string }[],
  ) {
    this.#file = file
    this.#builders = fields.map((field) => new ColumnBuilder(field))
    this.#schema = schemaMessage(fields.map((field, at): ArrowField => {
      const column = present(columns[at], 'every field is a column')
      return { ...field, name: column.name, metadata: { [typeMetadataKey]: column.type } }
    }))
  }

  async writeSchema(): Promise<void> {
    await this.#write([this.#schema])
  }

  /** A chunk of large values is divided: a reader takes batches of bounded size, but for one huge row. */
  append(columns: readonly NativeArray[], rows: number): Promise<void> | void {
    const range = { from: 0, count: rows }
    const bytes = rows < 2 ? 0 : this.#measure(columns, range)
    return bytes <= limits.arrowBatchBytesMax ? this.#add(columns, range) : this.#addInPieces(columns, range)
  }

  #measure(columns: readonly NativeArray[], range: Range): number {
    return this.#builders.reduce((sum, builder, at) =>
      sum + builder.measure(present(columns[at], 'a chunk has all columns'), range), 0)
  }

  async #addInPieces(columns: readonly NativeArray[], { from, count }: Range): Promise<void> {
    const half = Math.ceil(count / 2)
    for (const piece of [{ from, count: half }, { from: from + half, count: count - half }]) {
      const fits = piece.count < 2 || this.#measure(columns, piece) <= limits.arrowBatchBytesMax
      if (fits) await this.#add(columns, piece)
      else await this.#addInPieces(columns, piece)
    }
  }

  #add(columns: readonly NativeArray[], range: Range): Promise<void> | void {
    this.#builders.forEach((builder, at) => {
      builder.append(present(columns[at], 'a chunk has all columns'), range)
    })
    this.#batchRows += range.count
    this.rows += range.count
    const bytes = this.#builders.reduce((sum, builder) => sum + builder.bytes, 0)
    if (bytes >= limits.arrowBatchBytes) return this.#flush()
  }

  async end(): Promise<void> {
    if (this.#batchRows > 0) await this.#flush()
    await this.#write([endOfStream])
  }

  async #flush(): Promise<void> {
    const parts: ColumnParts = { nodes: [], buffers: [] }
    for (const builder of this.#builders) builder.collect(parts)
    let bodyBytes = 0
    const buffers = parts.buffers.map(({ length }) => {
      const offset = bodyBytes
      bodyBytes += aligned(length)
      return { offset, length }
    })
    const head = recordBatchMessage({ rows: this.#batchRows, nodes: parts.nodes, buffers, bodyBytes })
    await this.#write([head, ...parts.buffers.flatMap(withPadding)])
    for (const builder of this.#builders) builder.clear()
    this.#batchRows = 0
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    for (let at = 0; at < pieces.length; at += piecesPerWrite) {
      await this.#writeSome(pieces.slice(at, at + piecesPerWrite).filter((piece) => piece.length > 0))
    }
  }

  /** The system may take fewer bytes than it was given, as on a disk that is nearly full. */
  async #writeSome(pieces: readonly Uint8Array[]): Promise<void> {
    if (pieces.length === 0) return
    let { bytesWritten: left } = await this.#file.writev(pieces)
    this.bytes += left
    for (const piece of pieces) {
      const taken = Math.min(left, piece.length)
      left -= taken
      for (let at = taken; at < piece.length;) {
        const { bytesWritten } = await this.#file.write(piece, at)
        at += bytesWritten
        this.bytes += bytesWritten
      }
    }
  }
}

/** The operating system takes at most 1,024 pieces in one call. */
const piecesPerWrite = 1000
const padding = new Uint8Array(8)

const withPadding = (buffer: Uint8Array): readonly Uint8Array[] =>
  [buffer, padding.subarray(0, aligned(buffer.length) - buffer.length)]
