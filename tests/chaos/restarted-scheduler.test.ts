/**
 * The scheduler is killed at random moments of real queries and started again: their clients get DuckDB's
 * answer. ARBALEST_RESTART_ROUNDS sets how often, ARBALEST_RESTART_SEED where the chances begin.
 */
import { mkdir, mkdtemp, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import type { JobId } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tpchQueries } from '../../bench/bench-queries.js'
import { answerDifference, type Answer } from '../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import type { TableFiles } from '../../bench/oracle/table-files.js'
import { Random } from '../../packages/scheduler/src/core/testing/random.js'
import { startDurableCluster, type DurableCluster } from './durable-cluster.js'
import { largerTpch } from './larger-tpch.js'
import { descendantsOf } from './processes.js'

const rounds = Number(process.env['ARBALEST_RESTART_ROUNDS'] ?? 3)
const firstSeed = Number(process.env['ARBALEST_RESTART_SEED'] ?? 1)
const queries = tpchQueries([9, 5, 7])
const patient = { timeout: 30_000, interval: 10 }
const resumedWithinMs = 5_000

let cluster: DurableCluster
let tables: readonly TableFiles[]
const expected = new Map<string, Answer>()

beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), 'arbalest-restart-'))
  const dataDir = join(root, 'data')
  await mkdir(dataDir)
  tables = await largerTpch(dataDir, 40)
  const oracle = await openPlainDuckdb(tables, 2)
  for (const { sql } of queries) expected.set(sql, await oracle.answer(sql))
  oracle.close()
  cluster = await startDurableCluster(root, dirname(tables[0]!.location))
  const session = await openSession()
  for (const { name, location } of tables) await session.registerParquet(name, location)
  await session.close()
})

afterAll(() => cluster?.close())

test(`${rounds} times in the middle of queries`, { timeout: 60_000 + rounds * 60_000 }, async () => {
  for (let round = 0; round < rounds; round++) {
    const random = new Random(firstSeed + round)
    const session = await openSession()
    const running = queries.slice(0, 1 + random.below(queries.length)).map(async ({ sql }) => ({
      sql, answer: await (await session.sql(sql)).collectText(),
    }))
    const all = Promise.all(running)
    all.catch(() => undefined)
    const jobs = await runningJobs(running.length)
    await new Promise((resolve) => setTimeout(resolve, random.below(1_500)))
    await cluster.kill()
    const restartedMs = Date.now()
    await cluster.start()
    await Promise.all(jobs.map((jobId) => expectResumed(jobId, restartedMs)))
    for (const { sql, answer } of await all) {
      expect(answerDifference(answer, expected.get(sql)!, true), `seed ${firstSeed + round}`).toBeUndefined()
    }
    await session.close()
  }
})

test('the front is killed: the job goes on, and its client gets the answer', async () => {
  const session = await openSession()
  const [{ sql } = { sql: '' }] = queries
  const running = (async () => (await session.sql(sql)).collectText())()
  running.catch(() => undefined)
  const [jobId] = await runningJobs(1)
  const front = descendantsOf(cluster.scheduler().pid).find(({ command }) => command.includes('role front'))
  process.kill(front!.pid, 'SIGKILL')
  const answer = await running
  expect(answerDifference(answer, expected.get(sql)!, true)).toBeUndefined()
  expect(answer.jobId).toBe(jobId)
  await session.close()
})

test('the scheduler is asked to end: its jobs go on after the next start', async () => {
  const session = await openSession()
  const [{ sql } = { sql: '' }] = queries
  const running = (async () => (await session.sql(sql)).collectText())()
  running.catch(() => undefined)
  const [jobId] = await runningJobs(1)
  await cluster.scheduler().stop()
  await cluster.start()
  const answer = await running
  expect(answerDifference(answer, expected.get(sql)!, true)).toBeUndefined()
  expect(answer.jobId).toBe(jobId)
  await session.close()
})

test('while a large result is read: the reader goes on where it was', async () => {
  const session = await openSession()
  const run = await session.execute('SELECT l_orderkey, l_comment FROM lineitem')
  let rows = 0
  let isKilled = false
  for await (const batch of run.batches()) {
    rows += batch.numRows
    if (isKilled || rows < 200_000) continue
    isKilled = true
    await cluster.kill()
    await cluster.start()
  }
  expect([isKilled, rows]).toEqual([true, run.rowCount])
  await session.close()
})

test('what had ended before is told as it was', async () => {
  const session = await openSession()
  const { jobId } = await (await session.sql('SELECT count(*) FROM nation')).collectText()
  const before = await cluster.service().details(jobId as JobId)
  await cluster.kill()
  await cluster.start()
  const after = await cluster.service().details(jobId as JobId)
  expect(after.status.state).toBe('succeeded')
  expect(after.stages.map(({ spec }) => spec)).toEqual(before.stages.map(({ spec }) => spec))
  await session.close()
})

test('a table that was being written is there whole or not at all', { timeout: 120_000 }, async () => {
  const random = new Random(firstSeed)
  for (let round = 0; round < 2; round++) {
    const writer = await openSession()
    const writing = writer.sql(`CREATE TABLE copy_${round} AS SELECT * FROM lineitem`)
    const outcome = writing.then(() => 'answered', (error: unknown) => String(error))
    await runningJobs(1).catch(async (error: unknown) => {
      throw new Error(`no job runs; the statement: ${await outcome}`, { cause: error })
    })
    await new Promise((resolve) => setTimeout(resolve, random.below(800)))
    await cluster.kill()
    await cluster.start()
    const told = await outcome
    const reader = await openSession()
    const count = await rowsOf(reader, `SELECT count(*) FROM copy_${round}`).catch(() => undefined)
    const whole = await rowsOf(reader, 'SELECT count(*) FROM lineitem')
    expect(told === 'answered' || count !== undefined ? count : whole).toEqual(whole)
    await reader.close()
    await writer.close()
  }
})

test('a log that was cut off is told, not read', async () => {
  await cluster.kill()
  await truncate(join(cluster.stateDir, 'jobs', 'jobs.mdb'), 8192)
  await expect(cluster.start()).rejects.toMatchObject({ code: 'STATE_DAMAGED' })
})

const openSession = (): Promise<SessionContext> =>
  SessionContext.remote(cluster.url, { settings: { 'arbalest.distribute': 'always' } })

async function rowsOf(session: SessionContext, sql: string) {
  return (await (await session.sql(sql)).collectText()).rows
}

/** The jobs that run, once there are as many as asked for. */
async function runningJobs(count: number): Promise<readonly JobId[]> {
  let jobs: readonly JobId[] = []
  await expect.poll(async () => {
    const all = await cluster.service().jobs()
    const running = all.filter(({ state, attemptsRunning }) => state === 'running' && attemptsRunning > 0)
    jobs = running.map(({ jobId }) => jobId)
    return jobs.length
  }, patient).toBeGreaterThanOrEqual(count)
  return jobs
}

/** Its executors are back with what they run, or it has ended meanwhile. */
async function expectResumed(jobId: JobId, restartedMs: number): Promise<void> {
  const goesOn = async (): Promise<boolean> => {
    const { state } = (await cluster.service().details(jobId)).status
    const executors = await cluster.service().executors()
    return state === 'succeeded' || executors.filter(({ state: its }) => its === 'active').length === 2
  }
  await expect.poll(goesOn, patient).toBe(true)
  expect(Date.now() - restartedMs).toBeLessThan(resumedWithinMs)
}
