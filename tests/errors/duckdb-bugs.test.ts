/** A query that meets a bug of DuckDB's fails; everybody else, and the next query, goes on. */
import { defaultSettings } from '@arbalest/common'
import { startPlannerInProcess, startPlannerProcess, type Planner } from '@arbalest/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { duckdbBug } from '../../packages/engine/src/testing/duckdb-bug.js'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

describe('in an engine', () => {
  let cluster: TestCluster
  beforeEach(async () => {
    cluster = await startTestCluster({ executors: 2 })
  })
  afterEach(() => cluster.close())

  test.each(['never', 'always'])('beside queries under %s', async (distribute) => {
    const session = await cluster.session({ 'arbalest.distribute': distribute })
    const other = await cluster.session({ 'arbalest.distribute': 'never' })
    await session.execute('CREATE TABLE t AS SELECT i, i % 7 AS k FROM range(10000) r(i)')
    const grouped = 'SELECT k, count(*) AS n FROM t GROUP BY k'
    for (let round = 0; round < 4; round++) {
      const [bug, one, two] = await Promise.allSettled([
        other.execute(`FROM t JOIN (${duckdbBug}) ON true`), session.execute(grouped), session.execute(grouped),
      ])
      expect(bug).toMatchObject({ status: 'rejected', reason: { code: 'INTERNAL', category: 'internal' } })
      for (const outcome of [one, two]) expect(outcome).toMatchObject({ status: 'fulfilled', value: { rowCount: 7 } })
      expect((await session.execute(grouped)).rowCount).toBe(7)
    }
  })
})

describe('in a planner', () => {
  const name = { schema: 'main', name: 'v' }
  test.each<[string, () => Promise<Planner>]>([
    ['of this process', startPlannerInProcess],
    ['in its child', () => Promise.resolve(startPlannerProcess())],
  ])('%s', async (_, start) => {
    const planner = await start()
    try {
      await planner.putView(name, ['b'], 'SELECT 1')
      for (let round = 0; round < 3; round++) {
        const bugs = [1, 2].map(() => planner.writeRows(duckdbBug, defaultSettings))
        const next = planner.columns('SELECT b AS c FROM v')
        for (const bug of await Promise.allSettled(bugs)) {
          expect(bug).toMatchObject({ status: 'rejected', reason: { code: 'INTERNAL' } })
        }
        expect(await next).toMatchObject([{ name: 'c' }])
        expect(planner.isUp()).toBe(true)
      }
    } finally {
      await planner.close()
    }
  })
})
