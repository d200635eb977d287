import { bigintType } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { aggregateOf, columnRef, countRows } from '@arbalest/plan/testing'
import type { Plan } from '@arbalest/plan'
import { sameKey, someTables } from '../testing/plan-query.js'
import { hasSmallTables, wantedKeys } from './wanted-keys.js'

const { p, big, other, tiny } = someTables()
const rowsOf = (source: string): number => (source.includes('tiny') ? 100 : 90_000)
const isSmall = (plan: Plan): boolean => hasSmallTables(plan, rowsOf, 1_000)
const keysOf = (root: Plan, of: Plan) => wantedKeys(root, isSmall).get(of.id)
/** Groups by id, k and s; columns 0, 1 and 2. */
const grouped = (input: Plan) =>
  p.aggregate(input, [columnRef(input, 0), columnRef(input, 1), columnRef(input, 2)], [countRows()])

describe('groups are divided by', () => {
  test('all where nobody wants less', () => {
    const groups = grouped(big)
    expect(keysOf(p.sort(groups), groups)).toBeUndefined()
  })
  test('the keys of the join above', () => {
    const [left, right] = [grouped(big), grouped(other)]
    const join = p.join('inner', left, p.filter(right), { conditions: sameKey(left, right) })
    expect(keysOf(join, left)).toEqual([1])
    expect(keysOf(join, right)).toEqual([1])
  })
  test('what is wanted above a join with a table that every task reads', () => {
    const groups = grouped(big)
    const named = p.join('inner', groups, tiny, { conditions: sameKey(groups, tiny) })
    const twice = p.join('inner', named, other, {
      conditions: [{ left: columnRef(named, 0), right: columnRef(other, 0), operator: '=' }],
    })
    expect(keysOf(twice, groups)).toEqual([0])
  })
  test('what all readers of a shared subplan want, or the first of them', () => {
    const groups = grouped(big)
    const [one, two] = [p.cteScan(1, groups), p.cteScan(1, groups)]
    const both = [0, 1].map((at) => (
      { left: columnRef(one, at), right: columnRef(two, at), operator: '=' as const }))
    const join = p.join('inner', one, two, { conditions: both })
    const third = p.cteScan(1, groups)
    const more = p.join('left', join, third, { conditions: sameKey(join, third) })
    expect(keysOf(p.cte(1, groups, more), groups)).toEqual([1])
  })
  test('what is counted once above', () => {
    const groups = grouped(big)
    const counted = aggregateOf('count', bigintType, [columnRef(groups, 1)], { distinct: true })
    expect(keysOf(p.aggregate(groups, [], [countRows(), counted]), groups)).toEqual([1])
    expect(keysOf(p.aggregate(groups, [], [{ ...counted, distinct: false }]), groups)).toBeUndefined()
  })
  test('nothing that is computed from them', () => {
    const groups = grouped(big)
    const counts = p.project(groups, columnRef(groups, 3))
    const join = p.join('inner', counts, other, {
      conditions: [{ left: columnRef(counts, 0), right: columnRef(other, 0), operator: '=' }],
    })
    expect(keysOf(join, groups)).toBeUndefined()
  })
})

test('different rows are divided by what is wanted of them', () => {
  const rows = p.distinct(big)
  const join = p.join('semi', other, rows, { conditions: sameKey(other, rows) })
  expect(keysOf(join, rows)).toEqual([1])
})
