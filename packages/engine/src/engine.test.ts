import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { asQueryError } from '@arbalest/common'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { duckdbBug } from './testing/duckdb-bug.js'
import { columnsOf, openTestBench, type TestBench } from './testing/test-bench.js'

let bench: TestBench
beforeEach(async () => {
  bench = await openTestBench()
})
afterEach(() => bench.close())

const columns = columnsOf({ c0: 'BIGINT' })
const run = async (sql: string) => (await bench.engine.run(await bench.attempt({ sql, columns }))).rows
const bug = () => run(`SELECT count(*) AS c0 FROM (${duckdbBug})`)

test('a bug of DuckDB fails its own attempt, and nothing that comes after it', async () => {
  const location = path.join(bench.dataDirectory, 'a.csv')
  await writeFile(location, 'a,b\n1,x\n')
  const reader = { format: 'csv', options: {}, partitionColumns: [] } as const
  const request = { table: 't', locations: [location], reader, declaredColumns: undefined, knownVersion: undefined }
  for (let round = 0; round < 3; round++) {
    await expect(bug()).rejects.toMatchObject({ code: 'INTERNAL', message: /vector of size/ })
    expect(await run('SELECT i AS c0 FROM range(1000) t(i)')).toBe(1000)
    expect(await bench.engine.inspect([request])).toMatchObject([{ kind: 'inspected' }])
  }
})

test('what runs meanwhile ends well or as crashed, so that it is tried again', async () => {
  const counted = () => run('SELECT count(*) AS c0 FROM range(20000000) t(i) WHERE i % 7 = 3')
  const calls = [counted(), bug(), counted(), bug(), counted()]
  const outcomes = (await Promise.allSettled(calls)).map((outcome) =>
    (outcome.status === 'fulfilled' ? outcome.value : asQueryError(outcome.reason).code))
  for (const outcome of outcomes) expect([1, 'INTERNAL', 'ENGINE_CRASHED']).toContain(outcome)
  expect(outcomes).toContain('INTERNAL')
  expect(await run('SELECT 1 AS c0')).toBe(1)
})

test('attempts of both instances are cancelled, and both end with the engine', async () => {
  const attempt = await bench.attempt({ sql: 'SELECT count(*) AS c0 FROM range(1000000000000) t(i)', columns })
  const running = bench.engine.run(attempt)
  running.catch(() => undefined)
  await expect(bug()).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(await run('SELECT 1 AS c0')).toBe(1)
  bench.engine.cancel(attempt.attemptId)
  const code = await running.then(() => 'none', (thrown: unknown) => asQueryError(thrown).code)
  expect(['JOB_CANCELLED', 'ENGINE_CRASHED']).toContain(code)
})
