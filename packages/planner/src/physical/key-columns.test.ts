import { bigintType, doubleType, integerType, varcharType, type DataType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { callOf } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { keyColumn, keySets } from './key-columns.js'

const column: Expr = { kind: 'column', index: 4, type: integerType }
const cast = (input: Expr, type: DataType, isTry = false): Expr => ({ kind: 'cast', input, type, isTry })

test('a column and its casts between integers are the column', () => {
  expect(keyColumn(column)).toBe(4)
  expect(keyColumn(cast(cast(column, bigintType), integerType))).toBe(4)
})

test('what changes the value or its hash is not', () => {
  expect(keyColumn(cast(column, doubleType))).toBeUndefined()
  expect(keyColumn(cast(column, varcharType))).toBeUndefined()
  expect(keyColumn(cast(column, bigintType, true))).toBeUndefined()
  expect(keyColumn(callOf('abs', integerType, column))).toBeUndefined()
})

test('one key that is no column ends the property', () => {
  expect(keySets([column, cast(column, bigintType)])).toEqual([new Set([4]), new Set([4])])
  expect(keySets([column, callOf('abs', integerType, column)])).toBeUndefined()
})
