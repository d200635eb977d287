import { expect, test } from 'vitest'
import { parseByteRange } from './byte-range.js'

const whole = { kind: 'whole', first: 0, length: 10 }

test.each([
  [undefined, whole],
  ['bytes=2-4', { kind: 'part', first: 2, length: 3 }],
  ['bytes=2-', { kind: 'part', first: 2, length: 8 }],
  ['bytes=-3', { kind: 'part', first: 7, length: 3 }],
  ['bytes=-30', { kind: 'part', first: 0, length: 10 }],
  ['bytes=8-99', { kind: 'part', first: 8, length: 2 }],
  ['bytes=10-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=4-2', whole],
  ['bytes=0-1,4-5', whole],
  ['bytes=-', whole],
  ['rows=1-2', whole],
  ['bytes=1e3-', whole],
])('%s of ten bytes', (header, range) => {
  expect(parseByteRange(header, 10)).toEqual(range)
})
