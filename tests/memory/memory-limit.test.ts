/** Queries that need three times the memory of an executor: they finish on disk, and it keeps its limit. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalCluster, type LocalCluster } from '@arbalest/cli'
import { SessionContext } from '@arbalest/client'
import { limits } from '@arbalest/common'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { samplingMemory } from './resident-memory.js'

const limitBytes = 1024 ** 3
const allowedBytes = 1.25 * limitBytes
/** Of some 270 bytes each in a hash table: more than 3 GiB. */
const rows = 12_000_000

let root: string
let cluster: LocalCluster
let context: SessionContext
let pids: readonly number[]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-memory-'))
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  // Small on disk: the texts are few, but in memory each row has its own.
  await connection.run(`COPY (
    SELECT (i * 7919) % ${rows} AS k, repeat(chr(97 + (i % 20)::INT), 240) AS v FROM range(${rows}) r(i)
  ) TO '${join(root, 'wide.parquet')}'`)
  connection.closeSync()
  instance.closeSync()
  cluster = await startLocalCluster({
    executors: 1, port: 0, dataDirs: [root], threads: 2, taskSlots: 2, memoryLimitBytes: limitBytes,
    token: undefined, executorTimeoutMs: limits.executorTimeoutMs, baseDirectory: root,
  })
  const [executor] = cluster.executors
  pids = [executor!.pid, executor!.enginePid!]
  context = await SessionContext.remote(`df://127.0.0.1:${cluster.scheduler.port}`)
  await context.registerParquet('wide', 'wide.parquet')
})

afterAll(async () => {
  await context?.close()
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

/** Groups by wide keys: what an aggregate itself gathers, like the texts of max(), DuckDB keeps beside its limit. */
const aggregate = `SELECT count(*), sum(n), sum(length(v)), max(k) FROM
  (SELECT k, v, count(*) AS n FROM wide GROUP BY k, v)`
const joined = `SELECT count(*), sum(length(a.v)), sum(length(b.v))
  FROM wide a JOIN wide b ON a.k = b.k AND a.v = b.v`

test.each([
  ['an aggregate', 'never', aggregate, [String(rows), String(rows), String(240 * rows), String(rows - 1)]],
  ['a join', 'never', joined, [String(rows), String(240 * rows), String(240 * rows)]],
  ['an aggregate', 'always', aggregate, [String(rows), String(rows), String(240 * rows), String(rows - 1)]],
  ['a join', 'always', joined, [String(rows), String(240 * rows), String(240 * rows)]],
])('%s under %s', async (_, mode, sql, expected) => {
  await context.set('arbalest.distribute', mode)
  const { value, peakBytes } = await samplingMemory(pids, async () => (await context.sql(sql)).collectText())
  expect(value.rows).toEqual([expected])
  expect(peakBytes).toBeLessThan(allowedBytes)
}, 240_000)
