import { expect, test } from 'vitest'
import { encodeParameters, typed, type Parameter } from './parameters.js'

const one = (value: Parameter) => encodeParameters([value])['1']

test.each<[Parameter, unknown]>([
  [null, { kind: 'null' }],
  [true, { kind: 'text', text: 'true', type: 'BOOLEAN' }],
  [7, { kind: 'integer', text: '7' }],
  [-(2 ** 40), { kind: 'integer', text: '-1099511627776', type: 'BIGINT' }],
  [1.5, { kind: 'text', text: '1.5', type: 'DOUBLE' }],
  [-0, { kind: 'text', text: '-0.0', type: 'DOUBLE' }],
  [Number.NaN, { kind: 'text', text: 'NaN', type: 'DOUBLE' }],
  [2n ** 63n, { kind: 'integer', text: '9223372036854775808', type: 'HUGEINT' }],
  [2n ** 200n, { kind: 'integer', text: String(2n ** 200n), type: 'BIGNUM' }],
  ["it's", { kind: 'text', text: "it's" }],
  [new Date(0), { kind: 'text', text: '1970-01-01T00:00:00.000Z', type: 'TIMESTAMP WITH TIME ZONE' }],
  [Uint8Array.of(0, 255), { kind: 'text', text: '\\x00\\xff', type: 'BLOB' }],
  [[1, 'a'], { kind: 'list', items: [{ kind: 'integer', text: '1' }, { kind: 'text', text: 'a' }] }],
  [{ a: null }, { kind: 'struct', fields: { a: { kind: 'null' } } }],
  [typed('1.50', 'DECIMAL(3,2)'), { kind: 'text', text: '1.50', type: 'DECIMAL(3,2)' }],
])('%s', (value, encoded) => expect(one(value)).toEqual(encoded))

test('by name', () => {
  expect(encodeParameters({ a: 1, b: new Map([['k', 2]]) })).toEqual({
    a: { kind: 'integer', text: '1' },
    b: { kind: 'map', keys: [{ kind: 'text', text: 'k' }], values: [{ kind: 'integer', text: '2' }] },
  })
})

test('what has no constant is refused', () => {
  const circle: Parameter[] = []
  circle.push(circle)
  for (const value of [circle, {}, new Date('x'), Symbol('s') as unknown as Parameter]) {
    expect(() => one(value)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER' }))
  }
})
