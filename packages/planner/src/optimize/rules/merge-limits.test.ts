import { columnRef } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { applied, printed, tables } from '../testing/apply-rule.js'
import { mergeLimits } from './merge-limits.js'

test('the outer limit counts within what the inner leaves', () => {
  const { p, t } = tables()
  expect(printed(mergeLimits, p.limit(p.limit(t, 10, 5), 3, 2))).toMatchInlineSnapshot(`
    "Limit 3 offset 7
      Scan t (t_id, t_k, t_s)"
  `)
})

test('an offset beyond the inner limit leaves nothing', () => {
  const { p, t } = tables()
  expect(printed(mergeLimits, p.limit(p.limit(t, 10), undefined, 12))).toMatchInlineSnapshot(`
    "Limit 0 offset 12
      Scan t (t_id, t_k, t_s)"
  `)
})

test('offsets alone add up, whole chains become one limit', () => {
  const { p, t } = tables()
  expect(printed(mergeLimits, p.limit(p.limit(p.limit(t, undefined, 1), undefined, 2), 5))).toMatchInlineSnapshot(`
    "Limit 5 offset 3
      Scan t (t_id, t_k, t_s)"
  `)
})

test('does not look through other operators', () => {
  const { p, t } = tables()
  const plan = p.limit(p.project(p.limit(t, 10), columnRef(t, 0)), 3)
  expect(applied(mergeLimits, plan)).toBe(plan)
})
