import { expect, test } from 'vitest'
import { utf16Offset } from './error-position.js'

test('bytes of UTF-8 become units of UTF-16', () => {
  const text = "é€😀'x"
  const offsets = [0, 1, 2, 4, 5, 6, 8, 9, 10, 99].map((bytes) => utf16Offset(text, bytes))
  expect(offsets).toEqual([0, 0, 1, 1, 2, 2, 2, 4, 5, 6])
})

test('agrees with a real encoder at every character', () => {
  const text = 'select "ä", \'日本😀\' from t -- ☃'
  let at = 0
  for (const character of text) {
    expect(utf16Offset(text, Buffer.byteLength(text.slice(0, at)))).toBe(at)
    at += character.length
  }
})
