/** A cluster of real processes on this machine: a scheduler with its front, and executors. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PoolRules } from '@arbalest/scheduler'
import { startRole, type RoleProcess } from './role-process.js'
import type { ExecutorProcessOptions, ExecutorReady } from './run-executor.js'
import type { SchedulerProcessOptions, SchedulerReady } from './run-scheduler.js'

export interface LocalClusterOptions {
  readonly executors: number
  /** 0 = any free one. */
  readonly port: number
  readonly dataDirs: readonly string[]
  /** Where tables and the catalog are kept; they go with the cluster unless given. */
  readonly stateDir?: string | undefined
  /** Where the files of tables go; inside the state directory unless given. */
  readonly warehouseDir?: string | undefined
  /** Of each executor. */
  readonly threads: number
  readonly taskSlots: number
  readonly memoryLimitBytes: number
  readonly token: string | undefined
  readonly executorTimeoutMs: number
  /** Shares of groups of jobs, by name. */
  readonly pools?: ReadonlyMap<string, PoolRules>
  /** Where relative paths in statements start. */
  readonly baseDirectory: string
}

export interface LocalExecutor extends ExecutorReady {
  readonly pid: number
  readonly ended: Promise<string>
}

export interface LocalCluster {
  readonly scheduler: SchedulerReady & { readonly pid: number }
  readonly executors: readonly LocalExecutor[]
  /** Starts one more executor. */
  addExecutor(): Promise<LocalExecutor>
  /** Resolves when the scheduler has ended by itself. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/** @throws QueryError PORT_IN_USE, INVALID_OPTION */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const workRoot = await mkdtemp(join(tmpdir(), 'arbalest-'))
  const stateDir = options.stateDir ?? join(workRoot, 'state')
  const warehouseDir = options.warehouseDir ?? join(stateDir, 'warehouse')
  await mkdir(warehouseDir, { recursive: true })
  const tokens = options.token === undefined ? [] : [options.token]
  const processes: RoleProcess<unknown>[] = []
  const executors: LocalExecutor[] = []
  let started = 0

  const close = async (): Promise<void> => {
    await Promise.all(processes.toReversed().map((process) => process.stop()))
    await removeDirectory(workRoot)
  }

  try {
    const scheduler = await startRole<SchedulerProcessOptions, SchedulerReady>('scheduler', {
      bindHost: '127.0.0.1',
      bindPort: options.port,
      controlPort: 0,
      externalHost: undefined,
      executorTimeoutMs: options.executorTimeoutMs,
      ...(options.pools === undefined ? {} : { pools: options.pools }),
      baseDirectory: options.baseDirectory,
      warehouseDir,
      stateDir,
      keepJobs: options.stateDir !== undefined,
      tokens,
      insecure: false,
      serverTls: undefined,
      clientTls: undefined,
    })
    processes.push(scheduler)

    const addExecutor = async (): Promise<LocalExecutor> => {
      const workDir = join(workRoot, `executor-${++started}`)
      const executorOptions: ExecutorProcessOptions = {
        schedulerHost: '127.0.0.1',
        schedulerPort: scheduler.ready.port,
        bindHost: '127.0.0.1',
        bindPort: 0,
        externalHost: undefined,
        workDir,
        taskSlots: options.taskSlots,
        threads: options.threads,
        memoryLimitBytes: options.memoryLimitBytes,
        dataDirs: options.dataDirs,
        writeDirs: options.dataDirs,
        warehouseDir,
        fetchRetries: undefined,
        fetchBackoffMs: undefined,
        token: options.token,
        clientTls: undefined,
        awaitScheduler: true,
      }
      const process = await startRole<ExecutorProcessOptions, ExecutorReady>('executor', executorOptions)
      processes.push(process)
      // One that was killed could not clean up. What fails here goes with the cluster.
      void process.ended.then(() => removeDirectory(workDir)).catch(() => undefined)
      const executor = { ...process.ready, pid: process.pid, ended: process.ended }
      executors.push(executor)
      return executor
    }
    await Promise.all(Array.from({ length: options.executors }, addExecutor))
    return {
      scheduler: { ...scheduler.ready, pid: scheduler.pid },
      executors,
      addExecutor,
      ended: scheduler.ended,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** An engine whose executor was killed may still write for a moment. */
const removeDirectory = (path: string): Promise<void> => rm(path, { recursive: true, force: true, maxRetries: 10 })
