import { expect, test } from 'vitest'
import { caretExcerpt } from './caret-excerpt.js'

test('the caret stands below the position', () => {
  expect(caretExcerpt('select a\nfrom  tt\nwhere x', 15)).toBe('from  tt\n      ^')
  expect(caretExcerpt('selct 1', 0)).toBe('selct 1\n^')
  expect(caretExcerpt('select', 6)).toBe('select\n      ^')
  expect(caretExcerpt('a\r\nb c', 5)).toBe('b c\n  ^')
})

test('wide characters and emoji take two columns, combining marks none', () => {
  expect(caretExcerpt("'😀' x", 5)).toBe("'😀' x\n     ^")
  expect(caretExcerpt("'日本' x", 5)).toBe("'日本' x\n       ^")
  expect(caretExcerpt("'e\u0301' x", 5)).toBe("'e\u0301' x\n    ^")
  expect(caretExcerpt('\tx', 1)).toBe(' x\n ^')
})

test('a long line is cut around the caret', () => {
  const [line, caret] = caretExcerpt(`${'a'.repeat(300)}!${'b'.repeat(300)}`, 300).split('\n')
  expect(line).toHaveLength(100)
  expect(line?.[caret?.indexOf('^') ?? -1]).toBe('!')
  expect(line?.startsWith('…a')).toBe(true)
  expect(line?.endsWith('b…')).toBe(true)
})

test('a position outside the text is moved inside', () => {
  expect(caretExcerpt('abc', 99)).toBe('abc\n   ^')
  expect(caretExcerpt('', 0)).toBe('\n^')
})
