/** The scheduler's process: the scheduler, its control port, and the front as its child. */
import { join } from 'node:path'
import { asQueryError, queryError } from '@arbalest/common'
import { startGrpcControlServer, type ClientTls, type ServerTls } from '@arbalest/protocol'
import {
  createMemoryLog, createScheduler, openLmdbLog, withEventFiles, type JobLog, type PoolRules, type SchedulerHandle,
  type TaskDistribution,
} from '@arbalest/scheduler'
import type { RetryLimits } from '../options/retry-options.js'
import { startRole, type RoleProcess, type RunningRole } from './role-process.js'
import type { FrontProcessOptions, FrontReady } from './run-front.js'

export interface SchedulerProcessOptions {
  readonly bindHost: string
  readonly bindPort: number
  /** 0 = any free port; executors learn it from the front. */
  readonly controlPort: number
  readonly externalHost: string | undefined
  readonly executorTimeoutMs: number
  /** Shares of groups of jobs, by name. */
  readonly pools?: ReadonlyMap<string, PoolRules>
  /** How tasks are dealt to executors; by `locality` unless given. */
  readonly distribution?: TaskDistribution
  /** Time the rows of a finished job stay readable. */
  readonly resultRetentionMs?: number
  /** Time that the events of ended jobs stay in their files. */
  readonly jobRetentionMs?: number
  /** Wait of the front for an answer of the scheduler. */
  readonly rpcTimeoutMs?: number
  /** Largest gRPC message of a client. */
  readonly grpcMessageBytesMax?: number
  /** How often tasks run again; as in `limits.ts` unless given. */
  readonly retries?: RetryLimits
  readonly baseDirectory: string
  readonly warehouseDir: string | undefined
  readonly stateDir: string | undefined
  /** Whether jobs outlive the process: their log goes beside the catalog. */
  readonly keepJobs: boolean
  /** Where the events of ended jobs go; beside their log unless given, nowhere without one. */
  readonly eventLogDir?: string | undefined
  readonly tokens: readonly string[]
  readonly insecure: boolean
  readonly serverTls: ServerTls | undefined
  readonly clientTls: ClientTls | undefined
}

export interface SchedulerReady {
  readonly host: string
  readonly port: number
  readonly controlPort: number
  readonly frontPid: number
  readonly plannerPid: number | undefined
}

/** A front that ends right after its start would only end again. */
const restartPauseMs = 500

/** The front of a scheduler that was killed ends a moment after it: until then it has the port and the catalog. */
const predecessorGraceMs = 3_000
const predecessorPauseMs = 50

async function startFront(options: FrontProcessOptions, mayFollow: boolean): Promise<RoleProcess<FrontReady>> {
  const untilMs = Date.now() + (mayFollow && options.stateDir !== undefined ? predecessorGraceMs : 0)
  for (;;) {
    try {
      return await startRole<FrontProcessOptions, FrontReady>('front', options)
    } catch (error) {
      const { code } = asQueryError(error)
      const isTaken = code === 'PORT_IN_USE' || code === 'INVALID_OPTION'
      if (!isTaken || Date.now() > untilMs) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, predecessorPauseMs))
  }
}

interface OpenScheduler {
  readonly scheduler: SchedulerHandle
  /** Resolves when it cannot go on, with why. */
  readonly failed: Promise<string>
}

async function openLog({ stateDir, keepJobs, eventLogDir, jobRetentionMs }: SchedulerProcessOptions): Promise<JobLog> {
  const isKept = keepJobs && stateDir !== undefined
  const log = isKept ? await openLmdbLog({ directory: join(stateDir, 'jobs') }) : createMemoryLog()
  const directory = eventLogDir ?? (isKept ? join(stateDir, 'events') : undefined)
  if (directory === undefined) return log
  const report = (text: string): void => void process.stderr.write(`scheduler: ${text}\n`)
  return withEventFiles(log, { directory, report, ...(jobRetentionMs === undefined ? {} : { keptMs: jobRetentionMs }) })
}

async function openScheduler(options: SchedulerProcessOptions): Promise<OpenScheduler> {
  const { executorTimeoutMs, pools = new Map<string, PoolRules>(), distribution, resultRetentionMs } = options
  const limits = { ...options.retries, ...(resultRetentionMs === undefined ? {} : { resultRetentionMs }) }
  const dealt = distribution === undefined ? {} : { distribution }
  const log = await openLog(options)
  let fail: (reason: string) => void = () => undefined
  const failed = new Promise<string>((resolve) => {
    fail = resolve
  })
  const onFatal = (thrown: unknown): void => {
    const { code, message } = asQueryError(thrown)
    process.stderr.write(`scheduler: it cannot go on: ${code}: ${message}\n`)
    fail(message)
  }
  try {
    return { scheduler: createScheduler({ executorTimeoutMs, pools, limits, ...dealt, onFatal, log }), failed }
  } catch (error) {
    await log.close()
    throw error
  }
}

/** @throws QueryError PORT_IN_USE, ADDRESS_NEEDS_TOKEN, INVALID_OPTION, STATE_DAMAGED */
export async function runScheduler(options: SchedulerProcessOptions): Promise<RunningRole<SchedulerReady>> {
  const { bindHost, tokens, insecure, serverTls } = options
  const { scheduler, failed } = await openScheduler(options)
  const control = await startGrpcControlServer({
    host: bindHost,
    port: options.controlPort,
    tokens,
    insecure,
    tls: serverTls,
    onExecutor: (stream) => scheduler.attachExecutor(stream),
    service: scheduler.service,
  }).catch(async (error: unknown) => {
    await scheduler.close()
    throw error
  })
  const frontOptions: FrontProcessOptions = { ...options, controlPort: control.port }
  let front: RoleProcess<FrontReady>
  try {
    front = await startFront(frontOptions, options.keepJobs)
  } catch (error) {
    await control.close()
    await scheduler.close()
    throw error
  }
  let closing = false
  const port = front.ready.port
  const keepFront = async (): Promise<string> => {
    for (;;) {
      const how = await front.ended
      if (closing) return how
      process.stderr.write(`front ended (${how}); it is started again\n`)
      await new Promise((resolve) => setTimeout(resolve, restartPauseMs))
      if (closing) return how
      try {
        front = await startRole<FrontProcessOptions, FrontReady>('front', { ...frontOptions, bindPort: port })
      } catch (error) {
        return queryError('INTERNAL', { reason: `the front does not start: ${String(error)}` }).message
      }
    }
  }
  return {
    ready: {
      host: options.externalHost ?? bindHost,
      port,
      controlPort: control.port,
      frontPid: front.pid,
      plannerPid: front.ready.plannerPid,
    },
    ended: Promise.race([keepFront(), failed]),
    async close() {
      closing = true
      await front.stop()
      await control.close()
      await scheduler.close()
    },
  }
}
