/** What a sqllogictest file says: records and directives, loops with their bodies inside. */

export type Command = StatementRecord | QueryRecord | Loop | Directive
export type TestRecord = StatementRecord | QueryRecord

interface RecordParts {
  /** Of its first word, from 1. */
  readonly line: number
  readonly conditions: readonly Condition[]
  /** The connection it runs on; empty = the first one. */
  readonly connection: string
  readonly sql: string
}

export interface StatementRecord extends RecordParts {
  readonly kind: 'statement'
  readonly expects: 'ok' | 'error' | 'maybe'
  /** A part of the message, or `<REGEX>:pattern`; empty = any. */
  readonly message: string
}

export interface QueryRecord extends RecordParts {
  readonly kind: 'query'
  /** Letters of the columns as written, `IIT`: their number counts. */
  readonly columnCount: number
  readonly sort: 'none' | 'rows' | 'values'
  /** Queries of one label give the same answer; empty = none. */
  readonly label: string
  /** Lines below the `----`. */
  readonly expected: readonly string[]
}

export interface Loop {
  readonly kind: 'loop'
  readonly line: number
  readonly concurrent: boolean
  /** Several, parted by commas, take their values from tokens parted likewise. */
  readonly variable: string
  readonly values: readonly string[]
  readonly body: readonly Command[]
}

/** A line without a body: `require icu`, `load path`, `restart`. */
export interface Directive {
  readonly kind: 'directive'
  readonly line: number
  readonly word: string
  readonly parameters: readonly string[]
}

/** `onlyif x=1`, `skipif x>1&&y=2` on variables of loops, `skipif duckdb` on the system. */
export interface Condition {
  readonly skips: boolean
  readonly text: string
}
