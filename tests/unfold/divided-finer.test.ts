/** What has run out of memory is planned for many more tasks and partitions, and its answers stay right. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { splitStatements } from '@arbalest/planner'
import { projectDirectory, tpchQueries } from '../../bench/bench-queries.js'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { tablesIn } from '../../bench/oracle/table-files.js'
import { addEdgeTables } from './edge-tables.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

const dividedRows = 2_000
const statementsOf = (file: string): readonly string[] =>
  splitStatements(readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8'))
    .map(({ text }) => text.replace(/^(--.*\n)+/, '').trim())

let tpch: UnfoldDatabase
let edges: UnfoldDatabase
beforeAll(async () => {
  tpch = await unfoldDatabase()
  for (const table of tablesIn(join(projectDirectory(), 'data', 'tpch'))) {
    await tpch.addTable(table, (rows) => Math.max(rows, dividedRows))
  }
  edges = await unfoldDatabase()
  await addEdgeTables(edges)
})
afterAll(async () => {
  await tpch.close()
  await edges.close()
})

async function expectSame(database: UnfoldDatabase, sql: string, ordered: boolean): Promise<number> {
  const run = await database.run(await database.prepare(sql), { executors: 2, partitionsTimes: 4 })
  expect(answerDifference(run.answer, await database.answer(sql), ordered)).toBeUndefined()
  return Math.max(...run.stages.map(({ tasks }) => tasks.length))
}

test.each(tpchQueries())('$name', async ({ sql, ordered }) => {
  expect(await expectSame(tpch, sql, ordered)).toBeGreaterThan(2)
})

describe('the answer has its order', () => {
  test.each(statementsOf('in-order.sql'))('%s', async (sql) => void (await expectSame(edges, sql, true)))
})

describe('the answer is the same', () => {
  // Each takes a multiple of what it takes elsewhere.
  const some = statementsOf('any-order.sql').filter((_, n) => n % 4 === 0)
  test.each(some)('%s', async (sql) => void (await expectSame(edges, sql, false)))
})
