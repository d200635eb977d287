import {
  bigintType, booleanType, decimalType, doubleType, integerType, simpleType, varcharType, type DataType,
} from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { callOf, compare, constantOf, integerConstant, textConstant } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { cannotFail } from './infallible.js'

const column = (type: DataType): Expr => ({ kind: 'column', index: 0, type })
const cast = (type: DataType, input: Expr): Expr => ({ kind: 'cast', input, type, isTry: false })
const price = column(decimalType(7, 2))

test('comparisons and logic', () => {
  const isOne = compare(column(integerType), '=', integerConstant(1))
  const not: Expr = { kind: 'operator', operator: 'not', args: [isOne], type: booleanType }
  expect(cannotFail({ kind: 'or', terms: [isOne, { kind: 'and', terms: [not, isOne] }] })).toBe(true)
  expect(cannotFail(callOf('~~', booleanType, column(varcharType), textConstant('a%')))).toBe(true)
  expect(cannotFail(compare(column(simpleType('VARIANT')), '=', integerConstant(1)))).toBe(false)
})

test('choices', () => {
  const branch = (then: Expr) => ({ when: compare(price, '>', price), then })
  const choice = (then: Expr): Expr =>
    ({ kind: 'case', branches: [branch(then)], otherwise: price, type: decimalType(7, 2) })
  expect(cannotFail(choice(price))).toBe(true)
  expect(cannotFail(choice(cast(decimalType(7, 2), column(varcharType))))).toBe(false)
})

test('a part that may fail is enough', () => {
  const quotient = callOf('//', integerType, integerConstant(1), column(integerType))
  expect(cannotFail(compare(quotient, '>', integerConstant(1)))).toBe(false)
  expect(cannotFail({ kind: 'and', terms: [compare(quotient, '>', integerConstant(1))] })).toBe(false)
  const like = callOf('~~', booleanType, column(varcharType), column(varcharType))
  expect(cannotFail({ ...like, isVolatile: true })).toBe(false)
})

describe('arithmetic', () => {
  const product = (width: number, left: Expr, right: Expr) => callOf('*', decimalType(width, 4), left, right)
  test('of decimals whose digits fit', () => {
    const wide = cast(decimalType(14, 2), price)
    expect(cannotFail(product(14, wide, wide))).toBe(true)
    expect(cannotFail(product(13, wide, wide))).toBe(false)
    expect(cannotFail(callOf('+', decimalType(8, 2), price, price))).toBe(true)
    expect(cannotFail(callOf('-', decimalType(7, 2), price, price))).toBe(false)
    expect(cannotFail(callOf('/', decimalType(18, 2), price, price))).toBe(false)
  })
  test('of decimals and constants', () => {
    const twelve = constantOf(decimalType(17, 0), '12')
    const wide = cast(decimalType(17, 2), price)
    expect(cannotFail(callOf('*', decimalType(9, 2), wide, twelve))).toBe(true)
    expect(cannotFail(callOf('*', decimalType(8, 2), wide, twelve))).toBe(false)
    expect(cannotFail(callOf('*', decimalType(17, 2), wide, column(decimalType(17, 0))))).toBe(false)
  })
  test('of integers and doubles is not looked into', () => {
    expect(cannotFail(callOf('+', integerType, column(integerType), integerConstant(1)))).toBe(false)
    expect(cannotFail(callOf('+', doubleType, column(doubleType), column(doubleType)))).toBe(false)
  })
})

describe('casts', () => {
  const cases: readonly (readonly [from: DataType, to: DataType, can: boolean])[] = [
    [integerType, bigintType, true], [bigintType, integerType, false],
    [simpleType('UINTEGER'), bigintType, true], [simpleType('UINTEGER'), integerType, false],
    [integerType, simpleType('UBIGINT'), false], [simpleType('UTINYINT'), simpleType('USMALLINT'), true],
    [integerType, decimalType(12, 2), true], [integerType, decimalType(11, 2), false],
    [decimalType(7, 2), decimalType(9, 4), true], [decimalType(7, 2), decimalType(7, 3), false],
    [decimalType(7, 2), decimalType(9, 1), false], [decimalType(7, 2), integerType, false],
    [decimalType(7, 2), doubleType, true], [doubleType, decimalType(38, 2), false],
    [{ kind: 'enum', values: ['a'] }, varcharType, true], [varcharType, { kind: 'enum', values: ['a'] }, false],
    [simpleType('DATE'), simpleType('TIMESTAMP'), false], [varcharType, integerType, false],
  ]
  test.each(cases)('%j to %j', (from, to, can) => {
    expect(cannotFail(cast(to, column(from)))).toBe(can)
  })
})
