/** The 99 queries of TPC-DS on clusters of real processes under `always`, against one plain DuckDB. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBenchCluster } from '../../bench/bench-cluster.js'
import { projectDirectory, suiteQueries } from '../../bench/bench-queries.js'
import { expectAnswer, type ExpectedAnswer } from '../../bench/oracle/expected-answer.js'
import { openPlainDuckdb, type PlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import { tablesIn } from '../../bench/oracle/table-files.js'

const dataDir = join(projectDirectory(), 'data', 'tpcds')
const tables = tablesIn(dataDir)
const queries = suiteQueries('tpcds')
const expected = new Map<string, ExpectedAnswer>()
let oracle: PlainDuckdb

beforeAll(async () => {
  oracle = await openPlainDuckdb(tables, 2)
  for (const { name, sql } of queries) expected.set(name, await expectAnswer((text) => oracle.answer(text), sql))
})
afterAll(() => oracle.close())

test.each([1, 2, 3])('all answers are right on %i executors, and 95 of them distributed', async (executors) => {
  const cluster = await startBenchCluster({ executors, threads: 1, tables, dataDir })
  const differences: string[] = []
  let distributed = 0
  try {
    await cluster.context.set('arbalest.distribute', 'always')
    for (const { name, sql } of queries) {
      const answer = await (await cluster.context.sql(sql)).collectText()
      const difference = await expected.get(name)!.difference(answer)
      if (difference !== undefined) differences.push(`${name}: ${difference}`)
      if (answer.mode === 'distributed') distributed++
    }
  } finally {
    await cluster.close()
  }
  expect(differences).toEqual([])
  expect(distributed).toBeGreaterThanOrEqual(95)
}, 180_000)
