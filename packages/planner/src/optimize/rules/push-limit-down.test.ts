import { columnRef, compare, countRows, integerConstant } from '@arbalest/plan/testing'
import type { JoinType } from '@arbalest/plan'
import { describe, expect, test } from 'vitest'
import { applied, printed, tables } from '../testing/apply-rule.js'
import { pushLimitDown } from './push-limit-down.js'

test('below projections', () => {
  const { p, t } = tables()
  const first = p.project(t, columnRef(t, 2), columnRef(t, 0))
  expect(printed(pushLimitDown, p.limit(p.project(first, columnRef(first, 1)), 5, 1))).toMatchInlineSnapshot(`
    "Project t_id
      Project t_s, t_id
        Limit 5 offset 1
          Scan t (t_id, t_k, t_s)"
  `)
})

test('into both inputs of UNION ALL, the offset with it, and stays above', () => {
  const { p, t, u } = tables()
  const inner = p.setOperation('union', true, u, p.limit(t, 3))
  expect(printed(pushLimitDown, p.limit(p.setOperation('union', true, t, inner), 5, 2))).toMatchInlineSnapshot(`
    "Limit 5 offset 2
      Union all
        Limit 7
          Scan t (t_id, t_k, t_s)
        Union all
          Limit 7
            Scan u (u_id, u_k, u_s)
          Limit 3
            Scan t (t_id, t_k, t_s)"
  `)
})

describe('the left side of a join', () => {
  const limitedJoin = (joinType: JoinType) => {
    const { p, t, u } = tables()
    const conditions = [{ left: columnRef(t, 1), right: columnRef(u, 1), operator: '=' as const }]
    return p.limit(p.join(joinType, t, u, { conditions }), 4)
  }
  test('that keeps every left row', () => {
    expect(printed(pushLimitDown, limitedJoin('left'))).toMatchInlineSnapshot(`
      "Limit 4
        Join left on t_k = u_k
          Limit 4
            Scan t (t_id, t_k, t_s)
          Scan u (u_id, u_k, u_s)"
    `)
  })
  test.each(['left', 'single', 'mark'] as const)('%s: the right side is left alone', (joinType) => {
    expect(printed(pushLimitDown, limitedJoin(joinType)).match(/Limit/g)).toHaveLength(2)
  })
  const dropping = ['inner', 'right', 'full', 'semi', 'anti'] as const
  test.each(dropping)('does not fire on %s, which may drop left rows', (joinType) => {
    const plan = limitedJoin(joinType)
    expect(applied(pushLimitDown, plan)).toBe(plan)
  })
})

test('does not go below what drops, merges or orders rows', () => {
  const { p, t, u } = tables()
  for (const input of [
    p.filter(t, compare(columnRef(t, 0), '>', integerConstant(1))),
    p.sort(t, { expr: columnRef(t, 0), descending: false, nullsFirst: false }),
    p.distinct(t),
    p.setOperation('union', false, t, u),
    p.setOperation('except', true, t, u),
    p.aggregate(t, [columnRef(t, 0)], [countRows()]),
  ]) {
    const plan = p.limit(input, 3)
    expect(applied(pushLimitDown, plan)).toBe(plan)
  }
})

test('does not limit what has no more rows anyway', () => {
  const { p, t } = tables()
  const count = p.aggregate(t, [], [countRows()])
  const two = p.values([[integerConstant(1)], [integerConstant(2)]])
  const rows = p.setOperation('union', true, p.project(two, columnRef(two, 0)), two)
  const plan = p.limit(rows, 2)
  expect(applied(pushLimitDown, plan)).toBe(plan)
  const counts = p.limit(p.setOperation('union', true, count, count), 1)
  expect(applied(pushLimitDown, counts)).toBe(counts)
})

test('an offset alone stays where rows are put together', () => {
  const { p, t, u } = tables()
  const plan = p.limit(p.setOperation('union', true, t, u), undefined, 5)
  expect(applied(pushLimitDown, plan)).toBe(plan)
})
