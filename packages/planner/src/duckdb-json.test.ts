import { expect, test } from 'vitest'
import { isLongNumber, parseDuckdbJson, stringifyDuckdbJson } from './duckdb-json.js'

test('long integers, infinities and negative zero survive the round trip', () => {
  const text =
    '{"a":12345678901234567890,"b":[-9223372036854775808,1,2.5],"c":Infinity,"d":-Infinity,' +
    '"e":NaN,"f":-0.0,"g":9007199254740993}'
  expect(stringifyDuckdbJson(parseDuckdbJson(text))).toBe(text)
  expect(parseDuckdbJson('[12345678901234567890]')).toEqual([{ longNumber: '12345678901234567890' }])
})

test('strings that look like numbers stay strings', () => {
  const text = '{"a":"12345678901234567890","b":"x\\"12345678901234567890\\\\","c":"Infinity","d":""}'
  expect(stringifyDuckdbJson(parseDuckdbJson(text))).toBe(text)
  const value = parseDuckdbJson(text) as { a: unknown }
  expect(value.a).toBe('12345678901234567890')
})

test('names and texts with quotes in them do not confuse the two', () => {
  const text = '{"a\\"b":12345678901234567890,"c":"\\"d\\":12345678901234567890,","e":[{"f":-12345678901234567890}]}'
  expect(stringifyDuckdbJson(parseDuckdbJson(text))).toBe(text)
  expect(parseDuckdbJson(text)).toMatchObject({ c: '"d":12345678901234567890,' })
})

test('text that looks like a mark stays text', () => {
  const text = JSON.stringify({ a: '{"longNumber":"1"}', b: ['{', 'longNumber'] })
  expect(stringifyDuckdbJson(parseDuckdbJson(text))).toBe(text)
})

test('short numbers are numbers', () => {
  const value = parseDuckdbJson('[1.5e300,123456789012345,0.12345678901234567]')
  expect(value).toEqual([1.5e300, 123456789012345, 0.12345678901234567])
  expect(isLongNumber(parseDuckdbJson('18446744073709551615'))).toBe(true)
})

test('broken text is a SyntaxError', () => {
  for (const text of ['{"a', '', '{"a":}', '"\\']) {
    expect(() => parseDuckdbJson(text)).toThrow(SyntaxError)
  }
})
