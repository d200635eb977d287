/**
 * JSON as DuckDB writes it: integers beyond 2^53, infinities and NaN appear as bare words and must
 * survive. Such a number becomes a `LongNumber`, so that it cannot be mistaken for a string.
 */

/** A number that a JavaScript number cannot hold: its digits as DuckDB wrote them. */
export interface LongNumber {
  readonly longNumber: string
}

export type DuckdbJson =
  | null
  | boolean
  | number
  | string
  | LongNumber
  | readonly DuckdbJson[]
  | { readonly [key: string]: DuckdbJson }

/**
 * Reads DuckDB's JSON. Integers of 16 digits and more, negative zero, infinities and NaN become a
 * `LongNumber`; all else is as `JSON.parse` gives it. Linear in the text.
 *
 * Throws `SyntaxError` when the text is not JSON.
 */
export function parseDuckdbJson(text: string): unknown {
  const marked = text.replace(longMember, '$1{"longNumber":"$2"}')
  return JSON.parse(mayHoldOthers.test(marked) ? withLongNumbersMarked(text) : marked)
}

/**
 * Where nearly all of them stand: behind a name. A quote before a letter opens a string, and within a string quotes
 * are escaped, so that this is nothing that a string holds.
 */
const longMember = /("\w+":)(-?\d{16,})(?=[,}])/g
/** What might be another one, were it not in a string. */
const mayHoldOthers = /(?:^|[:,[\s])(?:-?(?:\d{16}|Infinity|NaN|inf|nan)|-0)/

/** Writes what `parseDuckdbJson` read; a `LongNumber` is printed bare again. */
export function stringifyDuckdbJson(value: unknown): string {
  // Inside a JSON string every quote is escaped, so this pattern meets only marked numbers.
  return JSON.stringify(value).replace(/\{"longNumber":"([^"]*)"\}/g, '$1')
}

export function isLongNumber(value: unknown): value is LongNumber {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<LongNumber>).longNumber === 'string'
  )
}

const numbers = /-?(?:Infinity|NaN|inf|nan)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Copies the text, rewriting only what stands between strings. */
function withLongNumbersMarked(text: string): string {
  const pieces: string[] = []
  let from = 0
  for (;;) {
    const quote = text.indexOf('"', from)
    const between = text.slice(from, quote < 0 ? text.length : quote)
    pieces.push(between.length < 3 ? between : between.replace(numbers, marked))
    if (quote < 0) return pieces.join('')
    const end = stringEnd(text, quote)
    pieces.push(text.slice(quote, end))
    from = end
  }
}

function marked(digits: string): string {
  const isLong = digits.length >= 16 && /^-?\d{16,}$/.test(digits)
  const isNegativeZero = digits.startsWith('-0') && Number(digits) === 0
  const isNoNumber = /[Ia]/.test(digits) || digits.endsWith('inf')
  return isLong || isNegativeZero || isNoNumber ? `{"longNumber":"${digits}"}` : digits
}

/** The offset after the string that opens at `quote`. */
function stringEnd(text: string, quote: number): number {
  let at = quote + 1
  for (;;) {
    const close = text.indexOf('"', at)
    if (close < 0) return text.length
    let backslashes = 0
    while (text[close - 1 - backslashes] === '\\') backslashes += 1
    if (backslashes % 2 === 0) return close + 1
    at = close + 1
  }
}
