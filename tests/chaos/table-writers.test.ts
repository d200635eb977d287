/**
 * Statements write the same tables at the same time while engines and executors are killed at random. Every
 * statement is seen whole or not at all, and none is lost or doubled. ARBALEST_WRITER_ROUNDS sets how many
 * rounds are run, ARBALEST_WRITER_SEED where their chances begin.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import { QueryError } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalCluster, type LocalCluster, type LocalExecutor } from '../../apps/cli/src/processes/local-cluster.js'
import { engineOf, isAlive } from './processes.js'

const rounds = Number(process.env['ARBALEST_WRITER_ROUNDS'] ?? 4)
const firstSeed = Number(process.env['ARBALEST_WRITER_SEED'] ?? 1)
/** Rows of one INSERT: every reader sees a multiple of them. */
const batch = 1_000

let root: string
let cluster: LocalCluster
let sessions: readonly SessionContext[]
const alive = new Set<LocalExecutor>()

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-writers-'))
  cluster = await startLocalCluster({
    executors: 2, port: 0, dataDirs: [root], stateDir: join(root, 'state'), threads: 1, taskSlots: 2,
    memoryLimitBytes: 768 * 1024 ** 2, token: undefined, executorTimeoutMs: 20_000, baseDirectory: root,
  })
  for (const executor of cluster.executors) alive.add(executor)
  const url = `df://127.0.0.1:${cluster.scheduler.port}`
  sessions = await Promise.all(Array.from({ length: 5 }, () =>
    SessionContext.remote(url, { settings: { 'arbalest.distribute': 'always' } })))
})

afterAll(async () => {
  await Promise.all((sessions ?? []).map((session) => session.close()))
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

/** What statements that were answered have done: the table must be just that. */
interface Ledger {
  inserts: number
  /** Statements whose answer was an error: each is in the table whole, or not at all. */
  unsure: number
  updates: number
  unsureUpdates: number
}

test(`${rounds} rounds of writers and readers`, { timeout: 60_000 + rounds * 60_000 }, async () => {
  const [one, two, updater, copier, reader] = sessions
  for (let round = 0; round < rounds; round++) {
    await one!.sql(`CREATE OR REPLACE TABLE w AS
      SELECT 0::BIGINT AS writer, i AS n, 0::BIGINT AS version, 1::HUGEINT AS one FROM range(${batch}) r(i)`)
    const ledger: Ledger = { inserts: 1, unsure: 0, updates: 0, unsureUpdates: 0 }
    const writers = Promise.all([
      inserts(one!, round, ledger),
      inserts(two!, round, ledger),
      updates(updater!, ledger),
      copies(copier!, round, ledger),
    ])
    const isOver = { value: false }
    const ended = writers.finally(() => (isOver.value = true))
    await Promise.all([ended, reads(reader!, isOver), killAtRandom(randomFrom(firstSeed + round), isOver)])
    await expectLedger(one!, ledger)
  }
})

async function inserts(session: SessionContext, round: number, ledger: Ledger): Promise<void> {
  for (let at = 0; at < 2; at++) {
    const isIn = await answered(() => session.sql(`INSERT INTO w
      SELECT ${round}, i, (SELECT coalesce(max(version), 0) FROM w WHERE n = 0 AND writer = 0), 1
      FROM range(${batch}) r(i)`))
    if (isIn) ledger.inserts += 1
    else ledger.unsure += 1
  }
}

async function updates(session: SessionContext, ledger: Ledger): Promise<void> {
  for (let at = 0; at < 2; at++) {
    const isIn = await answered(() => session.sql('UPDATE w SET version = version + 1, one = one * 1 WHERE true'))
    if (isIn) ledger.updates += 1
    else ledger.unsureUpdates += 1
  }
}

/** What is copied is one version of the table, and what fails leaves no file. */
async function copies(session: SessionContext, round: number, ledger: Ledger): Promise<void> {
  for (let at = 0; at < 2; at++) {
    const path = join(root, `copy-${round}-${at}`)
    const isIn = await answered(() => session.sql(`COPY w TO '${path}' (FORMAT parquet, PER_THREAD_OUTPUT)`))
    if (!isIn) continue
    const [row] = await retried(async () =>
      (await session.sql(`SELECT count(*) AS rows FROM '${path}/*.parquet'`)).collect())
    expect(Number(row?.['rows']) % batch).toBe(0)
    expect(Number(row?.['rows'])).toBeGreaterThanOrEqual(batch)
    expect(Number(row?.['rows'])).toBeLessThanOrEqual((ledger.inserts + ledger.unsure + 2) * batch)
    await rm(path, { recursive: true })
  }
}

/** Whole statements only: each of the numbers is there as often as the others, and at the same versions. */
async function reads(session: SessionContext, isOver: { readonly value: boolean }): Promise<void> {
  while (!isOver.value) {
    const [row] = await retried(async () => (await session.sql(wholeness)).collect())
    expect(row).toEqual({ numbers: BigInt(batch), counts: 1n, versions: 1n, ones: 1n })
  }
}

const wholeness = `SELECT count(*) AS numbers, count(DISTINCT rows) AS counts, count(DISTINCT versions) AS versions,
    count(DISTINCT ones) AS ones
  FROM (SELECT n, count(*) AS rows, sum(version) AS versions, sum(one) AS ones FROM w GROUP BY n)`

async function expectLedger(session: SessionContext, ledger: Ledger): Promise<void> {
  const [row] = await retried(async () => (await session.sql(
    'SELECT count(*) AS rows, max(version) FILTER (writer = 0 AND n = 0) AS version FROM w')).collect())
  const seen = { batches: Number(row?.['rows']) / batch, version: Number(row?.['version']) }
  expect(Number.isInteger(seen.batches)).toBe(true)
  expect(seen.batches).toBeGreaterThanOrEqual(ledger.inserts)
  expect(seen.batches).toBeLessThanOrEqual(ledger.inserts + ledger.unsure)
  expect(seen.version).toBeGreaterThanOrEqual(ledger.updates)
  expect(seen.version).toBeLessThanOrEqual(ledger.updates + ledger.unsureUpdates)
}

/** Kills an engine or an executor now and then; an executor is replaced. */
async function killAtRandom(random: () => number, isOver: { readonly value: boolean }): Promise<void> {
  while (!isOver.value) {
    await pause(200 + random() * 800)
    const victim = [...alive][Math.floor(random() * alive.size)]
    if (victim === undefined || isOver.value) continue
    if (random() < 0.7) {
      killEngine(victim.pid)
      continue
    }
    alive.delete(victim)
    process.kill(victim.pid, 'SIGKILL')
    alive.add(await cluster.addExecutor())
  }
}

function killEngine(executorPid: number): void {
  try {
    const engine = engineOf(executorPid)
    if (isAlive(engine)) process.kill(engine, 'SIGKILL')
  } catch {
    // It is being started anew.
  }
}

/** False when the statement failed for a reason that is not its own. */
async function answered(statement: () => Promise<unknown>): Promise<boolean> {
  try {
    await statement()
    return true
  } catch (error) {
    if (error instanceof QueryError && (error.category !== 'user' || error.code === 'JOB_CANCELLED')) return false
    throw error
  }
}

async function retried<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await read()
    } catch (error) {
      const mayRetry = error instanceof QueryError && error.category !== 'user'
      if (!mayRetry || tries > 20) throw error
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
