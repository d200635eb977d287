/** The executor's process: the supervisor, with the engine as its child. */
import { version } from '@arbalest/common'
import { createEngineProcess, createExecutor, type ExecutorHandle } from '@arbalest/executor'
import { grpcSchedulerLink, type ClientTls } from '@arbalest/protocol'
import type { RunningRole } from './role-process.js'

export interface ExecutorProcessOptions {
  readonly schedulerHost: string
  readonly schedulerPort: number
  readonly bindHost: string
  readonly bindPort: number
  readonly externalHost: string | undefined
  readonly workDir: string
  /** Of spilled data, and again of outputs and fetched files together; `undefined` = what the disk holds. */
  readonly workDirQuotaBytes?: number
  /** A directory that all executors share: outputs in it outlive theirs. */
  readonly shuffleDir?: string | undefined
  readonly taskSlots: number
  readonly threads: number
  /** Supervisor and engine together. */
  readonly memoryLimitBytes: number
  readonly dataDirs: readonly string[] | undefined
  /** Where statements may write files; nowhere unless given. */
  readonly writeDirs?: readonly string[]
  /** Where the files of tables go: read and written. */
  readonly warehouseDir?: string | undefined
  readonly fetchRetries: number | undefined
  readonly fetchBackoffMs: number | undefined
  readonly fetchTimeoutMs?: number
  /** Wait for the scheduler to take a registration. */
  readonly rpcTimeoutMs?: number
  /** Names that jobs may ask for. */
  readonly labels?: readonly string[]
  readonly token: string | undefined
  readonly clientTls: ClientTls | undefined
  /** Whether it is ready only when the scheduler has taken it; else it goes on looking for one. */
  readonly awaitScheduler: boolean
}

export interface ExecutorReady {
  readonly executorId: string
  readonly host: string
  readonly port: number
  readonly enginePid: number | undefined
}

/** What the supervisor and the engine's own buffers need beside DuckDB's pool, at most. */
const headroomBytes = 448 * 1024 * 1024

/** DuckDB's share of an executor's memory. */
export const engineMemoryBytes = (limitBytes: number): number =>
  Math.floor(Math.max(64 * 1024 * 1024, limitBytes - Math.min(headroomBytes, limitBytes * 0.4)))

/** @throws QueryError PORT_IN_USE, INVALID_OPTION */
export async function runExecutor(
  options: ExecutorProcessOptions,
): Promise<RunningRole<ExecutorReady> & { readonly executor: ExecutorHandle }> {
  const { threads, taskSlots, workDir, workDirQuotaBytes: quota, warehouseDir } = options
  const tableDirs = warehouseDir === undefined ? [] : [warehouseDir]
  const dataDirs = options.dataDirs && [...options.dataDirs, ...tableDirs]
  const writeDirs = [...(options.writeDirs ?? []), ...tableDirs]
  const shared = options.shuffleDir === undefined ? {} : { shuffleDir: options.shuffleDir }
  const log = (text: string): void => void process.stderr.write(`executor: ${text}\n`)
  const engine = createEngineProcess({
    threads,
    memoryLimitBytes: engineMemoryBytes(options.memoryLimitBytes),
    workDir,
    ...(quota === undefined ? {} : { spillBytesMax: quota }),
    ...shared,
    dataDirs,
    slots: taskSlots,
    log,
  })
  const { fetchRetries, fetchBackoffMs, fetchTimeoutMs, labels } = options
  const executor = createExecutor({
    link: grpcSchedulerLink({
      host: options.schedulerHost,
      port: options.schedulerPort,
      token: options.token,
      rpcTimeoutMs: options.rpcTimeoutMs,
      tls: options.clientTls,
    }),
    engine,
    enginePid: () => engine.pid,
    bindHost: options.bindHost,
    port: options.bindPort,
    ...(options.externalHost === undefined ? {} : { externalHost: options.externalHost }),
    workDir,
    ...(quota === undefined ? {} : { workDirBytesMax: quota }),
    ...shared,
    dataDirs,
    writeDirs,
    slots: taskSlots,
    threads,
    memoryLimitBytes: options.memoryLimitBytes,
    version,
    ...(labels === undefined ? {} : { labels }),
    fetch: {
      ...(fetchRetries === undefined ? {} : { retries: fetchRetries }),
      ...(fetchBackoffMs === undefined ? {} : { backoffMs: fetchBackoffMs }),
      ...(fetchTimeoutMs === undefined ? {} : { timeoutMs: fetchTimeoutMs }),
    },
    log,
  })
  await executor.start()
  if (options.awaitScheduler) {
    await executor.registered.catch(async (error: unknown) => {
      await executor.close()
      throw error
    })
  }
  return {
    executor,
    ready: { executorId: executor.id, ...executor.address, enginePid: engine.pid },
    ended: executor.closed.then(({ reason }) => reason),
    close: () => executor.close(),
  }
}
