/** A local cluster of real processes with the tables of a data directory, and a session on it. */
import { startLocalCluster, type LocalCluster } from '@arbalest/cli'
import { SessionContext } from '@arbalest/client'
import { limits } from '@arbalest/common'
import { totalmem } from 'node:os'
import type { TableFiles } from './oracle/table-files.js'
import type { NamedProcess } from './process-memory.js'

export interface BenchClusterOptions {
  readonly executors: number
  /** Of each executor. */
  readonly threads: number
  /** Of each executor; by default all together have six tenths of the machine's. */
  readonly memoryLimitBytes?: number
  readonly tables: readonly TableFiles[]
  readonly dataDir: string
}

export interface BenchCluster {
  readonly cluster: LocalCluster
  readonly context: SessionContext
  readonly url: string
  /** Process ids of the whole cluster: schedulers, fronts, planners, executors, engines. */
  pids(): readonly number[]
  /** The same by name: `scheduler`, `front`, `planner`, `executor-1`, `engine-1`, … */
  processes(): readonly NamedProcess[]
  close(): Promise<void>
}

export async function startBenchCluster(options: BenchClusterOptions): Promise<BenchCluster> {
  const { executors, threads, tables, dataDir } = options
  const { memoryLimitBytes = Math.floor((totalmem() * 0.6) / executors) } = options
  const cluster = await startLocalCluster({
    executors,
    port: 0,
    dataDirs: [dataDir],
    threads,
    taskSlots: 2,
    memoryLimitBytes,
    token: undefined,
    executorTimeoutMs: limits.executorTimeoutMs,
    baseDirectory: dataDir,
  })
  try {
    const url = `df://127.0.0.1:${cluster.scheduler.port}`
    const context = await SessionContext.remote(url)
    for (const { name, location } of tables) await context.registerParquet(name, location)
    return {
      cluster,
      context,
      url,
      pids: () => processesOf(cluster).map(({ pid }) => pid),
      processes: () => processesOf(cluster),
      async close() {
        await context.close()
        await cluster.close()
      },
    }
  } catch (error) {
    await cluster.close()
    throw error
  }
}

function processesOf({ scheduler, executors }: LocalCluster): readonly NamedProcess[] {
  const all = [
    { name: 'scheduler', pid: scheduler.pid },
    { name: 'front', pid: scheduler.frontPid },
    { name: 'planner', pid: scheduler.plannerPid },
    ...executors.flatMap(({ pid, enginePid }, at) => [
      { name: `executor-${at + 1}`, pid },
      { name: `engine-${at + 1}`, pid: enginePid },
    ]),
  ]
  return all.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }]))
}
