import { bigintType, integerType, varcharType } from '@arbalest/common'
import type { AggregateCall, Expr, Plan } from '@arbalest/plan'
import { aggregateOf, callOf, columnRef, compare, countRows, integerConstant, minOf } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { sameKey, someTables, stagesOf } from '../testing/plan-query.js'

/** Nobody knows how many different values it has. */
const computed = (input: Plan): Expr => callOf('reverse', varcharType, columnRef(input, 2))
const first = (plan: Plan) => stagesOf(plan)[0]

test('a task of many rows looks at some of its groups, and may hand on each row as it is', () => {
  const { p, large } = someTables()
  const calls = [countRows(), aggregateOf('sum', bigintType, [columnRef(large, 1)]), minOf(columnRef(large, 0))]
  const some = p.filter(large, compare(columnRef(large, 0), '>', integerConstant(7)))
  const plan = p.aggregate(some, [computed(large)], calls)
  const { when, sql } = first(plan)?.alternative ?? { when: '', sql: '' }
  expect(when.replace('(WITH', '(\nWITH')).toMatchInlineSnapshot(`
    "SELECT count(*) >= 2048 AND count(*) - count(DISTINCT hash(c0)) <= 0.024576 * count(*) FROM (
    WITH t0 AS (SELECT "id" AS c0, "k" AS c1, "s" AS c2 FROM "input_0"),
      t1 AS (SELECT c0, c1, c2 FROM t0 LIMIT 32768),
      t2 AS (SELECT c0, c1, c2 FROM t1 WHERE (c0 > CAST(7 AS INTEGER))),
      t3 AS (SELECT "reverse"(c2) AS c0 FROM t2)
    SELECT c0 FROM t3) AS seen"
  `)
  expect(sql).toMatchInlineSnapshot(`
    "WITH t0 AS (SELECT "id" AS c0, "k" AS c1, "s" AS c2 FROM "input_0"),
      t1 AS (SELECT c0, c1, c2 FROM t0 WHERE (c0 > CAST(7 AS INTEGER))),
      t2 AS (SELECT "reverse"(c2) AS c0, CAST(1 AS BIGINT) AS c1, CAST(c1 AS BIGINT) AS c2, c0 AS c3 FROM t1)
    SELECT c0 AS c0, c1 AS c1, c2 AS c2, c3 AS c3, CAST(hash(c0) % 2 AS BIGINT) AS __p FROM t2"
  `)
})

interface Parts { readonly input: Plan; readonly groups: readonly Expr[]; readonly calls: readonly AggregateCall[] }

test.each<[string, (tables: ReturnType<typeof someTables>) => Parts]>([
  ['of few rows', ({ big }) => ({ input: big, groups: [computed(big)], calls: [countRows()] })],
  ['without groups', ({ large }) => ({ input: large, groups: [], calls: [countRows()] })],
  ['over a join', ({ p, large, tiny }) => {
    const input = p.join('inner', large, tiny, { conditions: sameKey(large, tiny) })
    return { input, groups: [computed(input)], calls: [countRows()] }
  }],
  ['whose partial values no expression over one row gives', ({ large }) => (
    { input: large, groups: [computed(large)], calls: [aggregateOf('var_pop', integerType, [columnRef(large, 0)])] })],
])('an aggregate %s has its first phase', (_, of) => {
  const tables = someTables()
  const { input, groups, calls } = of(tables)
  const stages = stagesOf(tables.p.aggregate(input, groups, calls))
  expect(stages.filter(({ alternative }) => alternative !== undefined)).toEqual([])
})
