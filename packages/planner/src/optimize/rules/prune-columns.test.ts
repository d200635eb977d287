import { bigintType, integerType } from '@arbalest/common'
import { childrenOf, operatorsOf, printPlan, type Plan } from '@arbalest/plan'
import {
  aggregateOf, callOf, columnRef, compare, countRows, descending, integerConstant, maxOf, minOf, windowOf,
} from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { tables } from '../testing/apply-rule.js'
import { pruneColumns } from './prune-columns.js'

const pruned = (plan: Plan): string => printPlan(pruneColumns.run(plan))

test('only columns that somebody looks at stay live, under their numbers', () => {
  const { p, t } = tables()
  const filter = p.filter(t, compare(columnRef(t, 1), '>', integerConstant(1)))
  const plan = pruneColumns.run(p.project(filter, columnRef(filter, 2)))
  expect(printPlan(plan)).toMatchInlineSnapshot(`
    "Project t_s
      Filter t_k > 1
        Scan t (t_k, t_s)"
  `)
  expect(operatorsOf(plan).map((node) => node.live)).toEqual([[0], [2], [1, 2]])
})

test('no column at all is legal', () => {
  const { p, t, u } = tables()
  expect(pruned(p.aggregate(p.join('inner', t, u), [], [countRows()]))).toMatchInlineSnapshot(`
    "Aggregate: count(*)
      Join cross
        Scan t ()
        Scan u ()"
  `)
})

test('joins keep the columns of their conditions on their side', () => {
  const { p, t, u } = tables()
  const join = p.join('left', t, u, {
    conditions: [{ left: columnRef(t, 1), right: columnRef(u, 1), operator: '=' }],
    residual: [compare({ kind: 'column', index: 3, type: integerType }, '<', integerConstant(5))],
  })
  expect(pruned(p.project(join, columnRef(join, 2)))).toMatchInlineSnapshot(`
    "Project t_s
      Join left on t_k = u_k AND u_id < 5
        Scan t (t_k, t_s)
        Scan u (u_id, u_k)"
  `)
})

test('semi and mark joins want only conditions of the right side', () => {
  const { p, t, u } = tables()
  const parts = { conditions: [{ left: columnRef(t, 1), right: columnRef(u, 1), operator: '=' as const }] }
  const mark = p.join('mark', t, u, parts)
  expect(pruned(p.project(mark, columnRef(mark, 3)))).toMatchInlineSnapshot(`
    "Project mark
      Join mark on t_k = u_k
        Scan t (t_k)
        Scan u (u_k)"
  `)
  const semi = p.join('semi', t, u, parts)
  expect(pruned(p.project(semi, columnRef(semi, 0)))).toMatchInlineSnapshot(`
    "Project t_id
      Join semi on t_k = u_k
        Scan t (t_id, t_k)
        Scan u (u_k)"
  `)
})

describe('aggregates', () => {
  test('groups stay, aggregates that nobody wants go', () => {
    const { p, t } = tables()
    const plan = p.aggregate(t, [columnRef(t, 2)], [minOf(columnRef(t, 0)), maxOf(columnRef(t, 1))])
    expect(pruned(p.project(plan, columnRef(plan, 2)))).toMatchInlineSnapshot(`
      "Project max(t_k)
        Aggregate by t_s: max(t_k)
          Scan t (t_k, t_s)"
    `)
  })
  test('filters and orders of a wanted aggregate count', () => {
    const { p, t } = tables()
    const first = aggregateOf('first', integerType, [columnRef(t, 0)], {
      filter: compare(columnRef(t, 1), '=', integerConstant(1)),
      orders: [descending(columnRef(t, 2))],
    })
    expect(pruned(p.aggregate(t, [], [first]))).toContain('Scan t (t_id, t_k, t_s)')
  })
})

describe('operators that compare whole rows want all columns', () => {
  test.each(['union', 'except', 'intersect'] as const)('%s', (operation) => {
    const { p, t, u } = tables()
    const plan = p.setOperation(operation, operation !== 'union', t, u)
    const result = pruned(p.project(plan, columnRef(plan, 0)))
    expect(result).toContain('Scan t (t_id, t_k, t_s)')
    expect(result).toContain('Scan u (u_id, u_k, u_s)')
  })
  test('distinct', () => {
    const { p, t } = tables()
    const plan = p.distinct(t)
    expect(pruned(p.project(plan, columnRef(plan, 0)))).toContain('Scan t (t_id, t_k, t_s)')
  })
  test('but UNION ALL and DISTINCT ON do not', () => {
    const { p, t, u } = tables()
    const union = p.setOperation('union', true, t, u)
    expect(pruned(p.project(union, columnRef(union, 0)))).toContain('Scan u (u_id)')
    const on = p.distinct(t, [columnRef(t, 2)], [descending(columnRef(t, 1))])
    expect(pruned(p.project(on, columnRef(on, 2)))).toContain('Scan t (t_k, t_s)')
  })
})

test('windows that nobody wants go, with their columns', () => {
  const { p, t } = tables()
  const window = p.window(
    t,
    windowOf('sum', bigintType, [columnRef(t, 0)]),
    windowOf('rank', bigintType, [], { partitions: [columnRef(t, 2)] }),
  )
  expect(pruned(p.project(window, columnRef(window, 4)))).toMatchInlineSnapshot(`
    "Project rank() OVER (PARTITION BY t_s)
      Window rank() OVER (PARTITION BY t_s)
        Scan t (t_s)"
  `)
})

test('a CTE gathers the needs of its scans, each of which keeps its own', () => {
  const { p, t } = tables()
  const [first, second] = [p.cteScan(1, t), p.cteScan(1, t)]
  const join = p.join('inner', first, second, {
    conditions: [{ left: columnRef(first, 0), right: columnRef(second, 1), operator: '=' }],
  })
  expect(pruned(p.cte(1, t, p.aggregate(join, [], [countRows()])))).toMatchInlineSnapshot(`
    "Cte 1
      Scan t (t_id, t_k)
      Aggregate: count(*)
        Join inner on t_id = t_k
          CteScan 1 (t_id)
          CteScan 1 (t_k)"
  `)
})

test('a CTE inside the definition of another one', () => {
  const { p, t } = tables()
  const innerScan = p.cteScan(1, t)
  const definition = p.project(innerScan, columnRef(innerScan, 2), columnRef(innerScan, 1))
  const outerScan = p.cteScan(2, definition)
  const plan = p.cte(1, t, p.cte(2, definition, p.project(outerScan, columnRef(outerScan, 1))))
  expect(pruned(plan)).toMatchInlineSnapshot(`
    "Cte 1
      Scan t (t_k)
      Cte 2
        Project t_k
          CteScan 1 (t_k)
        Project t_k
          CteScan 2 (t_k)"
  `)
})

test('the source of a delim join gives its keys', () => {
  const { p, t, u } = tables()
  const keys = p.delimScan(1, [integerType])
  const inner = p.join('inner', keys, u, {
    conditions: [{ left: columnRef(keys, 0), right: columnRef(u, 1), operator: '=' }],
  })
  const counts = p.aggregate(inner, [columnRef(inner, 0)], [countRows()])
  const join = p.join('single', t, counts, {
    conditions: [{ left: columnRef(t, 1), right: columnRef(counts, 0), operator: 'IS NOT DISTINCT FROM' }],
    delim: { delimId: 1, keys: [callOf('+', integerType, columnRef(t, 0), columnRef(t, 1))], source: 'left' },
  })
  expect(pruned(p.project(join, columnRef(join, 4)))).toMatchInlineSnapshot(`
    "Project count(*)
      Join single on t_k IS NOT DISTINCT FROM t_id + t_k, delim 1 from left: t_id + t_k
        Scan t (t_id, t_k)
        Aggregate by t_id + t_k: count(*)
          Join inner on t_id + t_k = u_k
            DelimScan 1 (t_id + t_k)
            Scan u (u_k)"
  `)
})

test('a shared subplan gives what all its consumers want and stays shared', () => {
  const { p, t } = tables()
  const plan = p.setOperation('union', true, p.project(t, columnRef(t, 0)), p.project(t, columnRef(t, 1)))
  const [first, second] = childrenOf(pruneColumns.run(plan)).map((project) => childrenOf(project)[0])
  expect(first).toBe(second)
  expect(first?.live).toEqual([0, 1])
})

test('the columns of the result are never touched', () => {
  const { p, t } = tables()
  const plan = { ...p.distinct(t), live: [1] }
  expect(pruneColumns.run(plan).live).toEqual([1])
})

test('a pruned plan is left alone', () => {
  const { p, t } = tables()
  const once = pruneColumns.run(p.project(t, columnRef(t, 1)))
  expect(pruneColumns.run(once)).toBe(once)
})
