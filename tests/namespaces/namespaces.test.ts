/**
 * A cluster over a network: scheduler and executors in network namespaces of their own. Answers are right,
 * also when a cable is pulled for a while in the middle of a query. ARBALEST_TEST_DATA names a directory
 * of TPC-H data to use instead of the sample.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { SessionContext } from '@arbalest/client'
import type { JobId } from '@arbalest/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { openPlainDuckdb, type PlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import { tablesIn } from '../../bench/oracle/table-files.js'
import { projectDirectory, tpchQueries } from '../../bench/bench-queries.js'
import { largerTpch } from '../chaos/larger-tpch.js'
import { namespacesMissing } from './network-hosts.js'
import { startRemoteCluster, type RemoteCluster } from './remote-cluster.js'

const missing = namespacesMissing()
/** Both sides go over the network. */
const longQuery = `SELECT o_orderpriority, l_shipmode, count(*) AS n, sum(l_extendedprice) AS price,
    max(o_comment) AS comment
  FROM large_orders JOIN large_lineitem ON o_orderkey = l_orderkey GROUP BY ALL ORDER BY ALL`
const cutMs = 10_000
const patient = { timeout: 60_000, interval: 20 }

describe.skipIf(missing !== undefined)(`hosts of their own${missing === undefined ? '' : ` (${missing})`}`, () => {
  let root: string
  let cluster: RemoteCluster
  let session: SessionContext
  let oracle: PlainDuckdb

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'arbalest-hosts-'))
    await mkdir(join(root, 'data'))
    const sample = tablesIn(process.env['ARBALEST_TEST_DATA'] ?? join(projectDirectory(), 'data', 'tpch'))
    const large = await largerTpch(join(root, 'data'), 40)
    const tables = [...sample, ...large.map((table) => ({ ...table, name: `large_${table.name}` }))]
    oracle = await openPlainDuckdb(tables, 2)
    const dataDirs = [sample, large].map(([table]) => dirname(table!.location))
    cluster = await startRemoteCluster({ executors: 2, dataDirs, directory: root })
    session = await cluster.session({ 'arbalest.distribute': 'always', 'arbalest.broadcast_threshold_bytes': 0 })
    for (const { name, location } of tables) await session.registerParquet(name, location)
  })

  afterAll(async () => {
    oracle?.close()
    await cluster?.close()
    await rm(root, { recursive: true, force: true })
  })

  test.each(tpchQueries())('TPC-H $name', async ({ sql, ordered }) => {
    const answer = await (await session.sql(sql)).collectText()
    expect(answerDifference(answer, await oracle.answer(sql), ordered)).toBeUndefined()
  })

  test('executors fetch from each other over the network', async () => {
    // So many groups are more than travels inside messages.
    const sql = 'SELECT count(*), sum(n) FROM (SELECT l_orderkey, l_comment, count(*) AS n FROM lineitem GROUP BY ALL)'
    const { jobId } = await (await session.sql(sql)).collectText()
    const { stages } = await cluster.scheduler.details(jobId as JobId)
    const fetched = stages.flatMap(({ attempts }) => attempts.map(({ report }) => report?.metrics.fetchedBytes ?? 0))
    expect(fetched.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(0)
  })

  const cuts: readonly (readonly [string, (cluster: RemoteCluster, state: 'up' | 'down') => void])[] = [
    ['the link of an executor', ({ executors }, state) => executors[1]!.host.link(state)],
    ['the link of the scheduler', ({ network }, state) => network.hosts[0]!.link(state)],
    ['the way from an executor to the scheduler alone', ({ executors, network }, state) =>
      executors[1]!.host.wayTo(network.hosts[0]!, state)],
    ['the way from the scheduler to an executor alone', ({ executors, network }, state) =>
      network.hosts[0]!.wayTo(executors[1]!.host, state)],
    ['the way from one executor to the other alone', ({ executors }, state) =>
      executors[0]!.host.wayTo(executors[1]!.host, state)],
  ]
  test.each(cuts)('%s is cut for 10 s in the middle of a query', async (_, cut) => {
    const expected = await oracle.answer(longQuery)
    let over = false
    const running = (async () => (await session.sql(longQuery)).collectText())().finally(() => (over = true))
    running.catch(() => undefined)
    await expect.poll(async () => (await cluster.scheduler.executors()).some((one) => one.runningAttempts > 0),
      { timeout: 10_000, interval: 1 }).toBe(true)
    cut(cluster, 'down')
    try {
      await new Promise((resolve) => setTimeout(resolve, cutMs))
      expect(over).toBe(false)
    } finally {
      cut(cluster, 'up')
    }
    expect(answerDifference(await running, expected, true)).toBeUndefined()
    await expectNothingLeft()
  }, 120_000)

  /** Everybody is back, nothing runs, and no work directory holds files of jobs. */
  async function expectNothingLeft(): Promise<void> {
    await expect.poll(async () => (await cluster.scheduler.executors())
      .filter(({ state }) => state === 'active').map(({ runningAttempts }) => runningAttempts), patient).toEqual([0, 0])
    for (const { workDir } of cluster.executors) {
      await expect.poll(async () => (await readdir(workDir, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== 'executor.lock').length, patient).toBe(0)
    }
  }
})
