import { describe, expect, test } from 'vitest'
import { operatorsOf, type Expr, type Plan } from '@arbalest/plan'
import { callOf, columnRef, countRows } from '@arbalest/plan/testing'
import { varcharType } from '@arbalest/common'
import { sameKey, someTables, sourceOf } from '../testing/plan-query.js'
import { columnOrigins } from './column-origins.js'
import { estimateGroups } from './estimate-groups.js'
import { estimateJoin } from './estimate-join.js'
import type { Fragment } from './fragment.js'
import type { UnfoldContext } from './unfold-context.js'

const { p, big, other } = someTables()
/** `big` has 100,000 rows with ids of their own and 500 values of k; `other` 90,000 with 1,000 of k. */
const sources = {
  big: { ...sourceOf('big', 100_000), statistics: { id: { min: 1, max: 100_000 }, k: { min: 0, max: 499 } } },
  other: { ...sourceOf('other', 90_000), statistics: { k: { distinct: 1_000 } } },
}
const contextOf = (root: Plan) => ({
  sources,
  originOf: columnOrigins(root),
  scans: new Map(operatorsOf(root).flatMap((one) => (one.kind === 'scan' ? [[one.id, one]] : []))),
}) as unknown as UnfoldContext
const fragmentOf = (plan: Plan, rows: number, domainRows = rows): Fragment =>
  ({ plan, partitioning: { kind: 'any' }, rows, domainRows })
const lower: Expr = callOf('lower', varcharType, columnRef(big, 2))

describe('groups', () => {
  const groups = (input: Plan, rows: number, ...by: Expr[]) => {
    const plan = p.aggregate(input, by, [countRows()])
    return estimateGroups(plan, fragmentOf(input, rows), contextOf(plan))
  }
  test('are as many as the column has values, and no more than are met by so many rows', () => {
    expect(groups(big, 100_000, columnRef(big, 1)))
      .toEqual({ groups: 500, isKnown: true, leastShare: 0.005, most: 500 })
    expect(groups(big, 100, columnRef(big, 1)).groups).toBeCloseTo(90.6, 1)
    expect(groups(other, 90_000, columnRef(other, 1)).groups).toBeCloseTo(1_000)
  })
  test('columns of one table have no more values together than it has rows', () => {
    const both = groups(big, 400_000, columnRef(big, 0), columnRef(big, 1), lower)
    expect(both.groups).toBeCloseTo(98_168, 0)
    expect(both.leastShare * 400_000).toBeCloseTo(both.groups)
    expect(both.isKnown).toBe(true)
  })
  test('are as many as rows where there could be far more', () => {
    const join = p.join('inner', big, other, { conditions: sameKey(big, other) })
    const ofBoth = callOf('concat', varcharType, columnRef(join, 2), columnRef(join, big.types.length + 1))
    for (const count of [4, 8, 200]) {
      const keys = Array.from({ length: count }, () => ofBoth)
      expect(groups(join, 90_000, ...keys).groups).toBeGreaterThan(89_000)
    }
  })
  test('are a guess where no statistics are', () => {
    expect(groups(big, 100_000, lower).leastShare * 100_000).toBe(1)
    expect(groups(big, 100_000, lower).isKnown).toBe(false)
    const both = groups(big, 100_000, lower, columnRef(big, 1))
    expect(both.leastShare * 100_000).toBeCloseTo(500)
    expect(both.groups).toBeGreaterThan(500)
  })
})

describe('joins', () => {
  const join = p.join('inner', big, other, { conditions: sameKey(big, other) })
  const size = (left: Fragment, right: Fragment) => estimateJoin(join, left, right, contextOf(join))
  test('match by the values of the key', () => {
    expect(size(fragmentOf(big, 100_000), fragmentOf(other, 90_000)).rows).toBe(9_000_000)
    expect(size(fragmentOf(big, 100_000), fragmentOf(other, 90, 90_000)).domainRows).toBe(9_000_000)
  })
  test('of a filtered side are about what the other side has', () => {
    expect(size(fragmentOf(big, 100_000), fragmentOf(other, 9, 90_000)).rows).toBeCloseTo(1_800)
    expect(size(fragmentOf(big, 100_000), fragmentOf(other, 600, 90_000)).rows).toBe(100_000)
    expect(size(fragmentOf(big, 9, 100_000), fragmentOf(other, 90_000)).rows).toBeCloseTo(810)
  })
  test('meet each row of the side with fewer keys once, where the other has each key once', () => {
    const foreign = p.join('inner', big, other, {
      conditions: [{ left: columnRef(big, 1), right: columnRef(other, 1), operator: '=' }],
    })
    const known = { ...contextOf(foreign), sources: {
      big: { ...sources.big, statistics: { k: { min: 0, max: 999 } } },
      other: { ...sources.other, statistics: { k: { min: 0, max: 89_999 } } },
    } }
    const rows = (left: number, right: number) =>
      estimateJoin(foreign, fragmentOf(big, left), fragmentOf(other, right), known as UnfoldContext).rows
    expect(rows(1_000, 90_000)).toBeCloseTo(1_000)
  })
})
