import { simpleType } from '@arbalest/common'
import { nullConstant } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { queryOf, someTables, tableColumns } from '../testing/plan-query.js'
import { chooseMode, scannedValues } from './choose-mode.js'

const two = { executors: 2, slots: 4, threadsPerExecutor: 2 }
const one = { ...two, executors: 1 }

test('settings come first', () => {
  const { large } = someTables()
  const never = queryOf(large, { distribute: 'never' })
  expect(chooseMode(never, two)).toEqual({ mode: 'whole', reason: 'arbalest.distribute is never' })
  expect(chooseMode(queryOf(large, { distribute: 'always' }), one).mode).toBe('distributed')
})

test('what the reader cannot read runs whole and says why', () => {
  const query = { ...queryOf(someTables().large), logical: { kind: 'unreadable', reason: 'there is no X' } as const }
  expect(chooseMode(query, two)).toEqual({ mode: 'whole', reason: 'it cannot be divided: there is no X' })
})

test('a type that no file keeps makes the query whole', () => {
  const { p } = someTables()
  const variants = p.values([[nullConstant({ kind: 'list', child: simpleType('VARIANT') })]])
  const reason = 'it cannot be divided: VARIANT[] cannot pass an exchange'
  expect(chooseMode(queryOf(variants), two)).toEqual({ mode: 'whole', reason })
})

const unionOfScans = (count: number) => {
  const { p } = someTables()
  const scan = () => p.scan('large', tableColumns)
  return p.setOperation('union', true, scan(), ...Array.from({ length: count - 1 }, scan))
}

test('under auto a query is divided when that saves more than its stages cost', () => {
  const auto = { distribute: 'auto' } as const
  const small = unionOfScans(1)
  const huge = unionOfScans(20)
  expect(chooseMode(queryOf(small, auto), two)).toMatchInlineSnapshot(`
    {
      "mode": "whole",
      "reason": "2.4 M values to scan, about 20 ms on one executor, which all together would not do faster",
    }
  `)
  expect(chooseMode(queryOf(huge, auto), two)).toMatchInlineSnapshot(`
    {
      "mode": "distributed",
      "reason": "48.0 M values to scan, about 400 ms on one executor and 350 ms on all",
    }
  `)
  expect(chooseMode(queryOf(huge, auto), one).reason).toBe('there is one executor')
})

test('executors that share the cores of one machine gain nothing', () => {
  const query = queryOf(unionOfScans(20), { distribute: 'auto' })
  expect(chooseMode(query, { ...two, threadsAtOnce: 2 }).mode).toBe('whole')
  expect(chooseMode(query, { ...two, threadsAtOnce: 4 }).mode).toBe('distributed')
})

test('a scan without wanted columns counts its rows', () => {
  const { large } = someTables()
  const plan = { ...large, live: [] }
  expect(scannedValues(plan, queryOf(plan).sources)).toBe(800_000)
})
