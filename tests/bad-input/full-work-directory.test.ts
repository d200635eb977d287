/** Work directories without room, or without enough of it by their quota: coded errors, and nothing stays. */
import { spawnSync } from 'node:child_process'
import type { Dirent } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessSchedulerLink } from '@arbalest/protocol'
import { version } from '@arbalest/common'
import { createEngine } from '@arbalest/engine'
import { createExecutor, type ExecutorOptions } from '@arbalest/executor'
import { createScheduler } from '@arbalest/scheduler'
import { createFrontBackend, startFrontServer, startPlannerInProcess, systemClock } from '@arbalest/server'
import { SessionContext } from '@arbalest/client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const quotaBytes = 8 * 1024 * 1024
/** 64 MB that no compression makes smaller. */
const large = 'SELECT i AS k, md5(i::VARCHAR) AS v FROM range(1000000) r(i)'
const small = 'SELECT i AS k, md5(i::VARCHAR) AS v FROM range(1000) r(i)'

let root: string
const undo: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-full-'))
})
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
  await rm(root, { recursive: true, force: true })
})

describe('outputs', () => {
  test('beyond the quota of the work directory', async () => {
    const { session, workDir } = await startWith({ workDirBytesMax: quotaBytes })
    await expect(read(session, large)).rejects.toMatchObject({ code: 'DISK_FULL', category: 'resource' })
    await expectUsable(session, workDir)
  })

  test.skipIf(!canMount())('on a disk that is full (needs root to mount one)', async () => {
    const mounted = join(root, 'small-disk')
    await mkdir(mounted)
    run('mount', '-t', 'tmpfs', '-o', `size=${quotaBytes}`, 'tmpfs', mounted)
    undo.push(async () => run('umount', mounted))
    const { session, workDir } = await startWith({}, join(mounted, 'work'))
    await expect(read(session, large)).rejects.toMatchObject({ code: 'DISK_FULL' })
    const shuffled = `SELECT k, max(v) FROM (${large}) GROUP BY k`
    await expect(read(session, `SELECT count(*) FROM (${shuffled}) a JOIN (${shuffled}) b USING (k)`, 'always'))
      .resolves.toBeDefined()
    await expectUsable(session, workDir)
  })
})

test('spilling beyond its quota', async () => {
  const { session, workDir } = await startWith({}, join(root, 'work'), { spillBytesMax: quotaBytes })
  const grouped = `SELECT count(*), sum(length(v)) FROM (SELECT v FROM
    (SELECT md5(i::VARCHAR) || md5((i + 1)::VARCHAR) || md5((i + 2)::VARCHAR) AS v FROM range(6000000) r(i))
    GROUP BY v)`
  await expect(read(session, grouped)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', category: 'resource' })
  expect(await read(session, small)).toHaveLength(1000)
  // DuckDB keeps its spill storage for the next query, within the quota; it goes with the engine.
  await expect.poll(() => filesIn(workDir, ({ parentPath }) => !parentPath.includes('spill'))).toEqual([])
  for (const step of undo.splice(0).reverse()) await step()
  expect(await filesIn(workDir)).toEqual([])
})

type Limits = Pick<ExecutorOptions, 'workDirBytesMax'>

async function startWith(
  limits: Limits,
  workDir = join(root, 'work'),
  engineLimits: { readonly spillBytesMax?: number } = {},
) {
  const scheduler = createScheduler({})
  const planner = await startPlannerInProcess()
  const link = inProcessSchedulerLink((stream) => scheduler.attachExecutor(stream))
  const shared = { threads: 2, memoryLimitBytes: 128 * 1024 ** 2, workDir, dataDirs: [root] }
  const executor = createExecutor({
    ...shared, ...limits, link, engine: createEngine({ ...shared, ...engineLimits }), slots: 2, version,
  })
  await executor.start()
  await executor.registered
  const { service } = scheduler
  const backend = createFrontBackend({ scheduler: service, planner, clock: systemClock, baseDirectory: root })
  const server = await startFrontServer({ host: '127.0.0.1', port: 0, tokens: [], backend })
  const session = await SessionContext.remote(server.urls.client)
  for (const part of [scheduler, planner, executor, server, session]) undo.push(() => part.close())
  return { session, workDir }
}

async function read(session: SessionContext, sql: string, mode = 'never') {
  await session.set('arbalest.distribute', mode)
  return (await (await session.sql(sql)).collectText()).rows
}

/** The next query works, and no file of the failed one is there. */
async function expectUsable(session: SessionContext, workDir: string): Promise<void> {
  expect(await read(session, small)).toHaveLength(1000)
  await expect.poll(() => filesIn(workDir)).toEqual([])
}

async function filesIn(workDir: string, counts: (entry: Dirent) => boolean = () => true): Promise<readonly string[]> {
  const entries = await readdir(workDir, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'executor.lock')
  return files.filter(counts).map(({ name }) => name)
}

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
}
