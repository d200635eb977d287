import { doubleType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { aggregateOf } from '@arbalest/plan/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderExpr } from '../render/render-expression.js'
import { testDatabase, type TestDatabase } from '../render/testing/duckdb.js'
import { splitMoments } from './split-moments.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(`CREATE TABLE t AS SELECT i % 5 AS task, (1e6 + i % 7)::DOUBLE AS y,
    (CASE WHEN i % 3 > 0 THEN i * 0.25 - 1e5 END)::DOUBLE AS x FROM range(100) r(i)`)
})
afterAll(() => database.close())

const column = (index: number): Expr => ({ kind: 'column', index, type: doubleType })

const ofOne = ['var_pop', 'var_samp', 'variance', 'stddev_pop', 'stddev_samp', 'stddev', 'sem']
const ofTwo = [
  'covar_pop', 'covar_samp', 'corr', 'regr_avgx', 'regr_avgy', 'regr_sxx', 'regr_syy', 'regr_sxy', 'regr_slope',
  'regr_intercept', 'regr_r2',
]

test.each([...ofOne, ...ofTwo])('%s of the tasks is that of all rows', async (name) => {
  const names = ['y', 'x']
  const args = names.slice(0, ofOne.includes(name) ? 1 : 2).map((_, index) => column(index))
  const whole = aggregateOf(name, doubleType, args)
  const split = splitMoments(whole)!
  const partials = split.partials.map((partial, i) => `${renderExpr(partial, (index) => names[index]!)} AS p${i}`)
  const types = split.partials.map(({ type }) => type)
  const merge = renderExpr(
    split.merge((index) => ({ kind: 'column', index, type: types[index]! })), (index) => `p${index}`,
  )
  const merged = `SELECT ${merge} AS m FROM (SELECT ${partials.join(', ')} FROM t GROUP BY task)`
  const all = `SELECT ${name}(${names.slice(0, args.length).join(', ')}) AS w FROM t`
  expect(await database.rows(`SELECT abs(m - w) <= 1e-7 * abs(w) + 1e-9 FROM (${merged}), (${all})`)).toEqual([[true]])
})

test('values of other types and other aggregates have no such form', () => {
  expect(splitMoments(aggregateOf('skewness', doubleType, [column(0)]))).toBeUndefined()
})
