/**
 * A cluster in the process of a test, put together so that the test may stand between its parts: the
 * directories are fenced as in real executors, and a hook runs before a planned query is submitted.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import { version } from '@arbalest/common'
import { createEngine } from '@arbalest/engine'
import { createExecutor } from '@arbalest/executor'
import { inProcessSchedulerLink, type SchedulerService } from '@arbalest/protocol'
import { createScheduler } from '@arbalest/scheduler'
import {
  createFrontBackend, openDiskStore, startFrontServer, startPlannerInProcess, systemClock, type Planner,
} from '@arbalest/server'

export interface TestClusterOptions {
  readonly executors: number
  /** Where shuffle files go; the executors' work directories unless given. */
  readonly shuffleDir?: string
  /** `undefined` = everything may be read. */
  readonly dataDirs?: readonly string[]
  readonly baseDirectory?: string
  /** Where the catalog is kept; it goes with the cluster unless given. */
  readonly stateDir?: string
  /** Where the files of managed tables go; a directory that goes with the cluster unless given. */
  readonly warehouseDir?: string
  readonly tokens?: readonly string[]
  /** Time a job waits for a first executor. */
  readonly noExecutorGraceMs?: number
  /** Of each engine; 512 MiB unless given. */
  readonly memoryLimitBytes?: number
  /** What each engine may spill; all that the disk holds unless given. */
  readonly spillBytesMax?: number
  /** Closed with the cluster; in this process unless given. */
  readonly planner?: Planner
}

export interface TestCluster {
  readonly warehouseDir: string
  readonly url: string
  /** Where gRPC and HTTP answer. */
  readonly port: number
  readonly service: SchedulerService
  readonly executors: readonly { readonly host: string; readonly port: number; readonly workDir: string }[]
  /** Runs between planning and the launch of the next query. */
  beforeNextSubmit(hook: () => Promise<void>): void
  session(settings?: Readonly<Record<string, string | number>>): Promise<SessionContext>
  close(): Promise<void>
}

export async function startTestCluster(options: TestClusterOptions): Promise<TestCluster> {
  const workRoot = await mkdtemp(join(tmpdir(), 'arbalest-test-'))
  const { noExecutorGraceMs } = options
  const scheduler = createScheduler(noExecutorGraceMs === undefined ? {} : { limits: { noExecutorGraceMs } })
  const planner = options.planner ?? (await startPlannerInProcess())
  const link = inProcessSchedulerLink((stream) => scheduler.attachExecutor(stream))
  const warehouseDir = options.warehouseDir ?? join(workRoot, 'warehouse')
  await mkdir(warehouseDir, { recursive: true })
  const executors = await Promise.all(Array.from({ length: options.executors }, async (_, index) => {
    const workDir = join(workRoot, `executor-${index + 1}`)
    const dataDirs = options.dataDirs === undefined ? undefined : [...options.dataDirs, warehouseDir]
    const { memoryLimitBytes = 512 * 1024 ** 2, spillBytesMax } = options
    const spill = spillBytesMax === undefined ? {} : { spillBytesMax }
    const shared = options.shuffleDir === undefined ? {} : { shuffleDir: options.shuffleDir }
    const limits = { threads: 1, memoryLimitBytes, ...spill, ...shared, workDir, dataDirs }
    const writeDirs = options.dataDirs === undefined ? undefined : [warehouseDir]
    const executor = createExecutor({ ...limits, writeDirs, link, engine: createEngine(limits), slots: 2, version })
    await executor.start()
    await executor.registered
    return { executor, workDir }
  }))
  let hook: (() => Promise<void>) | undefined
  const service: SchedulerService = {
    ...scheduler.service,
    async submit(submission) {
      const run = hook
      hook = undefined
      await run?.()
      return scheduler.service.submit(submission)
    },
  }
  const catalogStore = options.stateDir === undefined ? undefined : await openDiskStore(options.stateDir)
  const stored = catalogStore === undefined ? {} : { catalogStore }
  const { tokens = [], baseDirectory = workRoot } = options
  const backend = createFrontBackend({
    scheduler: service, planner, clock: systemClock, baseDirectory, warehouseDir, ...stored,
  })
  const server = await startFrontServer({ host: '127.0.0.1', port: 0, tokens, backend })
  const sessions: SessionContext[] = []
  return {
    warehouseDir,
    url: server.urls.client,
    port: server.port,
    service,
    executors: executors.map(({ executor, workDir }) => ({ ...executor.address, workDir })),
    beforeNextSubmit: (next) => void (hook = next),
    async session(settings = {}) {
      const session = await SessionContext.remote(server.urls.client, { token: tokens[0], settings })
      sessions.push(session)
      return session
    },
    async close() {
      await Promise.all(sessions.map((session) => session.close()))
      await server.close()
      for (const { executor } of executors) await executor.close()
      await planner.close()
      await catalogStore?.close()
      await scheduler.close()
      await rm(workRoot, { recursive: true, force: true })
    },
  }
}
