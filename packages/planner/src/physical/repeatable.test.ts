import { bigintType, decimalType, doubleType, integerType, varcharType, type DataType } from '@arbalest/common'
import { aggregateOf, ascending, callOf, columnRef, countRows, windowOf } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { someTables } from '../testing/plan-query.js'
import { isRepeatable, isSameInEveryTask } from './repeatable.js'

const { p, big, tiny } = someTables()
const random = { ...callOf('random', doubleType), isVolatile: true }

test('volatile functions and limits without a sort give other rows each time', () => {
  expect(isRepeatable(p.filter(big))).toBe(true)
  expect(isRepeatable(p.project(p.filter(big, random), columnRef(big, 0)))).toBe(false)
  expect(isRepeatable(p.join('inner', tiny, p.limit(big, 5)))).toBe(false)
  expect(isRepeatable(p.limit(p.sort(big, ascending(columnRef(big, 0))), 5))).toBe(true)
})

test('ties, windows and aggregates that see the order differ from task to task', () => {
  const sorted = p.sort(big, ascending(columnRef(big, 1)))
  expect(isSameInEveryTask(sorted)).toBe(true)
  expect(isSameInEveryTask(p.limit(sorted, 5))).toBe(false)
  expect(isSameInEveryTask(p.distinct(big))).toBe(true)
  expect(isSameInEveryTask(p.distinct(big, [columnRef(big, 1)]))).toBe(false)
  expect(isSameInEveryTask(p.window(big, windowOf('row_number', bigintType, [])))).toBe(false)
})

test('exact aggregates do not', () => {
  const call = (name: string, type: DataType) =>
    p.aggregate(big, [], [aggregateOf(name, type, [{ ...columnRef(big, 1), type }])])
  expect(isSameInEveryTask(p.aggregate(big, [columnRef(big, 1)], [countRows()]))).toBe(true)
  expect(isSameInEveryTask(call('sum', integerType))).toBe(true)
  expect(isSameInEveryTask(call('sum', decimalType(12, 2)))).toBe(true)
  expect(isSameInEveryTask(call('max', varcharType))).toBe(true)
  for (const name of ['sum', 'avg']) expect(isSameInEveryTask(call(name, doubleType))).toBe(false)
  for (const name of ['list', 'first', 'string_agg', 'mode']) {
    expect(isSameInEveryTask(call(name, varcharType))).toBe(false)
  }
})

test('over one row the order does not matter', () => {
  const one = p.aggregate(big, [], [countRows()])
  const first = aggregateOf('first', bigintType, [columnRef(one, 0)])
  expect(isSameInEveryTask(p.aggregate(p.project(one, columnRef(one, 0)), [], [first]))).toBe(true)
})
