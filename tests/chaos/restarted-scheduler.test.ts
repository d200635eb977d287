/**
 * The scheduler is killed at random moments of real queries and started again: their clients get DuckDB's
 * answer. ARBALEST_RESTART_ROUNDS sets how often, ARBALEST_RESTART_SEED where the chances begin.
 */
import { access, mkdir, mkdtemp, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import { asQueryError, type JobId } from '@arbalest/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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
let lineitemRows = 0
const expected = new Map<string, Answer>()

beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), 'arbalest-restart-'))
  const dataDir = join(root, 'data')
  await mkdir(dataDir)
  tables = await largerTpch(dataDir, 40)
  const oracle = await openPlainDuckdb(tables, 2)
  for (const { sql } of queries) expected.set(sql, await oracle.answer(sql))
  lineitemRows = Number((await oracle.answer('SELECT count(*) FROM lineitem')).rows[0]?.[0])
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
    const session = await opened()
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

const timesOfFront = { timeout: 60_000 + rounds * 30_000 }

test(`${rounds} times the front is killed: the job goes on, and its client gets the answer`, timesOfFront, async () => {
  for (let round = 0; round < rounds; round++) {
    const random = new Random(firstSeed + round)
    const session = await opened()
    const { sql } = queries[random.below(queries.length)]!
    const running = (async () => (await session.sql(sql)).collectText())()
    running.catch(() => undefined)
    const [jobId] = await runningJobs(1)
    await new Promise((resolve) => setTimeout(resolve, random.below(500)))
    killFront()
    const answer = await running
    expect(answerDifference(answer, expected.get(sql)!, true), `seed ${firstSeed + round}`).toBeUndefined()
    expect(answer.jobId).toBe(jobId)
    await session.close().catch(() => undefined)
  }
})

test('the scheduler is asked to end: its jobs go on after the next start', async () => {
  const session = await opened()
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
  const session = await opened()
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
  const session = await opened()
  const { jobId } = await (await session.sql('SELECT count(*) FROM nation')).collectText()
  const before = await cluster.service().details(jobId as JobId)
  await cluster.kill()
  await cluster.start()
  const after = await cluster.service().details(jobId as JobId)
  expect(after.status.state).toBe('succeeded')
  expect(after.stages.map(({ spec }) => spec)).toEqual(before.stages.map(({ spec }) => spec))
  await session.close()
})

describe('what was being written is there whole or not at all', () => {
  const rows = 'SELECT * FROM lineitem'
  const count = (of: string): string => `SELECT count(*) FROM ${of}`

  test('by CREATE TABLE AS', { timeout: 120_000 }, async () => {
    const told = await killedDuring((session) => session.sql(`CREATE TABLE copied AS ${rows}`))
    const found = await fromNewSession((session) => rowsOf(session, count('copied'))).catch(() => undefined)
    expectWhole(told, found ?? [['0']])
  })

  test('by INSERT', { timeout: 120_000 }, async () => {
    await fromNewSession((session) => session.sql(`CREATE TABLE filled AS ${rows} LIMIT 0`))
    const told = await killedDuring((session) => session.sql(`INSERT INTO filled ${rows}`))
    expectWhole(told, await fromNewSession((session) => rowsOf(session, count('filled'))))
  })

  test('by INSERT, when the front is killed alone', { timeout: 120_000 }, async () => {
    await fromNewSession((session) => session.sql(`CREATE TABLE fed AS ${rows} LIMIT 0`))
    const told = await killedDuring((session) => session.sql(`INSERT INTO fed ${rows}`), async () => killFront())
    expectWhole(told, await fromNewSession((session) => rowsOf(session, count('fed'))))
    await expect.poll(async () => (await liveJobs()).length, patient).toBe(0)
  })

  test('by COPY', { timeout: 120_000 }, async () => {
    const path = join(cluster.writeDir, 'copied.parquet')
    const told = await killedDuring((session) => session.sql(`COPY (${rows}) TO '${path}'`))
    const isThere = await access(path).then(() => true, () => false)
    expectWhole(told, isThere ? await fromNewSession((session) => rowsOf(session, count(`'${path}'`))) : [['0']])
  })

  /** Gives what the client was told of its statement, during which the scheduler was killed. */
  async function killedDuring(
    write: (session: SessionContext) => Promise<unknown>,
    strike: () => Promise<void> = restart,
  ): Promise<string> {
    const random = new Random(firstSeed)
    const session = await opened()
    const outcome = write(session).then(() => 'answered', (error: unknown) => asQueryError(error).code)
    await runningJobs(1).catch(async (error: unknown) => {
      throw new Error(`no job runs; the statement: ${await outcome}`, { cause: error })
    })
    await new Promise((resolve) => setTimeout(resolve, random.below(800)))
    await strike()
    const told = await outcome
    await session.close().catch(() => undefined)
    return told
  }

  function expectWhole(told: string, found: readonly (readonly unknown[])[]): void {
    const whole = [String(lineitemRows)]
    expect(['answered', 'STATEMENT_LOST', 'OUTCOME_UNKNOWN']).toContain(told)
    const possible = told === 'answered' ? [whole] : told === 'STATEMENT_LOST' ? [['0']] : [['0'], whole]
    expect(possible).toContainEqual(found[0])
  }
})

test('a log that was cut off is told, not read', async () => {
  await cluster.kill()
  await truncate(join(cluster.stateDir, 'jobs', 'jobs.mdb'), 8192)
  await expect(cluster.start()).rejects.toMatchObject({ code: 'STATE_DAMAGED' })
})

async function restart(): Promise<void> {
  await cluster.kill()
  await cluster.start()
}

function killFront(): void {
  const front = descendantsOf(cluster.scheduler().pid).find(({ command }) => command.includes('role front'))
  process.kill(front!.pid, 'SIGKILL')
}

const liveJobs = async () =>
  (await cluster.service().jobs()).filter(({ state }) => ['queued', 'planning', 'running'].includes(state))

async function fromNewSession<T>(run: (session: SessionContext) => Promise<T>): Promise<T> {
  const session = await opened()
  try {
    return await run(session)
  } finally {
    await session.close()
  }
}

/** The front may be about to start. */
async function opened(): Promise<SessionContext> {
  const sessions: SessionContext[] = []
  const open = () => openSession().then((session) => sessions.push(session), () => 0)
  await expect.poll(open, patient).toBe(1)
  return sessions[0]!
}

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

/** An attempt of the job starts or ends, or the job has ended meanwhile: within 5 s of the command to start. */
async function expectResumed(jobId: JobId, restartedMs: number): Promise<void> {
  const goesOn = async (): Promise<boolean> => {
    const { status, stages } = await cluster.service().details(jobId)
    const times = stages.flatMap(({ attempts }) => attempts.flatMap(({ placedMs, endedMs }) => [placedMs, endedMs]))
    return status.state === 'succeeded' || times.some((atMs) => atMs !== undefined && atMs > restartedMs)
  }
  await expect.poll(goesOn, patient).toBe(true)
  expect(Date.now() - restartedMs).toBeLessThan(resumedWithinMs)
}
