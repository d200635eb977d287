/** Writes what plain DuckDB answers below the queries and errors of a test file that expect nothing yet. */
import { shownCells, type Outcome } from './outcome.js'
import type { TestRecord } from './script.js'

export interface AnsweredRecord {
  readonly record: TestRecord
  readonly outcome: Outcome
}

/** Longer answers stand as a hash in the file only by hand: a query of the suite has few rows. */
const rowsMax = 40

/** The text with its answers. Records in loops cannot be completed: one text has several answers. */
export function completeScript(text: string, answers: readonly AnsweredRecord[]): string {
  const lines = text.split('\n')
  const added = new Map<number, readonly string[]>()
  for (const { record, outcome } of answers) {
    let end = record.line
    while (end < lines.length && lines[end] !== '' && lines[end] !== '----') end++
    if (lines[end] !== '----') added.set(end, answerLines(record, outcome))
  }
  return lines.flatMap((line, at) => [...(added.get(at) ?? []), line]).join('\n')
}

function answerLines(record: TestRecord, outcome: Outcome): readonly string[] {
  if (record.kind === 'statement') {
    if (record.expects !== 'error') return []
    if (outcome.kind === 'rows') throw new Error(`line ${record.line}: plain DuckDB gives no error`)
    return ['----', outcome.message.split('\n')[0] ?? '']
  }
  if (outcome.kind === 'error') throw new Error(`line ${record.line}: ${outcome.message}`)
  if (outcome.types.length !== record.columnCount) {
    throw new Error(`line ${record.line}: the query has ${outcome.types.length} columns, not ${record.columnCount}`)
  }
  if (outcome.rows.length > rowsMax) throw new Error(`line ${record.line}: ${outcome.rows.length} rows are too many`)
  const rows = shownCells(outcome).map((row) => row.join('\t'))
  if (record.kind === 'query' && record.sort === 'rows') rows.sort()
  return ['----', ...rows]
}
