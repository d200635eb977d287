import { limits } from '@arbalest/common'
import { printPlan } from '@arbalest/plan'
import { columnRef } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { applyRules } from './apply-rules.js'
import { optimize } from './optimizer.js'
import type { Rule } from './rule.js'
import { tables } from './testing/apply-rule.js'

test('passes and rules are named when they change something', () => {
  const { p, t, u } = tables()
  const union = p.setOperation('union', true, t, u)
  const fired: (readonly string[])[] = []
  const limited = p.limit(p.limit(p.project(union, columnRef(union, 1)), 9), 4)
  const plan = optimize(limited, ({ pass, rules }) => fired.push([pass, ...rules]))
  expect(fired).toEqual([['limits', 'push-limit-down', 'merge-limits'], ['prune-columns']])
  expect(printPlan(plan)).toMatchInlineSnapshot(`
    "Project t_k
      Limit 4
        Union all
          Limit 4
            Scan t (t_k)
          Limit 4
            Scan u (u_k)"
  `)
})

test('a plan that is best already is given back', () => {
  const { t } = tables()
  expect(optimize(t)).toBe(t)
})

test('rules that never come to rest are stopped', () => {
  let count = 0
  const restless: Rule<'limit'> = {
    name: 'restless',
    on: 'limit',
    apply: (plan) => {
      count++
      return { ...plan }
    },
  }
  const { p, t } = tables()
  expect(() => applyRules('restless', [restless]).run(p.limit(t, 1))).toThrow('pass restless comes to rest')
  expect(count).toBe(limits.optimizerRoundsMax)
})

test('a plan that breaks a law does not leave the optimizer', () => {
  const { p, t } = tables()
  expect(() => optimize({ ...p.limit(t, 1), id: t.id })).toThrow('its id is also that of')
})
