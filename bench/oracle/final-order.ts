/** What the end of a query says of its rows: ORDER BY and LIMIT outside of all parentheses. */

export interface FinalOrder {
  /** The expressions of ORDER BY as they stand there; none without one. */
  readonly keys: readonly string[]
  /** Rows that LIMIT leaves at most. */
  readonly limit: number | undefined
  /** The query without its LIMIT. */
  readonly unlimited: string
}

/** Reads a query that ends in `ORDER BY …` or `LIMIT n`, or in both; an OFFSET is not known. */
export function finalOrder(sql: string): FinalOrder {
  const outside = maskNested(sql)
  const cut = /\blimit\s+(\d+)\s*$/i.exec(outside)
  const end = cut?.index ?? sql.length
  const unlimited = sql.slice(0, end).trimEnd()
  const limit = cut === null ? undefined : Number(cut[1])
  const order = [...outside.slice(0, end).matchAll(/\border\s+by\b/gi)].at(-1)
  if (order === undefined) return { keys: [], limit, unlimited }
  return { keys: splitAtCommas(sql, outside, order.index + order[0].length, end), limit, unlimited }
}

function splitAtCommas(sql: string, outside: string, from: number, to: number): readonly string[] {
  const parts: string[] = []
  let start = from
  for (let at = from; at <= to; at++) {
    if (at < to && outside[at] !== ',') continue
    parts.push(sql.slice(start, at).replace(/\s+(asc|desc)?(\s*nulls\s+(first|last))?\s*$/i, '').trim())
    start = at + 1
  }
  return parts
}

/** The text with a space for each character in parentheses, quotes and comments. */
function maskNested(sql: string): string {
  let depth = 0
  return sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|[^]/g, (token) => {
    if (token === '(') depth++
    const isHidden = depth > 0 || token.length > 1
    if (token === ')') depth--
    return isHidden ? ' '.repeat(token.length) : token
  })
}
