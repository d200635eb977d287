import { expect, test } from 'vitest'
import { poolOption } from './pool-option.js'

const parse = (text: string): unknown => poolOption.parse?.(text)

test.each([
  ['loads=1', ['loads', { weight: 1, slotsMax: undefined }]],
  [' reports=2.5:12 ', ['reports', { weight: 2.5, slotsMax: 12 }]],
])('%s', (text, expected) => expect(parse(text)).toEqual(expected))

test.each([
  '', 'loads', 'loads=', '=3', 'loads=0', 'loads=-1', 'loads=1:0', 'loads=1001', 'a b=1', 'loads=1:x', 'loads=NaN',
])('"%s" is refused', (text) => expect(() => parse(text)).toThrow(/such as loads=1:4/))
