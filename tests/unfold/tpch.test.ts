/** The 22 queries of TPC-H, unfolded and run stage by stage on one DuckDB, every table divided. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StageFacts } from '@arbalest/plan'
import { answerDifference, type Answer } from '../../bench/oracle/compare-answers.js'
import { tablesIn } from '../../bench/oracle/table-files.js'
import { projectDirectory, tpchQueries } from '../../bench/bench-queries.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

/** More rows than a table may have that every task reads whole. */
const dividedRows = 2_000
const queries = tpchQueries()
const expected = new Map<string, Answer>()
let database: UnfoldDatabase

beforeAll(async () => {
  database = await unfoldDatabase()
  for (const table of tablesIn(join(projectDirectory(), 'data', 'tpch'))) {
    await database.addTable(table, (rows) => Math.max(rows, dividedRows))
  }
  for (const { name, sql } of queries) expected.set(name, await database.answer(sql))
})
afterAll(() => database.close())

describe.each([1, 2, 3, 5])('%i executors', (executors) => {
  test.each(queries)('$name', async ({ name, sql, ordered }) => {
    // All partitions are told to be heavy, for small ones are read by one task; under one executor as they are.
    const tell = (facts: StageFacts): StageFacts =>
      executors === 1 ? facts : { ...facts, partitionBytes: facts.partitionRows.map((rows) => rows * 2 ** 20) }
    const run = await database.run(await database.prepare(sql), { executors, tell })
    expect(run.stages.length).toBeGreaterThan(1)
    expect(answerDifference(run.answer, expected.get(name)!, ordered)).toBeUndefined()
  })
})
