/** Where a text names `information_schema` or asks a function such as `duckdb_tables()` for the catalog. */
import { informationSchema } from '@arbalest/common'
import { nextToken, type Token } from './lexer.js'
import type { TextEdit } from './text-edits.js'

/** Functions of DuckDB that are answered from the catalog, as tables. */
const catalogFunctions = [
  'duckdb_tables', 'duckdb_views', 'duckdb_columns', 'duckdb_schemas', 'duckdb_sequences',
] as const

/** Edits that put our own schema in the place of those names. */
export function systemNameEdits(text: string, schema: string = informationSchema): readonly TextEdit[] {
  // Most texts have none.
  if (!/information_schema|duckdb_/i.test(text)) return []
  const edits: TextEdit[] = []
  for (let token = nextToken(text, 0); token; token = nextToken(text, token.end)) {
    const next = nextToken(text, token.end)
    if (isName(token, 'information_schema') && next?.text === '.') {
      edits.push({ start: token.start, end: token.end, text: schema })
    }
    const called = catalogFunctions.find((name) => isName(token, name))
    const close = next?.text === '(' ? nextToken(text, next.end) : undefined
    if (called !== undefined && close?.text === ')') {
      edits.push({ start: token.start, end: close.end, text: `${schema}.${called}` })
    }
  }
  return edits
}

const isName = ({ kind, value }: Token, name: string): boolean =>
  (kind === 'word' || kind === 'quoted') && value.toLowerCase() === name
