/** The 22 queries of TPC-H with 1,000 partitions, so in sorted files, on a cluster of real processes. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startBenchCluster } from '../../bench/bench-cluster.js'
import { projectDirectory, tpchQueries } from '../../bench/bench-queries.js'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import { tablesIn } from '../../bench/oracle/table-files.js'

test('all answers are right', async () => {
  const dataDir = process.env['ARBALEST_TPCH_DIR'] ?? join(projectDirectory(), 'data', 'tpch')
  const tables = tablesIn(dataDir)
  const oracle = await openPlainDuckdb(tables, 2)
  const { context, close } = await startBenchCluster({ executors: 3, threads: 1, tables, dataDir })
  const differences: string[] = []
  try {
    await context.set('arbalest.distribute', 'always')
    await context.set('arbalest.broadcast_threshold_bytes', 0)
    await context.set('arbalest.target_partitions', 1000)
    for (const { name, sql, ordered } of tpchQueries()) {
      const answer = await (await context.sql(sql)).collectText()
      const difference = answerDifference(answer, await oracle.answer(sql), ordered)
      if (difference !== undefined) differences.push(`${name}: ${difference}`)
    }
  } finally {
    await close()
    oracle.close()
  }
  expect(differences).toEqual([])
})
