/** Splits a text into its statements, in agreement with DuckDB's own count. */
import { nextToken } from './lexer.js'

export interface StatementText {
  /** The statement without the comments, spaces and semicolon around it. */
  readonly text: string
  /** Where it stands in the whole text: 0-based, in UTF-16 units. */
  readonly start: number
}

/**
 * The statements of the text, in order; empty ones and ones of comments only are left out. A quote
 * or comment that never ends takes the rest of the text into its statement. Linear in the text.
 */
export function splitStatements(text: string): readonly StatementText[] {
  const statements: StatementText[] = []
  let start: number | undefined
  let end = 0
  const close = (): void => {
    if (start !== undefined) statements.push({ text: text.slice(start, end), start })
    start = undefined
  }
  for (let token = nextToken(text, 0); token; token = nextToken(text, token.end)) {
    if (token.kind === 'symbol' && token.text === ';') {
      close()
    } else {
      start ??= token.start
      end = token.end
    }
  }
  close()
  return statements
}
