/** What a text of SQL led to, on whichever system. */

export type Outcome = RowsOutcome | ErrorOutcome

export interface RowsOutcome {
  readonly kind: 'rows'
  /** DuckDB's names of the columns' types; none for statements without rows. */
  readonly types: readonly string[]
  /** Values as `CAST(v AS VARCHAR)` gives them. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** How a cluster ran it; `undefined` when without a job, or no cluster. */
  readonly mode?: 'whole' | 'distributed' | undefined
  /** Why it ran so, and the stages of its job. */
  readonly modeReason?: string | undefined
  readonly stages?: number | undefined
}

export interface ErrorOutcome {
  readonly kind: 'error'
  /** Of the catalogue; `undefined` where the system has none. */
  readonly code?: string | undefined
  readonly message: string
  /** The time limit of a record ended it. */
  readonly timedOut: boolean
}

/** A system that runs the records of one file. */
export interface Subject {
  /** `connection` as the file names it, empty for the first. */
  run(sql: string, connection: string): Promise<Outcome>
  /** New connections, the old ones closed; what they shared stays. */
  reconnect(): Promise<void>
  close(): Promise<void>
}

/** The values as test files show them: `NULL`, `1` and `0` for booleans, `(empty)`. */
export function shownCells({ types, rows }: RowsOutcome): readonly (readonly string[])[] {
  return rows.map((row) => row.map((value, at) => {
    if (value === null) return 'NULL'
    if (types[at] === 'BOOLEAN') return value === 'true' ? '1' : '0'
    return value === '' ? '(empty)' : value.replaceAll('\0', '\\0')
  }))
}
