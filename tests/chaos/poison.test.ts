/**
 * A query that takes down every engine it runs in, played by a hunter that kills them: it must not go through the
 * cluster one engine after the other, and whoever runs beside it gets the right answer.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalCluster, type LocalCluster } from '@arbalest/cli'
import { SessionContext } from '@arbalest/client'
import { limits } from '@arbalest/common'
import { grpcSchedulerClient, type SchedulerClient } from '@arbalest/protocol'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cpuSeconds } from '../../bench/process-cpu.js'
import { descendantsOf } from './processes.js'

const poisonName = 'poison'
/** Takes longer than any test. */
const endless = 'SELECT count(*) FROM numbers a JOIN numbers b ON a.n < b.n + a.n % 3 JOIN numbers c ON c.n > b.n - a.n'
const innocent = 'SELECT count(*), sum(n) FROM (SELECT n, count(*) FROM numbers GROUP BY n)'
const answer = [['300000', '44999850000']]

let root: string
let cluster: LocalCluster
let scheduler: SchedulerClient

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-poison-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT range AS n FROM range(300000)) TO '${join(root, 'numbers.parquet')}'`)
  connection.closeSync()
  instance.closeSync()
  cluster = await startLocalCluster({
    executors: 2, port: 0, dataDirs: [root], threads: 1, taskSlots: 2, memoryLimitBytes: 1024 ** 3, token: undefined,
    executorTimeoutMs: limits.executorTimeoutMs, baseDirectory: root,
  })
  scheduler = grpcSchedulerClient({ host: '127.0.0.1', port: cluster.scheduler.controlPort })
  const session = await open({})
  await session.registerParquet('numbers', 'numbers.parquet')
  await session.close()
})

afterAll(async () => {
  scheduler?.close()
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

const open = (settings: Readonly<Record<string, string>>): Promise<SessionContext> =>
  SessionContext.remote(`df://127.0.0.1:${cluster.scheduler.port}`, { settings })

/** CPU time after which an engine that has been given the poison works on it: it takes some to start. */
const atWorkSeconds = 0.6

/** Kills engines that work on an attempt of the poison, until `over`; gives their process ids. */
async function hunt(over: Promise<unknown>): Promise<ReadonlySet<number>> {
  const killed = new Set<number>()
  const before = new Map<number, number>()
  let isOver = false
  over.then(() => (isOver = true), () => (isOver = true))
  while (!isOver) {
    const executors = await scheduler.executors()
    const pids = new Map(executors.map(({ registration: { executorId, pid } }) => [executorId, pid]))
    const job = (await scheduler.jobs()).find(({ name, state }) => name === poisonName && state === 'running')
    const stages = job ? (await scheduler.details(job.jobId)).stages : []
    for (const { executorId, state } of stages.flatMap(({ attempts }) => attempts)) {
      const executorPid = executorId === undefined ? undefined : pids.get(executorId)
      if (state !== 'running' || executorPid === undefined) continue
      const engine = descendantsOf(executorPid).find(({ command }) => command.includes('engine-child'))
      if (engine === undefined || killed.has(engine.pid)) continue
      const usedSeconds = cpuSeconds([engine.pid])
      if (!before.has(engine.pid)) before.set(engine.pid, usedSeconds)
      if (usedSeconds - before.get(engine.pid)! < atWorkSeconds) continue
      killed.add(engine.pid)
      process.kill(engine.pid, 'SIGKILL')
    }
  }
  return killed
}

test.each(['never', 'always'])('alone in the cluster, under %s, it takes two engines at most', async (distribute) => {
  const session = await open({ 'arbalest.distribute': distribute, 'arbalest.job_name': poisonName })
  const poison = session.execute(endless)
  const [killed] = await Promise.all([hunt(poison), expect(poison).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })])
  expect(killed.size).toBeLessThanOrEqual(2)
  expect((await (await session.sql(innocent)).collectText()).rows).toEqual(answer)
  await session.close()
}, 60_000)

test('beside others it takes two engines at most, and they get their answers', async () => {
  const session = await open({ 'arbalest.distribute': 'never', 'arbalest.job_name': poisonName })
  const other = await open({ 'arbalest.distribute': 'always' })
  const poison = session.execute(endless)
  const hunting = hunt(poison)
  let isOver = false
  poison.catch(() => (isOver = true))
  while (!isOver) expect((await (await other.sql(innocent)).collectText()).rows).toEqual(answer)
  expect((await hunting).size).toBeLessThanOrEqual(2)
  await expect(poison).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  await Promise.all([session.close(), other.close()])
}, 60_000)
