/**
 * A whole cluster in this process: scheduler, front, executors and their engines behind the same ports
 * as between machines. For embedding, for tests, and for `arbalest sql` without a server.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { version } from '@arbalest/common'
import { createEngine } from '@arbalest/engine'
import { createExecutor, type ExecutorHandle } from '@arbalest/executor'
import { inProcessSchedulerLink } from '@arbalest/protocol'
import { createScheduler } from '@arbalest/scheduler'
import { createFrontBackend, startFrontServer, startPlannerInProcess, systemClock } from '@arbalest/server'

export interface StandaloneOptions {
  /** Executors of the cluster, from 1; the default. */
  readonly executors?: number
  /** Threads of each engine; the cores divided among the executors unless given. */
  readonly threads?: number
  /** Bytes for each engine; half of the memory divided among the executors unless given. */
  readonly memoryLimit?: number
  /** Shuffle files and spilling go below it; a temporary directory unless given. */
  readonly workDir?: string
  /** Where the files of tables go and stay; a temporary directory unless given. */
  readonly warehouseDir?: string
  /** Where relative paths start; the current directory unless given. */
  readonly baseDirectory?: string
}

export interface StandaloneCluster {
  /** `df://127.0.0.1:port` */
  readonly url: string
  /** Who is let in: only the process that started it knows the token. */
  readonly token: string
  close(): Promise<void>
}

/** Starts a cluster in this process. @throws QueryError what its parts throw at their start */
export async function startStandalone(options: StandaloneOptions = {}): Promise<StandaloneCluster> {
  const count = options.executors ?? 1
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / count))
  const memoryLimitBytes = options.memoryLimit ?? Math.floor((totalmem() * 0.5) / count)
  const workRoot = await mkdtemp(join(options.workDir ?? tmpdir(), 'arbalest-'))
  const scheduler = createScheduler()
  const link = inProcessSchedulerLink((stream) => scheduler.attachExecutor(stream))
  const closers: (() => Promise<unknown>)[] = [
    () => rm(workRoot, { recursive: true, force: true }),
    () => scheduler.close(),
  ]
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).toReversed()) await end()
  }
  try {
    const planner = await startPlannerInProcess()
    closers.push(() => planner.close())
    const executors = Array.from({ length: count }, (_, index) => {
      const workDir = join(workRoot, `executor-${index + 1}`)
      return startExecutor({ link, workDir, threads, memoryLimitBytes })
    })
    for (const starting of executors) {
      const executor = await starting
      closers.push(() => executor.close())
    }
    const token = randomBytes(24).toString('hex')
    const server = await startFrontServer({
      host: '127.0.0.1',
      port: 0,
      tokens: [token],
      backend: createFrontBackend({
        scheduler: scheduler.service,
        planner,
        clock: systemClock,
        warehouseDir: options.warehouseDir ?? join(workRoot, 'warehouse'),
        baseDirectory: options.baseDirectory ?? process.cwd(),
      }),
    })
    closers.push(() => server.close())
    return { url: server.urls.client, token, close }
  } catch (error) {
    await close()
    throw error
  }
}

interface ExecutorParts {
  readonly link: ReturnType<typeof inProcessSchedulerLink>
  readonly workDir: string
  readonly threads: number
  readonly memoryLimitBytes: number
}

/** What its user may read, the cluster may: there is no other user. */
async function startExecutor({ link, workDir, threads, memoryLimitBytes }: ExecutorParts): Promise<ExecutorHandle> {
  const dataDirs = undefined
  const executor = createExecutor({
    link,
    engine: createEngine({ threads, memoryLimitBytes, workDir, dataDirs }),
    workDir,
    dataDirs,
    slots: 2,
    threads,
    memoryLimitBytes,
    version,
  })
  await executor.start()
  await executor.registered
  return executor
}
