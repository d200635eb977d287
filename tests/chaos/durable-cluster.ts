/** A cluster whose scheduler is killed and started again in the same place; its executors stay. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { grpcSchedulerClient, type SchedulerClient } from '@arbalest/protocol'
import { startRole, type RoleProcess } from '../../apps/cli/src/processes/role-process.js'
import type { ExecutorProcessOptions, ExecutorReady } from '../../apps/cli/src/processes/run-executor.js'
import type { SchedulerProcessOptions, SchedulerReady } from '../../apps/cli/src/processes/run-scheduler.js'

export interface DurableCluster {
  readonly url: string
  readonly stateDir: string
  /** Where statements may write files. */
  readonly writeDir: string
  readonly executors: readonly RoleProcess<ExecutorReady>[]
  /** Of the scheduler that runs now. */
  scheduler(): RoleProcess<SchedulerReady>
  service(): SchedulerClient
  kill(): Promise<void>
  /** Starts the scheduler again where it was. */
  start(): Promise<void>
  close(): Promise<void>
}

/** Two executors, everything below `root`. */
export async function startDurableCluster(root: string, dataDir: string): Promise<DurableCluster> {
  const [stateDir, warehouseDir, writeDir] = [join(root, 'state'), join(root, 'warehouse'), join(root, 'written')]
  for (const shared of [warehouseDir, writeDir]) await mkdir(shared, { recursive: true })
  const options: SchedulerProcessOptions = {
    bindHost: '127.0.0.1', bindPort: 0, controlPort: 0, externalHost: undefined, executorTimeoutMs: 20_000,
    baseDirectory: root, warehouseDir, stateDir, keepJobs: true, tokens: [], insecure: false,
    serverTls: undefined, clientTls: undefined,
  }
  const startScheduler = (bindPort: number) =>
    startRole<SchedulerProcessOptions, SchedulerReady>('scheduler', { ...options, bindPort })
  const clientOf = ({ ready }: RoleProcess<SchedulerReady>): SchedulerClient =>
    grpcSchedulerClient({ host: '127.0.0.1', port: ready.controlPort })

  let scheduler = await startScheduler(0)
  let service = clientOf(scheduler)
  const { port } = scheduler.ready
  const executors = await Promise.all([1, 2].map((number) =>
    startRole<ExecutorProcessOptions, ExecutorReady>('executor', {
      schedulerHost: '127.0.0.1', schedulerPort: port, bindHost: '127.0.0.1', bindPort: 0, externalHost: undefined,
      workDir: join(root, `executor-${number}`), taskSlots: 2, threads: 1, memoryLimitBytes: 1024 ** 3,
      dataDirs: [dataDir, writeDir], writeDirs: [writeDir], warehouseDir,
      fetchRetries: undefined, fetchBackoffMs: undefined,
      token: undefined, clientTls: undefined, awaitScheduler: true,
    })))
  return {
    url: `df://127.0.0.1:${port}`,
    stateDir,
    writeDir,
    executors,
    scheduler: () => scheduler,
    service: () => service,
    async kill() {
      service.close()
      process.kill(scheduler.pid, 'SIGKILL')
      await scheduler.ended
    },
    async start() {
      scheduler = await startScheduler(port)
      service = clientOf(scheduler)
    },
    async close() {
      service.close()
      await Promise.all([scheduler, ...executors].map((role) => role.stop()))
      await rm(root, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
