import { callOf, columnRef, integerConstant } from '@arbalest/plan/testing'
import { integerType } from '@arbalest/common'
import { expect, test } from 'vitest'
import { applied, printed, tables } from '../testing/apply-rule.js'
import { dropIdentityProjection } from './drop-identity-projection.js'

test('a projection of every column in its place goes', () => {
  const { p, t } = tables()
  const same = p.project(t, columnRef(t, 0), columnRef(t, 1), columnRef(t, 2))
  expect(printed(dropIdentityProjection, p.limit({ ...same, live: [1] }, 1))).toMatchInlineSnapshot(`
    "Limit 1
      Scan t (t_k)"
  `)
})

test('does not fire where columns would have to be renumbered', () => {
  const { p, t } = tables()
  const fewer = p.project(t, columnRef(t, 0), columnRef(t, 1))
  const other = p.project(t, columnRef(t, 1), columnRef(t, 0), columnRef(t, 2))
  expect(applied(dropIdentityProjection, fewer)).toBe(fewer)
  expect(applied(dropIdentityProjection, other)).toBe(other)
})

test('does not fire on a computed column', () => {
  const { p, t } = tables()
  const sum = callOf('+', integerType, columnRef(t, 0), integerConstant(1))
  const plan = p.project(t, sum, columnRef(t, 1), columnRef(t, 2))
  expect(applied(dropIdentityProjection, plan)).toBe(plan)
})
