/**
 * A table of thousands of files on a cluster of real processes: the answers are DuckDB's over the same files, in
 * their order, no message between processes grows with them, and an executor may be lost on the way.
 */
import { link, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { limits, quoteLiteral, type JobId } from '@arbalest/common'
import { grpcSchedulerClient, type SchedulerClient } from '@arbalest/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBenchCluster, type BenchCluster } from '../../bench/bench-cluster.js'
import { placeMessageProbe, type MessageProbe } from '../../bench/message-sizes.js'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { openPlainDuckdb, type PlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import type { TableFiles } from '../../bench/oracle/table-files.js'

const fileCount = 8_000
const differentFiles = 50
const rowsPerFile = 40

let root: string
let probe: MessageProbe
let bench: BenchCluster
let scheduler: SchedulerClient
let oracle: PlainDuckdb

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-files-'))
  const table = await tableOfManyFiles(join(root, 'data'))
  oracle = await openPlainDuckdb([table], 2)
  probe = placeMessageProbe()
  bench = await startBenchCluster({ executors: 2, threads: 1, tables: [table], dataDir: join(root, 'data') })
  scheduler = grpcSchedulerClient({ host: '127.0.0.1', port: bench.cluster.scheduler.controlPort })
  await bench.context.set('arbalest.distribute', 'always')
})

afterAll(async () => {
  scheduler?.close()
  oracle?.close()
  await bench?.close()
  probe?.remove()
  await rm(root, { recursive: true, force: true })
})

test.each([
  ['in two stages', 'SELECT g, count(*) AS n, sum(k) AS s, min(v) AS v FROM many GROUP BY g', false],
  ['in the order of the files', 'SELECT k, v FROM many LIMIT 300 OFFSET 100000', true],
  ['on both sides of a join', 'SELECT count(*) AS n FROM many a JOIN many b ON a.k = b.k AND a.g < b.g', false],
])('a query %s', async (_, sql, ordered) => {
  expect(answerDifference(await ask(sql), await oracle.answer(sql), ordered)).toBeUndefined()
})

test('whole on one executor', async () => {
  await bench.context.set('arbalest.distribute', 'never')
  const sql = 'SELECT sum(hash(k)) AS h, count(*) AS n FROM many'
  expect(answerDifference(await ask(sql), await oracle.answer(sql), false)).toBeUndefined()
  await bench.context.set('arbalest.distribute', 'always')
})

test('no message on any channel grows with the files', async () => {
  const largest = await probe.largest(bench.processes())
  expect(Object.keys(largest).sort()).toEqual([
    'child process', 'executor to scheduler', 'front to scheduler', 'scheduler to executor', 'scheduler to front',
  ])
  // There was something to divide on each of them, and it was divided.
  for (const bytes of Object.values(largest)) expect(bytes).toBe(limits.messagePieceBytes)
})

test('an executor is lost in the middle: its files are read elsewhere', async () => {
  const sql = 'SELECT g, v, count(*) AS n, sum(k) AS s FROM many GROUP BY ALL'
  const running = ask(sql)
  running.catch(() => undefined)
  const victim = await executorAtWork()
  process.kill(bench.cluster.executors.find(({ executorId }) => executorId === victim)!.pid, 'SIGKILL')
  const answer = await running
  expect(answerDifference(answer, await oracle.answer(sql), false)).toBeUndefined()
  const { stages } = await scheduler.details(answer.jobId as JobId)
  const states = stages.flatMap(({ attempts }) => attempts.map(({ state }) => state))
  expect(states.filter((state) => state === 'lost').length).toBeGreaterThan(0)
})

const ask = async (sql: string) => (await bench.context.sql(sql)).collectText()

/** Where an attempt runs at the moment. */
async function executorAtWork() {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs;) {
    const job = (await scheduler.jobs()).find(({ state }) => state === 'running')
    if (job === undefined) continue
    const { stages } = await scheduler.details(job.jobId)
    const running = stages.flatMap(({ attempts }) => attempts.filter(({ state }) => state === 'running'))
    const [attempt] = running
    if (attempt?.executorId !== undefined) return attempt.executorId
  }
  throw new Error('no attempt came to run')
}

/** A few files under thousands of names. */
async function tableOfManyFiles(dataDir: string): Promise<TableFiles> {
  const location = join(dataDir, 'many')
  await mkdir(location, { recursive: true })
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const names = Array.from({ length: fileCount }, (_, at) => `part-of-a-table-${String(at).padStart(6, '0')}.parquet`)
  const files = names.map((name) => join(location, name))
  for (const [at, file] of files.entries()) {
    if (at >= differentFiles) {
      await link(files[at % differentFiles]!, file)
      continue
    }
    const first = at * rowsPerFile
    const rows = `SELECT i AS k, i % 7 AS g, 'v' || (i % 300) AS v FROM range(${first}, ${first + rowsPerFile}) t(i)`
    await connection.run(`COPY (${rows}) TO ${quoteLiteral(file)} (FORMAT parquet)`)
  }
  connection.closeSync()
  instance.closeSync()
  return { name: 'many', location, files }
}
