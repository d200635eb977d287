import { expect, test } from 'vitest'
import { tokenCheck } from './bearer-token.js'

test('lets in who presents a known token', () => {
  const check = tokenCheck(['one', 'two'])
  expect(check('Bearer one')).toBeUndefined()
  expect(check('bearer two')).toBeUndefined()
  for (const bad of [
    undefined,
    '',
    'one',
    'Bearer',
    'Bearer ',
    'Bearer three',
    'Bearer one two',
    'Basic one',
    'Bearer ' + 'x'.repeat(5000),
  ]) {
    expect(check(bad)?.code, bad).toBe('UNAUTHENTICATED')
  }
})

test('without tokens everybody is let in', () => {
  expect(tokenCheck([])(undefined)).toBeUndefined()
})
