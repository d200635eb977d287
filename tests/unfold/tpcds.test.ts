/** The 99 queries of TPC-DS, unfolded and run stage by stage on one DuckDB, every table divided. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectDirectory, suiteQueries } from '../../bench/bench-queries.js'
import { expectAnswer, type ExpectedAnswer } from '../../bench/oracle/expected-answer.js'
import { tablesIn } from '../../bench/oracle/table-files.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

/** As many rows as each table stands with in the planner's books: none is small beside another. */
const rowsInBooks = 2_000
const queries = suiteQueries('tpcds')
const expected = new Map<string, ExpectedAnswer>()
let database: UnfoldDatabase

beforeAll(async () => {
  database = await unfoldDatabase()
  for (const table of tablesIn(join(projectDirectory(), 'data', 'tpcds'))) {
    await database.addTable(table, () => rowsInBooks)
  }
  for (const { name, sql } of queries) {
    expected.set(name, await expectAnswer((text) => database.answer(text), sql))
  }
})
afterAll(() => database.close())

describe.each([2, 5])('%i executors', (executors) => {
  test.each(queries)('$name', async ({ name, sql }) => {
    const query = await database.prepare(sql, { finishLocally: executors === 5 })
    const run = await database.run(query, { executors })
    expect(run.stages.length).toBeGreaterThan(1)
    expect(await expected.get(name)!.difference(run.answer)).toBeUndefined()
  })
})
