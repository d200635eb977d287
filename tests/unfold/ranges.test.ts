/**
 * Range exchanges: that they are taken where they should be, and that ranges are what they say with keys that
 * do not divide evenly. Answers are compared with plain DuckDB's, in order.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StageFacts } from '@arbalest/plan'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import type { UnfoldedRun } from './run-unfolded.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

let database: UnfoldDatabase

/** Tables as the planner takes them for divided; `n` is unique. */
const tables: Readonly<Record<string, string>> = {
  even: "SELECT i AS n, hash(i) % 1000 AS k, 'key ' || (i * 7919 % 5000) AS s FROM range(6000) r(i)",
  hot: "SELECT i AS n, CASE WHEN i % 10 < 9 THEN 5 ELSE i END AS k, 'x' AS s FROM range(3000) r(i)",
  few: "SELECT i AS n, i AS k, 's' || i AS s FROM range(3) r(i)",
  equal: 'SELECT i AS n, 1 AS k, NULL::VARCHAR AS s FROM range(500) r(i)',
  long: "SELECT i AS n, i AS k, repeat('p', 200) || (i * 37 % 400) AS s FROM range(400) r(i)",
  nothing: 'SELECT i AS n, NULL::BIGINT AS k, NULL::VARCHAR AS s FROM range(300) r(i)',
}

beforeAll(async () => {
  database = await unfoldDatabase()
  for (const [name, sql] of Object.entries(tables)) {
    const files = [0, 1].map((part) => join(database.directory, `${name}-${part}.parquet`))
    for (const [part, file] of files.entries()) {
      await database.connection.run(`COPY (FROM (${sql}) WHERE n % 2 = ${part}) TO '${file}' (FORMAT parquet)`)
    }
    await database.addTable({ name, files }, () => 1_000_000)
  }
})
afterAll(() => database.close())

/** So many that few rows are worth several tasks. */
const manyBytes = (facts: StageFacts): StageFacts =>
  ({ ...facts, partitionBytes: facts.partitionRows.map((rows) => rows * 2 ** 20) })

async function run(sql: string, executors: number): Promise<UnfoldedRun> {
  const query = await database.prepare(sql, { finishLocally: false })
  const done = await database.run(query, { executors, tell: manyBytes })
  const text = done.stages.map((stage) => `-- ${stage.stageId} ${stage.key}\n${stage.sql}`).join('\n')
  expect(answerDifference(done.answer, await database.answer(sql), true), text).toBeUndefined()
  return done
}

const keysOf = ({ stages }: UnfoldedRun): readonly string[] => stages.map(({ key }) => key.replace(/^\d+:/, ''))
const choicesOf = ({ decisions }: UnfoldedRun): readonly string[] => [...new Set(decisions.map(({ choice }) => choice))]

describe.each([2, 3, 5])('with %i executors', (executors) => {
  test.each(Object.keys(tables))('%s is sorted over ranges', async (table) => {
    for (const order of ['k, n', 'k DESC NULLS FIRST, n', 's NULLS FIRST, n DESC', 'n DESC']) {
      const done = await run(`SELECT n, k, s FROM ${table} ORDER BY ${order}`, executors)
      expect(keysOf(done)).toEqual(['sort-keys', 'sort-ranges', 'result'].map((key) => expect.stringMatching(key)))
    }
  })

  test.each(Object.keys(tables))('%s is ranked over ranges, and its order needs no other exchange', async (table) => {
    const done = await run(
      `SELECT n, rank() OVER w, dense_rank() OVER w, sum(n) OVER w, cume_dist() OVER w, count(*) OVER ()
       FROM ${table} WINDOW w AS (ORDER BY k) ORDER BY k, n`,
      executors,
    )
    expect(keysOf(done)).toEqual(['window-keys', 'window-ranges', 'window-totals', 'result'])
    expect(choicesOf(done)).toContain('over ranges')
  })
})

test.each([2, 3, 5])('single rows of other ranges, with %i executors', async (executors) => {
  for (const table of Object.keys(tables)) {
    const done = await run(
      `SELECT n, lag(n, 2) OVER w, lead(s) OVER w, sum(n) OVER (w ROWS BETWEEN 40 PRECEDING AND 3 FOLLOWING),
         first_value(n) OVER w, row_number() OVER w
       FROM ${table} WINDOW w AS (ORDER BY s, n) ORDER BY s, n`,
      executors,
    )
    expect(keysOf(done)).toEqual(['window-keys', 'window-ranges', 'window-totals', 'result'])
  }
})

test('what is computed is written down before it is divided', async () => {
  const done = await run('SELECT e.n, h.k FROM even e JOIN hot h USING (n) ORDER BY h.k, e.n', 3)
  expect(keysOf(done).slice(-4)).toEqual(['sort', 'sort-keys', 'sort-ranges', 'result'])
})

test('each task takes neighbouring ranges, about evenly', async () => {
  const { stages } = await run('SELECT n FROM even ORDER BY n', 5)
  const { tasks } = stages.at(-1)!
  expect(tasks.flatMap(({ partitions }) => partitions)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(tasks.map(({ partitions }) => partitions.length)).toEqual([2, 2, 2, 2, 2])
})

test('totals over all rows need no order', async () => {
  const done = await run('SELECT n, sum(n) OVER (), max(s) OVER () FROM even', 2)
  expect(keysOf(done)).toEqual(['window-totals', 'result'])
})

test.each([
  ['intervals', 'SELECT n FROM even ORDER BY to_days(k::INTEGER), n'],
  ['frames by value', 'SELECT n, sum(n) OVER (ORDER BY n RANGE 3 PRECEDING) FROM even ORDER BY n'],
  ['rows far away', 'SELECT n, lag(n, 2000) OVER (ORDER BY n) FROM even ORDER BY n'],
])('%s are gathered', async (_, sql) => {
  expect(choicesOf(await run(sql, 2)).filter((choice) => choice === 'over ranges')).toEqual([])
})

test('a repeated task samples the same keys', async () => {
  const query = await database.prepare('SELECT n FROM even ORDER BY s', { finishLocally: false })
  const { stages } = await database.run(query, { executors: 2 })
  const sample = stages.find(({ key }) => key.endsWith('-keys'))!
  expect(sample.indeterminate).toBe(true)
  await database.connection.run(`CREATE OR REPLACE TEMP VIEW ${sample.inputs[0]!.name} AS FROM even`)
  const [first, second] = [await database.answer(sample.sql), await database.answer(sample.sql)]
  expect(second).toEqual(first)
})
