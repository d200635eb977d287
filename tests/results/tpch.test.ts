/**
 * The 22 queries of TPC-H on clusters of real processes, against one plain DuckDB: every distribution
 * mode at several executor counts. Under `always` the attempt records show who scanned what.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DistributeMode, JobId } from '@arbalest/common'
import { grpcSchedulerClient, type JobDetails, type SchedulerClient } from '@arbalest/protocol'
import { startBenchCluster, type BenchCluster } from '../../bench/bench-cluster.js'
import { answerDifference, type Answer } from '../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import { tablesIn } from '../../bench/oracle/table-files.js'
import { projectDirectory, tpchQueries } from '../../bench/bench-queries.js'

const dataDir = join(projectDirectory(), 'data', 'tpch')
const tables = tablesIn(dataDir)
const queries = tpchQueries()
/** Base tables of more than 1,000 rows. */
/** The others are small beside these: every task may read them whole. */
const largeTables = ['lineitem', 'orders', 'partsupp']
const expected = new Map<string, Answer>()

beforeAll(async () => {
  const oracle = await openPlainDuckdb(tables, 2)
  for (const { name, sql } of queries) expected.set(name, await oracle.answer(sql))
  oracle.close()
})

describe.each([1, 2, 3, 5])('%i executors', (executors) => {
  let cluster: BenchCluster
  let scheduler: SchedulerClient

  beforeAll(async () => {
    cluster = await startBenchCluster({ executors, threads: 1, tables, dataDir })
    scheduler = grpcSchedulerClient({ host: '127.0.0.1', port: cluster.cluster.scheduler.controlPort })
  })
  afterAll(async () => {
    scheduler.close()
    await cluster.close()
  })

  test.each<DistributeMode>(['always', 'auto', 'never'])('all answers are right under %s', async (mode) => {
    await cluster.context.set('arbalest.distribute', mode)
    let distributed = 0
    const differences: string[] = []
    for (const { name, sql, ordered } of queries) {
      const answer = await (await cluster.context.sql(sql)).collectText()
      const right = expected.get(name) ?? { columns: [], rows: [] }
      const difference = answerDifference(answer, right, ordered)
      if (difference !== undefined) differences.push(`${name}: ${difference}`)
      if (answer.mode === 'distributed') distributed++
      if (mode !== 'always') continue
      const details = await scheduler.details(answer.jobId as JobId)
      differences.push(...undividedScans(details, executors).map((text) => `${name}: ${text}`))
    }
    expect(differences).toEqual([])
    expect(distributed).toBeGreaterThanOrEqual(mode === 'always' ? 21 : 0)
    if (mode === 'never') expect(distributed).toBe(0)
  })
})

/** Large tables that fewer than two attempts, or attempts on one executor where there are two, have read. */
function undividedScans(details: JobDetails, executors: number): readonly string[] {
  const readers = new Map<string, { attempts: number; executors: Set<string> }>()
  for (const { spec, attempts } of details.stages) {
    for (const input of spec.inputs) {
      if (input.kind !== 'scan' || !largeTables.includes(input.table)) continue
      const reader = readers.get(input.table) ?? { attempts: 0, executors: new Set<string>() }
      readers.set(input.table, reader)
      for (const attempt of attempts.filter(({ state }) => state === 'succeeded')) {
        const task = spec.tasks.find(({ task: number }) => number === attempt.task)
        if (input.mode === 'split' && (task?.splits[input.name] ?? []).length === 0) continue
        reader.attempts++
        if (attempt.executorId !== undefined) reader.executors.add(attempt.executorId)
      }
    }
  }
  return [...readers].flatMap(([table, reader]) =>
    reader.attempts >= 2 && reader.executors.size >= Math.min(2, executors)
      ? []
      : [`${table} was read by ${reader.attempts} attempts on ${reader.executors.size} executors`],
  )
}
