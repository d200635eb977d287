/** A statement's rows, in whatever form they are asked for. */
import type { RecordBatch, Table } from 'apache-arrow'
import type { ResultColumn } from '@arbalest/protocol'
import { batchRows, type Row } from './row-values.js'
import type { RunOptions, StatementRun } from './statement-run.js'
import { formatTable } from './table-format.js'

export interface CallOptions {
  /** Aborting cancels the job; the call then rejects with JOB_CANCELLED. */
  readonly signal?: AbortSignal | undefined
}

export interface ShowOptions extends CallOptions {
  /** Where the text goes; by default to the console. */
  readonly write?: (text: string) => void
  readonly widthMax?: number
}

/** All rows as text, as `CAST(v AS VARCHAR)` gives them. */
export interface TextRows {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly rowCount: number
  readonly jobId: string | undefined
  readonly mode: 'whole' | 'distributed' | undefined
  readonly modeReason: string | undefined
  readonly stages: number
}

/** Runs a text in the session of the frame. */
export type RunSql = (sql: string, options: RunOptions) => Promise<StatementRun>

/**
 * Lazy and immutable: a query runs when its rows are asked for, each time anew. A statement that changes
 * something (DDL, SET) has run once, before there was a frame of it.
 */
export class DataFrame {
  readonly sql: string
  readonly #run: RunSql
  /** Of a command: what it gave. */
  readonly #done: StatementRun | undefined

  constructor(sql: string, run: RunSql, done?: StatementRun) {
    this.sql = sql
    this.#run = run
    this.#done = done
  }

  /** Names and DuckDB types of the columns, without running the query. */
  async schema({ signal }: CallOptions = {}): Promise<readonly ResultColumn[]> {
    if (this.#done !== undefined) return this.#done.columns
    const { columns, rows } = await this.#text(`DESCRIBE ${this.sql}`, { signal })
    const name = columns.findIndex((column) => column.name === 'column_name')
    const type = columns.findIndex((column) => column.name === 'column_type')
    return rows.map((row) => ({ name: row[name] ?? '', type: row[type] ?? '' }))
  }

  /** All rows as objects; the values are described in `Value`. */
  async collect(options: CallOptions = {}): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const batch of this.stream(options))
      for (const row of batchRows(batch)) rows.push(row)
    return rows
  }

  /** The rows in Arrow batches, taken only as fast as they are read; leaving the loop lets go of the rest. */
  async *stream({ signal }: CallOptions = {}): AsyncGenerator<RecordBatch, void, undefined> {
    const run = await this.#execute({ signal })
    yield* run.batches(signal)
  }

  async toArrow({ signal }: CallOptions = {}): Promise<Table> {
    return (await this.#execute({ signal })).table(signal)
  }

  /** All rows as text, with what is known of the run. */
  async collectText(options: RunOptions = {}): Promise<TextRows> {
    return readText(await this.#execute({ ...options, text: true }), options.signal)
  }

  /** Prints the first `n` rows as a table. The query runs as it is; what is not shown is not fetched. */
  async show(n = 20, { signal, write = printLine, widthMax }: ShowOptions = {}): Promise<void> {
    const run = await this.#execute({ signal, text: true })
    const rows: (readonly (string | null)[])[] = []
    for await (const row of n > 0 ? run.textRows(signal) : []) {
      rows.push(row)
      if (rows.length >= n) break
    }
    const box = formatTable(
      { columns: run.columns, rows },
      widthMax === undefined ? {} : { widthMax },
    )
    const more = run.rowCount > rows.length ? ` (${rows.length} shown)` : ''
    const count = `${run.rowCount} ${run.rowCount === 1 ? 'row' : 'rows'}${more}`
    write(box === '' ? 'done' : `${box}\n${count}`)
  }

  async count({ signal }: CallOptions = {}): Promise<number> {
    if (this.#done !== undefined) return this.#done.rowCount
    if (!/^[\s(]*(select|with|from|values|table)\b/i.test(this.sql))
      return (await this.#execute({ signal })).rowCount
    const { rows } = await this.#text(`SELECT count(*) AS n FROM (${this.sql}\n) AS counted`, {
      signal,
    })
    return Number(rows[0]?.[0] ?? 0)
  }

  /** The plan as text: mode and reason, stages, exchanges; `analyze` runs the query and adds what was measured. */
  async explain(
    options: CallOptions & { readonly analyze?: boolean; readonly verbose?: boolean } = {},
  ): Promise<string> {
    const words = [
      'EXPLAIN',
      ...(options.analyze === true ? ['ANALYZE'] : []),
      ...(options.verbose === true ? ['VERBOSE'] : []),
    ]
    const { rows } = await this.#text(`${words.join(' ')} ${this.sql}`, options)
    return rows.map((row) => row.at(-1) ?? '').join('\n')
  }

  /** Runs the statement, unless it is a command, which has run. */
  async #execute(options: RunOptions): Promise<StatementRun> {
    return this.#done ?? (await this.#run(this.sql, options))
  }

  async #text(sql: string, { signal }: CallOptions): Promise<TextRows> {
    return readText(await this.#run(sql, { signal, text: true }), signal)
  }
}

async function readText(run: StatementRun, signal: AbortSignal | undefined): Promise<TextRows> {
  const rows: (readonly (string | null)[])[] = []
  for await (const some of run.textBatches(signal)) for (const row of some) rows.push(row)
  const { columns, rowCount, jobId, mode, modeReason, stages } = run
  return { columns, rows, rowCount, jobId, mode, modeReason, stages }
}

const printLine = (text: string): void => console.log(text)
