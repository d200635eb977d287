import { booleanType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { columnRef, compare, integerConstant } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { someTables, sameKey, tableColumns } from '../testing/plan-query.js'
import { valuesLeft } from './values-left.js'

const { p, big, other } = someTables()
const k = columnRef(big, 1)
const equals = (value: number): Expr => compare(k, '=', integerConstant(value))

test('filters leave the values that they ask for', () => {
  expect(valuesLeft(big, 1)).toBeUndefined()
  expect(valuesLeft(p.filter(big, equals(3)), 1)).toBe(1)
  expect(valuesLeft(p.filter(big, { kind: 'or', terms: [equals(3), equals(4)] }), 1)).toBe(2)
  expect(valuesLeft(p.filter(big, {
    kind: 'operator', operator: 'in', args: [k, integerConstant(1), integerConstant(2)], type: booleanType,
  }), 1)).toBe(2)
  const range = [compare(k, '>=', integerConstant(10)), compare(k, '<=', integerConstant(12))]
  expect(valuesLeft(p.filter(big, ...range), 1)).toBe(3)
  expect(valuesLeft(p.filter(p.filter(big, ...range), equals(11)), 1)).toBe(1)
  expect(valuesLeft(p.scan('big', tableColumns, equals(3)), 1)).toBe(1)
})

test('other columns, and alternatives among them, say nothing', () => {
  expect(valuesLeft(p.filter(big, equals(3)), 0)).toBeUndefined()
  const either: Expr = { kind: 'or', terms: [equals(3), compare(columnRef(big, 0), '=', integerConstant(1))] }
  expect(valuesLeft(p.filter(big, either), 1)).toBeUndefined()
})

test('columns are followed through projections, joins and groupings', () => {
  const filtered = p.filter(big, equals(3))
  const join = p.join('inner', other, filtered, { conditions: sameKey(other, filtered) })
  const groups = p.aggregate(join, [columnRef(join, 4)], [])
  expect(valuesLeft(p.project(groups, columnRef(groups, 0)), 0)).toBe(1)
})
