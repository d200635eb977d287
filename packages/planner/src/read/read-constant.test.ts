import { describe, expect, test } from 'vitest'
import { parseDuckdbJson } from '../duckdb-json.js'
import { readConstant } from './read-constant.js'
import { typeJson } from './testing/plan-json.js'

const valueOf = (id: string, value: string, info: object | null = null) =>
  readConstant({ type: typeJson(id, info), is_null: false, value: parseDuckdbJson(value) }).value

describe('numbers keep every digit', () => {
  test.each([
    ['BIGINT', '9223372036854775807', '9223372036854775807'],
    ['HUGEINT', '{"upper":-1,"lower":18446744073709551615}', '-1'],
    ['UHUGEINT', '{"upper":18446744073709551615,"lower":18446744073709551615}', String(2n ** 128n - 1n)],
    ['DOUBLE', '0.1', '0.1'],
    ['DOUBLE', '-0.0', '-0.0'],
    ['DOUBLE', 'NaN', 'NaN'],
    ['FLOAT', '0.10000000149011612', '0.10000000149011612'],
  ])('%s %s', (id, json, text) => expect(valueOf(id, json)).toEqual({ kind: 'text', text }))

  test.each([
    ['-5', 2, '-0.05'],
    ['1234567890123456789', 3, '1234567890123456.789'],
    ['{"upper":-1,"lower":18446744073709551466}', 2, '-1.50'],
    ['7', 0, '7'],
  ])('DECIMAL %s at scale %i', (json, scale, text) =>
    expect(valueOf('DECIMAL', json, { width: 38, scale })).toEqual({ kind: 'text', text }))
})

describe('dates and times', () => {
  test.each([
    ['DATE', '9131', { kind: 'days', days: 9131 }],
    ['DATE', '-2147483647', { kind: 'text', text: '-infinity' }],
    ['TIMESTAMP', '9223372036854775807', { kind: 'text', text: 'infinity' }],
    ['TIMESTAMP_NS', '1582938123123456789', { kind: 'ticks', ticks: '1582938123123456789' }],
    ['TIME', '45296000001', { kind: 'text', text: '12:34:56.000001' }],
    ['TIME_NS', '45296123456789', { kind: 'text', text: '12:34:56.123456789' }],
    ['TIME WITH TIME ZONE', '759942453657648599', { kind: 'text', text: '12:34:56.100000+02:30:00' }],
    ['INTERVAL', '{"months":1,"days":-3,"micros":-7}', { kind: 'interval', months: 1, days: -3, micros: '-7' }],
  ])('%s %s', (id, json, value) => expect(valueOf(id, json)).toEqual(value))
})

test('a UUID has its highest bit flipped', () => {
  const json = '{"upper":8393233110036923250,"lower":11918510343611208825}'
  expect(valueOf('UUID', json)).toEqual({ kind: 'text', text: 'f47ac10b-58cc-4372-a567-0e02b2c3d479' })
})

test('a map is the list of its entries', () => {
  const fields = { child_types: ['key', 'value'].map((first) => ({ first, second: typeJson('INTEGER') })) }
  const entry = { type: typeJson('STRUCT', fields), is_null: true }
  const json = JSON.stringify({ children: [entry] })
  expect(valueOf('MAP', json, { child_type: typeJson('STRUCT', fields) })).toMatchObject({
    kind: 'list', items: [{ value: { kind: 'null' } }],
  })
})

test.each(['BIT', 'BIGNUM', 'VARIANT'])('%s is unreadable', (id) => {
  expect(() => valueOf(id, '""')).toThrow(`constant of type ${id}`)
})
