/** Queries for which the memory does not last at first: they run again alone, then divided finer, and finish. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

/** Of some 270 bytes each in a hash table. */
const rows = 400_000

let root: string
let cluster: TestCluster

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-finer-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  // Small on disk: the texts are few, but in memory each row has its own.
  await connection.run(`COPY (
    SELECT (i * 7919) % ${rows} AS k, repeat(chr(97 + (i % 20)::INT), 240) AS v FROM range(${rows}) r(i)
  ) TO '${join(root, 'wide.parquet')}'`)
  connection.closeSync()
  instance.closeSync()
  // All groups take more than an engine has, and half of them more than two attempts at once may.
  const small = { memoryLimitBytes: 72 * 1024 ** 2, spillBytesMax: 1024 ** 2 }
  cluster = await startTestCluster({ executors: 2, baseDirectory: root, ...small })
})

afterAll(async () => {
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

const grouped = `SELECT count(*), sum(n), sum(length(v)), max(k) FROM
  (SELECT k, v, count(*) AS n FROM 'wide.parquet' GROUP BY k, v)`
const expected = [[String(rows), String(rows), String(240 * rows), String(rows - 1)]]

test.each(['auto', 'always'])('an aggregate that fits nowhere and may not be spilled, under %s', async (distribute) => {
  const session = await cluster.session({ 'arbalest.distribute': distribute })
  // The second time the front has planned the first step before: for a cluster, not for a job short of memory.
  for (let n = 0; n < 2; n++) expect((await (await session.sql(grouped)).collectText()).rows).toEqual(expected)
  const explained = await (await session.sql(`EXPLAIN ANALYZE ${grouped}`)).collectText()
  const choice = /the plan: made anew for (4|16) times as many partitions \(task .* ran alone: out of memory/
  expect(explained.rows.join('\n')).toMatch(choice)
}, 120_000)

test('what is never divided fails for want of memory, and says so', async () => {
  const session = await cluster.session({ 'arbalest.distribute': 'never' })
  const run = async () => (await session.sql(grouped)).collectText()
  await expect(run()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', category: 'resource' })
}, 120_000)
