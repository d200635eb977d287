/** Executors on hosts of their own with a shuffle directory that they share: what a lost one has written stays. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobId } from '@arbalest/common'
import type { StageRecord } from '@arbalest/protocol'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namespacesMissing } from './network-hosts.js'
import { startRemoteCluster, type RemoteCluster } from './remote-cluster.js'

const missing = namespacesMissing()
const rows = 400_000
const patient = { timeout: 60_000, interval: 5 }

describe.skipIf(missing !== undefined)(`a shared directory${missing === undefined ? '' : ` (${missing})`}`, () => {
  let root: string
  let shuffleDir: string
  let cluster: RemoteCluster

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'arbalest-shared-hosts-'))
    shuffleDir = join(root, 'shuffle')
    await mkdir(join(root, 'data'))
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    await connection.run(`COPY (SELECT i % 1000 AS k, hash(i) AS v FROM range(${rows}) r(i))
      TO '${join(root, 'data', 'facts.parquet')}' (ROW_GROUP_SIZE 20480)`)
    connection.closeSync()
    cluster = await startRemoteCluster({ executors: 3, dataDirs: [join(root, 'data')], directory: root, shuffleDir })
  })
  afterAll(async () => {
    await cluster?.close()
    await rm(root, { recursive: true, force: true })
  })

  test('an executor is killed behind a stage: none of the stage runs again', async () => {
    const session = await cluster.session({ 'arbalest.distribute': 'always', 'arbalest.broadcast_threshold_bytes': 0 })
    await session.registerParquet('facts', join(root, 'data', 'facts.parquet'))
    // Reading the groups takes long: each row of a key meets all others of it.
    const query = await session.sql(
      'SELECT count(*) FROM (SELECT a.k FROM facts a JOIN facts b USING (k) WHERE a.v <= b.v) WHERE k >= 0')
    const answer = query.collectText()
    answer.catch(() => undefined)
    const stagesNow = async (): Promise<readonly StageRecord[]> => {
      const [job] = await cluster.scheduler.jobs()
      return job === undefined ? [] : (await cluster.scheduler.details(job.jobId)).stages
    }
    await expect.poll(async () => (await stagesNow()).some(readsFinished), patient).toBe(true)
    const killed = cluster.executors[0]!
    process.kill(killed.process.pid, 'SIGKILL')
    const { rows: [[count] = []], jobId } = await answer
    // Of n rows of a key n (n + 1) / 2 pairs are in order; no two hashes are equal.
    const each = rows / 1000
    expect(count).toBe(String(1000 * (each * (each + 1)) / 2))
    const { stages } = await cluster.scheduler.details(jobId as JobId)
    const writers = stages.filter(({ spec }) => spec.output.kind === 'hash')
    const lostThere = stages.flatMap(({ attempts }) => attempts)
      .filter(({ executorId, state }) => executorId === killed.executorId && state === 'lost')
    expect(lostThere.length).toBeGreaterThan(0)
    expect(writers.flatMap(({ attempts }) => attempts.map(({ state }) => state)))
      .toEqual(writers.flatMap(({ spec }) => spec.tasks.map(() => 'succeeded')))
    await expect.poll(() => readdir(shuffleDir), patient).toEqual(['shuffle-store.id'])
  })

  /** Whether something of a stage runs that reads what others wrote, and everywhere. */
  const readsFinished = ({ spec, attempts }: StageRecord): boolean =>
    spec.inputs.some(({ kind }) => kind === 'shuffle') &&
    cluster.executors.every(({ executorId }) =>
      attempts.some((attempt) => attempt.state === 'running' && attempt.executorId === executorId))
})
