import { booleanType, decimalType, integerType, simpleType, varcharType, type DataType } from '@arbalest/common'
import type { Constant, Expr } from '@arbalest/plan'
import {
  callOf, columnRef, compare, constantOf, integerConstant, nullConstant, textConstant,
} from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { someTables, sourceOf } from '../testing/plan-query.js'
import { rowBytes, selectivity } from './estimate.js'

const dateType = simpleType('DATE')
const source = { ...sourceOf('big', 1_000), statistics: { id: { min: 0, max: 100 }, k: { min: 7, max: 7 } } }
const column = (index: number, type: DataType = integerType): Expr => ({ kind: 'column', index, type })
const share = (predicate: Expr) => selectivity(predicate, source)
const day = (days: number): Constant => ({ kind: 'constant', type: dateType, value: { kind: 'days', days } })

describe('shares of rows', () => {
  test('bounds go by the range in the footers', () => {
    expect(share(compare(column(0), '<', integerConstant(30)))).toBeCloseTo(0.3)
    expect(share(compare(column(0), '>=', integerConstant(30)))).toBeCloseTo(0.7)
    expect(share(compare(column(0), '<', integerConstant(-5)))).toBe(0.001)
    expect(share(compare(column(0, dateType), '<=', day(50)))).toBeCloseTo(0.5)
    expect(share(compare(column(2, varcharType), '<', textConstant('m')))).toBe(0.4)
  })
  test('two bounds on one column overlap', () => {
    const terms = [compare(column(0), '>=', integerConstant(40)), compare(column(0), '<', integerConstant(50))]
    expect(share({ kind: 'and', terms })).toBeCloseTo(0.1)
    const equal = compare(column(2, varcharType), '=', textConstant('x'))
    expect(share({ kind: 'and', terms: [...terms, equal] })).toBeCloseTo(0.005)
  })
  test('an equality is one value of the range, or a twentieth', () => {
    expect(share(compare(column(0), '=', integerConstant(3)))).toBeCloseTo(1 / 101)
    expect(share(compare(column(1), '=', integerConstant(7)))).toBe(1)
    expect(share(compare(column(2, varcharType), '=', textConstant('x')))).toBe(0.05)
    expect(share(compare(column(0), '<>', integerConstant(3)))).toBe(0.9)
  })
  test('lists and ranges of values go by the range as well', () => {
    const list = [integerConstant(3), integerConstant(5)]
    const known = share({ kind: 'operator', operator: 'in', args: [column(0), ...list], type: booleanType })
    expect(known).toBeCloseTo(2 / 101)
    const between = (from: Constant, to: Constant, sought = column(0)): Expr =>
      ({ kind: 'between', input: sought, low: from, high: to, lowInclusive: true, highInclusive: true })
    expect(share(between(integerConstant(40), integerConstant(50)))).toBeCloseTo(0.1)
    expect(share(between(integerConstant(50), integerConstant(40)))).toBe(0.001)
    expect(share(between(textConstant('a'), textConstant('b'), column(2, varcharType)))).toBe(0.1)
  })
  test('other predicates have fixed shares, never outside 0 to 1', () => {
    const equal = compare(column(2, varcharType), '=', textConstant('x'))
    expect(selectivity(undefined, source)).toBe(1)
    expect(share({ kind: 'or', terms: Array.from({ length: 40 }, () => equal) })).toBe(1)
    expect(share({ kind: 'operator', operator: 'is-null', args: [column(0)], type: booleanType })).toBe(0.05)
    const list = Array.from({ length: 50 }, () => integerConstant(1))
    const args = [column(2, varcharType), ...list]
    expect(share({ kind: 'operator', operator: 'in', args, type: booleanType })).toBe(1)
    expect(share(callOf('~~', booleanType, column(2), textConstant('%x')))).toBe(0.2)
    expect(share({ kind: 'constant', type: booleanType, value: { kind: 'boolean', value: false } })).toBe(0)
    expect(share(compare(column(0), '>', nullConstant(integerType)))).toBe(0.4)
    expect(share(compare(column(0), '>', constantOf(integerType, '')))).toBe(0.4)
  })
})

test('bytes of a row count the wanted columns', () => {
  const { p, big } = someTables()
  expect(rowBytes(big)).toBe(8 + 8 + 8 + 24)
  expect(rowBytes({ ...big, live: [] })).toBe(8)
  const list: DataType = { kind: 'list', child: integerType }
  const constants = p.values([[nullConstant(decimalType(38, 0)), nullConstant(decimalType(10, 0)), nullConstant(list)]])
  expect(rowBytes(constants)).toBe(8 + 16 + 8 + 48)
  expect(columnRef(big, 0).type).toEqual(integerType)
})
