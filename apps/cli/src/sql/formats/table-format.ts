/** Tables for people: a box of the first rows, and a line that says what was run and what is not shown. */
import { formatTable } from '@arbalest/client'
import { durationText } from '../duration-text.js'
import type { SqlRun, TextRow } from '../sql-session.js'
import type { StatementContext } from '../statement-sink.js'
import type { FormatOptions, ResultFormat } from './result-format.js'

export function tableFormat({ tableRowsMax, widthMax, quiet }: FormatOptions): ResultFormat {
  return {
    text: true,
    async write(run, output, context) {
      const rows: TextRow[] = []
      for await (const row of tableRowsMax === 0 ? [] : run.textRows(context.signal)) {
        rows.push(row)
        if (rows.length >= tableRowsMax) break
      }
      await output.write(`${isPlan(context) ? planText(rows) : boxOf(run, rows, widthMax)}\n`)
      const leftOut = run.rowCount - rows.length
      if (!quiet) await output.write(`${footer(run, leftOut, context)}\n`)
      else if (leftOut > 0) await output.write(`${rowsText(leftOut)} not shown\n`)
    },
  }
}

function boxOf(run: SqlRun, rows: readonly TextRow[], widthMax = Number.POSITIVE_INFINITY): string {
  return formatTable({ columns: run.columns, rows }, { widthMax })
}

const isPlan = ({ statement }: StatementContext): boolean => /^\s*explain\b/i.test(statement.sql)

/** A plan is lines for people, or one JSON text: a box would only cut or escape it. */
const planText = (rows: readonly TextRow[]): string => rows.map(([line]) => line ?? '').join('\n')

function footer(run: SqlRun, leftOut: number, { elapsedMs }: StatementContext): string {
  const parts = [rowsText(run.rowCount)]
  if (leftOut > 0) parts.push(`${leftOut} not shown (--max-rows, or another --format)`)
  parts.push(durationText(elapsedMs()))
  if (run.mode === 'whole') parts.push('whole')
  if (run.mode === 'distributed') {
    parts.push(`distributed, ${run.stages} ${run.stages === 1 ? 'stage' : 'stages'}`)
  }
  if (run.jobId !== undefined) parts.push(`job ${run.jobId}`)
  return parts.join(' · ')
}

const rowsText = (count: number): string => `${count} ${count === 1 ? 'row' : 'rows'}`
