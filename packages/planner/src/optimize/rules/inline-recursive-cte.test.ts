import type { Plan, RecursiveCte } from '@arbalest/plan'
import { expect, test } from 'vitest'
import { applied, printed, tables } from '../testing/apply-rule.js'
import { inlineRecursiveCte } from './inline-recursive-cte.js'

function recursion(initial: Plan, step: Plan, id: number): RecursiveCte {
  const { types, live } = initial
  return { kind: 'recursive-cte', id, cteId: id, all: true, keys: [], initial, step, types, live }
}

test('a recursive CTE that is read once is computed there', () => {
  const { p, t } = tables()
  const rounds = recursion(t, p.cteScan(100, t), 100)
  const plan = p.cte(7, rounds, p.limit(p.cteScan(7, rounds), 10))
  expect(printed(inlineRecursiveCte, plan)).toMatchInlineSnapshot(`
    "Limit 10
      RecursiveCte 100 all
        Scan t (t_id, t_k, t_s)
        CteScan 100 (t_id, t_k, t_s)"
  `)
})

test('one that is read twice, or in the rounds of another, or is not recursive stays', () => {
  const { p, t } = tables()
  const rounds = recursion(t, p.cteScan(100, t), 100)
  const scan = () => p.cteScan(7, rounds)
  const twice = p.cte(7, rounds, p.setOperation('union', true, scan(), scan()))
  const inRounds = p.cte(7, rounds, recursion(t, p.setOperation('union', true, scan(), p.cteScan(101, t)), 101))
  const plain = p.cte(7, t, p.limit(p.cteScan(7, t), 10))
  for (const plan of [twice, inRounds, plain]) expect(applied(inlineRecursiveCte, plan)).toBe(plan)
})
