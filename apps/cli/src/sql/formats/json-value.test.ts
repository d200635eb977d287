import { expect, test } from 'vitest'
import { jsonEncoder } from './json-value.js'

test.each([
  ['INTEGER', '-5', '-5'],
  ['UBIGINT', '18446744073709551615', '"18446744073709551615"'],
  ['BIGINT', '9007199254740991', '9007199254740991'],
  ['HUGEINT', '7', '7'],
  ['DECIMAL(18,3)', '123456789012.345', '123456789012.345'],
  ['DECIMAL(18,3)', '1234567890123.456', '"1234567890123.456"'],
  ['DECIMAL(4,2)', '0.05', '0.05'],
  ['DOUBLE', '1e+20', '1e+20'],
  ['DOUBLE', 'nan', '"nan"'],
  ['FLOAT', '-inf', '"-inf"'],
  ['BOOLEAN', 'false', 'false'],
  ['VARCHAR', '12', '"12"'],
  ['DATE', '2020-02-29', '"2020-02-29"'],
  ['INTEGER[]', '[1, 2]', '"[1, 2]"'],
])('a %s %s is %s', (type, text, json) => {
  expect(jsonEncoder(type)(text)).toBe(json)
  expect(jsonEncoder(type)(null)).toBe('null')
})
