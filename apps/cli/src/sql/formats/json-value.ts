/** A value of a column as JSON. */

/** Turns the text of a value into JSON text. */
export type JsonEncoder = (text: string | null) => string

const integer = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$|^BIGNUM$/
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/
/** Decimal digits that a reader's double always keeps. */
const exactDigits = 15

/**
 * For a column of the type, by DuckDB's name: booleans and numbers are such in JSON where a reader gets
 * the value back exactly; everything else (long integers and decimals, `nan`, dates, nested values) is text.
 */
export function jsonEncoder(type: string): JsonEncoder {
  if (type === 'BOOLEAN') return (text) => text ?? 'null'
  if (integer.test(type)) return bare((text) => Number.isSafeInteger(Number(text)))
  if (type === 'DOUBLE' || type === 'FLOAT') return bare(() => true)
  if (type.startsWith('DECIMAL(') && type.endsWith(')')) return bare(hasExactDigits)
  return (text) => JSON.stringify(text)
}

const bare = (isSafe: (text: string) => boolean): JsonEncoder => (text) =>
  text !== null && jsonNumber.test(text) && isSafe(text) ? text : JSON.stringify(text)

const hasExactDigits = (text: string): boolean => text.replace(/^-?0*|\./g, '').length <= exactDigits
