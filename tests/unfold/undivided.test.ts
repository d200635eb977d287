/** What the reference says is not divided is not, for the reason it gives, and is answered as DuckDB does. */
import { join } from 'node:path'
import type { StageId } from '@arbalest/common'
import { oneTaskParts, unfold, wholeParts } from '@arbalest/planner'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { tablesIn } from '../../bench/oracle/table-files.js'
import { projectDirectory } from '../../bench/bench-queries.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

/** More rows than a table may have that every task reads whole. */
const dividedRows = 2_000
let database: UnfoldDatabase

beforeAll(async () => {
  database = await unfoldDatabase()
  for (const table of tablesIn(join(projectDirectory(), 'data', 'tpch'))) {
    await database.addTable(table, (rows) => Math.max(rows, dividedRows))
  }
})
afterAll(() => database.close())

describe('a query runs whole', () => {
  test.each(Object.values(wholeParts))('$reason: $example', async ({ reason, example }) => {
    const query = await database.prepare(example)
    const cluster = { executors: 3, slots: 3, threadsPerExecutor: 1 }
    const step = unfold(query, { cluster, published: [], nextStageId: 1 as StageId })
    expect(step).toMatchObject({ mode: 'whole', modeReason: `it cannot be divided: ${reason}` })
    await isEqual(example)
  })
})

describe('a part runs in one task', () => {
  test.each(Object.values(oneTaskParts))('$reason: $example', async ({ reason, example }) => {
    const gathered = (await isEqual(example)).stages.filter((stage) => stage.reason === reason)
    expect(gathered.map(({ exchange }) => exchange)).toContain('gather')
  })
})

async function isEqual(sql: string) {
  const run = await database.run(await database.prepare(sql), { executors: 3 })
  expect(answerDifference(run.answer, await database.answer(sql), false)).toBeUndefined()
  return run
}
