/**
 * Ours are UTF-16 offsets. DuckDB counts bytes of UTF-8 in the text as it reads it for nodes of the
 * syntax tree and errors of the binder, but code points for syntax errors.
 */

/** Spaces of Unicode, which DuckDB replaces by one byte each before it reads, except in quotes. */
const unicodeSpace = /[\u00a0\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff]/

const beyondAscii = /[\u0080-\uffff]/

/**
 * The UTF-16 offset of DuckDB's byte offset into the text. A byte inside a character gives the
 * start of that character; bytes beyond the end give the length of the text.
 */
export function utf16Offset(text: string, byteOffset: number): number {
  if (!beyondAscii.test(text.slice(0, byteOffset))) return Math.min(byteOffset, text.length)
  let bytes = 0
  let at = 0
  let inside: string | undefined
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0
    const character = text.charAt(at)
    bytes += inside === undefined && unicodeSpace.test(character) ? 1 : utf8Length(point)
    if (bytes > byteOffset) return at
    inside = quoteAfter(text, at, inside)
    at += point > 0xffff ? 2 : 1
  }
  return text.length
}

/** The UTF-16 offset of a position in code points; beyond the end, the length of the text. */
export function utf16OffsetOfCodePoint(text: string, codePoints: number): number {
  let at = 0
  for (let passed = 0; passed < codePoints && at < text.length; passed += 1) {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
  }
  return at
}

/** The quote, or line comment, that the text is in after the character. */
function quoteAfter(text: string, at: number, inside: string | undefined): string | undefined {
  const character = text.charAt(at)
  if (inside === undefined) {
    if (character === "'" || character === '"') return character
    return text.startsWith('--', at) ? '--' : undefined
  }
  if (inside === '--') return character === '\n' || character === '\r' ? undefined : inside
  return character === inside ? undefined : inside
}

function utf8Length(point: number): number {
  if (point < 0x80) return 1
  if (point < 0x800) return 2
  return point < 0x10000 ? 3 : 4
}
