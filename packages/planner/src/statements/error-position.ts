/** DuckDB counts positions in UTF-8 bytes; ours are UTF-16 offsets. */

/**
 * The UTF-16 offset of a byte offset into the UTF-8 form of the text. A byte inside a character
 * gives the start of that character; bytes beyond the end give the length of the text.
 */
export function utf16Offset(text: string, byteOffset: number): number {
  let bytes = 0
  let at = 0
  while (at < text.length) {
    const point = text.codePointAt(at) ?? 0
    bytes += utf8Length(point)
    if (bytes > byteOffset) return at
    at += point > 0xffff ? 2 : 1
  }
  return text.length
}

function utf8Length(point: number): number {
  if (point < 0x80) return 1
  if (point < 0x800) return 2
  return point < 0x10000 ? 3 : 4
}
