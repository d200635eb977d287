/**
 * `sql --report`: one JSON object a statement, one a line, nothing else. A line is written whole, when the
 * last row of its statement has come.
 */
import type { QueryError } from '@arbalest/common'
import type { Output } from './output.js'
import type { SqlRun } from './sql-session.js'
import type { StatementContext, StatementSink } from './statement-sink.js'

/** Rows are kept as text in pieces of about this many characters. */
const pieceLengthMin = 64 * 1024

export function statementReport(output: Output): StatementSink {
  return {
    text: true,
    async succeeded(run, context) {
      const rows = await rowPieces(run, context.signal)
      const { statement, elapsedMs } = context
      const head = JSON.stringify({
        statement: statement.number, sql: statement.sql, ok: true,
        columns: run.columns.map(({ name, type }) => ({ name, type })),
      })
      const tail = JSON.stringify({
        row_count: rows.count, elapsed_ms: rounded(elapsedMs()), job_id: run.jobId ?? null,
        mode: run.mode ?? null, stages: run.stages,
      })
      await output.write(`${head.slice(0, -1)},"rows":[`)
      for (const piece of rows.pieces) await output.write(piece)
      await output.write(`],${tail.slice(1)}\n`)
      await output.flush()
    },
    async failed(error, context) {
      await output.write(`${failureLine(error, context)}\n`)
      await output.flush()
    },
  }
}

async function rowPieces(run: SqlRun, signal: AbortSignal) {
  const pieces: string[] = []
  let piece = ''
  let count = 0
  for await (const row of run.textRows(signal)) {
    piece += `${count === 0 ? '' : ','}${JSON.stringify(row)}`
    count++
    if (piece.length >= pieceLengthMin) {
      pieces.push(piece)
      piece = ''
    }
  }
  pieces.push(piece)
  return { pieces, count }
}

function failureLine(error: QueryError, { statement, elapsedMs }: StatementContext): string {
  const { code, category, message, position, jobId } = error
  return JSON.stringify({
    statement: statement.number,
    sql: statement.sql,
    ok: false,
    error: { code, category, message, position: position ?? null },
    elapsed_ms: rounded(elapsedMs()),
    job_id: jobId ?? null,
  })
}

const rounded = (milliseconds: number): number => Math.round(milliseconds * 10) / 10
