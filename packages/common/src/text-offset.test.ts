import { expect, test } from 'vitest'
import { utf16OffsetOfByte, utf16OffsetOfCodePoint } from './text-offset.js'

test('byte and code point offsets point at the same character in UTF-16', () => {
  const text = 'é🎯x日b'
  const bytes = Buffer.byteLength
  expect(utf16OffsetOfByte(text, bytes('é🎯'))).toBe(3)
  expect(utf16OffsetOfByte(text, bytes('é') + 2)).toBe(1)
  expect(utf16OffsetOfByte(text, 1000)).toBe(text.length)
  expect(utf16OffsetOfCodePoint(text, 2)).toBe(3)
  expect(utf16OffsetOfCodePoint(text, 4)).toBe(text.indexOf('b'))
  expect(utf16OffsetOfCodePoint('', 0)).toBe(0)
})
