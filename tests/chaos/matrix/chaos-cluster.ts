/** A cluster of real processes that may be hurt in any way: every one of them can be started anew in its place. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import type { ExecutorId } from '@arbalest/common'
import { grpcSchedulerClient, type SchedulerClient } from '@arbalest/protocol'
import type { RetryLimits } from '../../../apps/cli/src/options/retry-options.js'
import { startRole, type RoleProcess } from '../../../apps/cli/src/processes/role-process.js'
import type { ExecutorProcessOptions, ExecutorReady } from '../../../apps/cli/src/processes/run-executor.js'
import type { SchedulerProcessOptions, SchedulerReady } from '../../../apps/cli/src/processes/run-scheduler.js'
import type { TableFiles } from '../../../bench/oracle/table-files.js'
import { childOf, engineOf } from '../processes.js'
import { mountSmallDisk, unmountSmallDisk } from './small-disk.js'

export interface ChaosClusterOptions {
  /** Holds everything of the cluster; its owner removes it. */
  readonly root: string
  readonly tables: readonly TableFiles[]
  readonly executors: number
  readonly taskSlots?: number
  /** Silence after which an executor is lost. */
  readonly executorTimeoutMs?: number
  /** Whether a task that fails or is lost runs again; as always unless given. */
  readonly retries?: RetryLimits
  /** Every work directory is a disk of so many bytes. */
  readonly diskBytes?: number
  /** Of all processes, beside this one's. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface ChaosExecutor {
  readonly number: number
  readonly executorId: ExecutorId
  readonly pid: number
  readonly workDir: string
  readonly process: RoleProcess<ExecutorReady>
}

export interface ChaosCluster {
  readonly url: string
  readonly warehouseDir: string
  /** Where statements may write files. */
  readonly outputDir: string
  service(): SchedulerClient
  schedulerPid(): number
  controlPort(): number
  frontPid(): number
  plannerPid(): number
  executors(): readonly ChaosExecutor[]
  executor(executorId: ExecutorId): ChaosExecutor
  /** Another one in place of one that has ended, with its work directory. */
  replace(executor: ChaosExecutor): Promise<void>
  killScheduler(): Promise<void>
  startScheduler(): Promise<void>
  session(settings?: Readonly<Record<string, string | number>>): Promise<SessionContext>
  /** Of the scheduler, the front, the planner, the executors and the engines. */
  pids(): readonly number[]
  close(): Promise<void>
}

/**
 * All stages with their exchanges: nothing is small enough to be sent to everybody. Attempts that are slow because
 * they are frozen get no second one beside them: what is lost must be noticed.
 */
const usualSettings = {
  'arbalest.distribute': 'always', 'arbalest.broadcast_threshold_bytes': 0, 'arbalest.speculation': 'false',
}

/** Nothing is ever tried again. */
export const noRetries: RetryLimits = { attemptsPerTaskMax: 1, lossesPerTaskMax: 0, recomputationsPerStageMax: 0 }

export async function startChaosCluster(options: ChaosClusterOptions): Promise<ChaosCluster> {
  const { root, tables, environment = {} } = options
  const [warehouseDir, outputDir] = [join(root, 'warehouse'), join(root, 'out')]
  for (const directory of [warehouseDir, outputDir]) await mkdir(directory, { recursive: true })
  const startScheduler = (bindPort: number) => startRole<SchedulerProcessOptions, SchedulerReady>('scheduler', {
    bindHost: '127.0.0.1', bindPort, controlPort: 0, externalHost: undefined, tokens: [], insecure: false,
    serverTls: undefined, clientTls: undefined, baseDirectory: root, warehouseDir, stateDir: join(root, 'state'),
    executorTimeoutMs: options.executorTimeoutMs ?? 20_000, keepJobs: true,
    ...(options.retries === undefined ? {} : { retries: options.retries }),
  }, environment)
  const clientOf = ({ ready }: RoleProcess<SchedulerReady>): SchedulerClient =>
    grpcSchedulerClient({ host: '127.0.0.1', port: ready.controlPort })
  const [dataDir] = tables.map(({ location }) => join(location, '..'))

  let scheduler = await startScheduler(0)
  let service = clientOf(scheduler)
  const { port } = scheduler.ready
  const startExecutor = async (number: number): Promise<ChaosExecutor> => {
    const workDir = join(root, `executor-${number}`)
    const started = await startRole<ExecutorProcessOptions, ExecutorReady>('executor', {
      schedulerHost: '127.0.0.1', schedulerPort: port, bindPort: 0, workDir, externalHost: undefined,
      // A host of its own: files are served with checksums.
      bindHost: `127.0.0.${number}`,
      taskSlots: options.taskSlots ?? 2, threads: 1, memoryLimitBytes: 1024 ** 3, dataDirs: [dataDir ?? root],
      writeDirs: [outputDir], warehouseDir, fetchRetries: undefined, fetchBackoffMs: undefined, token: undefined,
      clientTls: undefined, awaitScheduler: true,
    }, environment)
    const { executorId } = started.ready
    return { number, executorId: executorId as ExecutorId, pid: started.pid, workDir, process: started }
  }
  const numbers = Array.from({ length: options.executors }, (_, at) => at + 1)
  const { diskBytes } = options
  const disks = diskBytes === undefined ? [] : numbers.map((number) => join(root, `executor-${number}`))
  for (const disk of disks) mountSmallDisk(disk, diskBytes ?? 0)
  const executors = await Promise.all(numbers.map(startExecutor))
  const sessions: SessionContext[] = []

  const cluster: ChaosCluster = {
    url: `df://127.0.0.1:${port}`,
    warehouseDir,
    outputDir,
    service: () => service,
    schedulerPid: () => scheduler.pid,
    controlPort: () => scheduler.ready.controlPort,
    frontPid: () => childOf(scheduler.pid, 'role front'),
    plannerPid: () => childOf(cluster.frontPid(), 'planner-child'),
    executors: () => executors,
    executor(executorId) {
      const found = executors.find((one) => one.executorId === executorId)
      if (found === undefined) throw new Error(`${executorId} is no executor of this cluster`)
      return found
    },
    async replace(executor) {
      await executor.process.ended
      executors[executors.indexOf(executor)] = await startExecutor(executor.number)
    },
    async killScheduler() {
      service.close()
      process.kill(scheduler.pid, 'SIGKILL')
      await scheduler.ended
    },
    async startScheduler() {
      scheduler = await startScheduler(port)
      service = clientOf(scheduler)
    },
    async session(settings = {}) {
      const session = await SessionContext.remote(cluster.url, { settings: { ...usualSettings, ...settings } })
      sessions.push(session)
      return session
    },
    pids: () => [scheduler.pid, cluster.frontPid(), cluster.plannerPid(),
      ...executors.flatMap(({ pid }) => [pid, engineOf(pid)])],
    async close() {
      await Promise.all(sessions.map((session) => session.close()))
      service.close()
      await Promise.all(executors.map((executor) => executor.process.stop()))
      await scheduler.stop()
      for (const disk of disks) unmountSmallDisk(disk)
      await rm(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
  const session = await cluster.session()
  for (const { name, location } of tables) await session.registerParquet(name, location)
  return cluster
}
