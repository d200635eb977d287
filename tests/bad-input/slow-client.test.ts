/** A client that asks for very many rows and stops reading: it costs the cluster its files and little else. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalCluster, type LocalCluster } from '@arbalest/cli'
import { SessionContext } from '@arbalest/client'
import { limits } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { residentBytes } from '../memory/resident-memory.js'

const growthBytesMax = 200 * 1024 * 1024
/** 600 MB of rows. */
const rows = 4_000_000
const many = `SELECT i AS n,
    md5(i::VARCHAR) || md5((i + 1)::VARCHAR) || md5((i + 2)::VARCHAR) || md5((i + 3)::VARCHAR) AS t
  FROM range(${rows}) r(i)`

let root: string
let usualTemporary: string | undefined
let cluster: LocalCluster
const url = () => `df://127.0.0.1:${cluster.scheduler.port}`

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-slow-'))
  usualTemporary = process.env['TMPDIR']
  process.env['TMPDIR'] = join(root, 'tmp')
  await mkdir(join(root, 'tmp'))
  cluster = await startLocalCluster({
    executors: 1, port: 0, dataDirs: [root], threads: 1, taskSlots: 2, memoryLimitBytes: 1024 ** 3,
    token: undefined, executorTimeoutMs: limits.executorTimeoutMs, baseDirectory: root,
  })
})

afterAll(async () => {
  await cluster?.close()
  if (usualTemporary === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = usualTemporary
  await rm(root, { recursive: true, force: true })
})

test('rows that nobody reads wait on the disk of the executor, and go with the connection', async () => {
  const reader = await SessionContext.remote(url())
  const other = await SessionContext.remote(url())
  const pids = [cluster.scheduler.pid, cluster.scheduler.frontPid, cluster.executors[0]!.pid]
  const before = residentBytes(pids)
  const run = await reader.execute(many)
  const batches = run.batches()[Symbol.asyncIterator]()
  expect((await batches.next()).done).not.toBe(true)
  expect(await filesOfJobs()).not.toEqual([])

  // Others go on meanwhile, and what waits in the front does not grow.
  for (let round = 0; round < 200; round++) {
    expect((await (await other.sql(`SELECT ${round}`)).collectText()).rows).toEqual([[String(round)]])
  }
  expect(residentBytes(pids) - before).toBeLessThan(growthBytesMax)

  await reader.close()
  await expect.poll(filesOfJobs, { timeout: 20_000 }).toEqual([])
  await other.close()
}, 180_000)

test('a client that reads slowly gets every row', async () => {
  const reader = await SessionContext.remote(url())
  const pids = [cluster.scheduler.pid, cluster.scheduler.frontPid, cluster.executors[0]!.pid]
  const before = residentBytes(pids)
  let count = 0
  let growth = 0
  const run = await reader.execute(many)
  for await (const batch of run.batches()) {
    count += batch.numRows
    growth = Math.max(growth, residentBytes(pids) - before)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(count).toBe(rows)
  expect(growth).toBeLessThan(growthBytesMax)
  await reader.close()
  await expect.poll(filesOfJobs, { timeout: 20_000 }).toEqual([])
}, 180_000)

async function filesOfJobs(): Promise<readonly string[]> {
  const entries = await readdir(join(root, 'tmp'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile() && /\/(jobs|spill)\//.test(`${entry.parentPath}/`))
    .map((entry) => join(entry.parentPath, entry.name))
}
