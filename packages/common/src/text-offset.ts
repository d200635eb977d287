/** Offsets into SQL text: DuckDB counts bytes of UTF-8, people and editors count UTF-16 units. */

/** The UTF-16 offset of the character that holds byte `byteOffset` of the text's UTF-8 form; linear. */
export function utf16OffsetOfByte(text: string, byteOffset: number): number {
  let bytes = 0
  let units = 0
  for (const character of text) {
    bytes += utf8Bytes(character.codePointAt(0) ?? 0)
    if (bytes > byteOffset) return units
    units += character.length
  }
  return units
}

const utf8Bytes = (codePoint: number): number =>
  codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4

/** The UTF-16 offset of the character with the number `codePoints`, from 0; linear. */
export function utf16OffsetOfCodePoint(text: string, codePoints: number): number {
  let units = 0
  let passed = 0
  for (const character of text) {
    if (passed++ >= codePoints) return units
    units += character.length
  }
  return units
}
