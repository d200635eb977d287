/** `arbalest scheduler`: a scheduler with its front. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { limits, queryError } from '@arbalest/common'
import type { TaskDistribution } from '@arbalest/scheduler'
import { addOptions, byteSize, type OptionSpec, portNumber, wholeNumber } from '../options/command-options.js'
import { poolOption, type PoolFlag } from '../options/pool-option.js'
import { readRetries, retryOptions, type RetryFlags } from '../options/retry-options.js'
import { readSecurity, serverSecurityOptions, type SecurityFlags } from '../options/security-options.js'
import { runScheduler, type SchedulerReady } from '../processes/run-scheduler.js'
import { untilStopped } from './until-stopped.js'

interface SchedulerFlags extends SecurityFlags, RetryFlags {
  readonly bindHost: string
  readonly bindPort: number
  readonly controlPort: number
  readonly externalHost?: string
  readonly executorTimeoutSeconds: number
  readonly warehouseDir?: string
  readonly stateDir?: string
  readonly eventLogDir?: string
  readonly pool?: readonly PoolFlag[]
  readonly schedulerPolicy: 'push' | 'pull'
  readonly taskDistribution: TaskDistribution
  readonly resultRetentionSeconds: number
  readonly jobRetentionSeconds: number
  readonly rpcTimeoutSeconds: number
  readonly grpcMaxMessageBytes: number
}

const policyOptions: readonly OptionSpec[] = [
  {
    flags: '--scheduler-policy <policy>',
    help: 'push: attempts are sent where a slot is free',
    defaultValue: 'push',
    choices: ['push', 'pull'],
  },
  {
    flags: '--task-distribution <policy>',
    help: 'locality spreads tasks and goes where their input lies, round-robin only spreads, bias fills one first',
    defaultValue: 'locality',
    choices: ['locality', 'round-robin', 'bias'],
  },
  {
    flags: '--result-retention-seconds <seconds>',
    help: 'time the rows of a finished job stay readable',
    defaultValue: limits.resultRetentionMs / 1000,
    parse: wholeNumber(1, 604_800),
  },
  {
    flags: '--job-retention-seconds <seconds>',
    help: 'time that the events of ended jobs stay in --event-log-dir',
    defaultValue: limits.eventFilesKeptMs / 1000,
    parse: wholeNumber(1, 315_360_000),
  },
]

const rpcOptions: readonly OptionSpec[] = [
  {
    flags: '--rpc-timeout-seconds <seconds>',
    help: 'wait of the front for an answer of the scheduler',
    defaultValue: limits.rpcTimeoutMs / 1000,
    parse: wholeNumber(1, 3_600),
  },
  {
    flags: '--grpc-max-message-bytes <size>',
    help: 'largest gRPC message of a client: a statement with its values, or a batch of rows',
    defaultValue: limits.grpcMessageBytesMax,
    defaultText: '64MiB',
    parse: byteSize,
  },
]

export function addSchedulerCommand(program: Command): void {
  const command = program.command('scheduler').description('run a scheduler and its front')
  addOptions(command, 'scheduler', [
    { flags: '--bind-host <host>', help: 'address to listen on', defaultValue: '127.0.0.1' },
    { flags: '--bind-port <port>', help: 'port for clients and executors', defaultValue: 50050, parse: portNumber },
    {
      flags: '--control-port <port>',
      help: 'port that executors attach to; the front tells it to them',
      defaultValue: 0,
      defaultText: 'any free one',
      parse: portNumber,
    },
    { flags: '--external-host <host>', help: 'name under which executors reach this machine' },
    {
      flags: '--executor-timeout-seconds <seconds>',
      help: 'silence after which an executor is lost',
      defaultValue: limits.executorTimeoutMs / 1000,
      parse: wholeNumber(1, 86_400),
    },
    {
      flags: '--warehouse-dir <dir>',
      help: 'where the files of tables go; all executors have it under the same path (default: no tables)',
    },
    { flags: '--state-dir <dir>', help: 'where jobs and the catalog are kept over restarts (default: in memory)' },
    {
      flags: '--event-log-dir <dir>',
      help: 'where the events of ended jobs go, a file each (default: inside the state directory)',
    },
    ...retryOptions,
    poolOption,
    ...policyOptions,
    ...rpcOptions,
    ...serverSecurityOptions,
  ])
  command.action(async (flags: SchedulerFlags) => {
    if (flags.schedulerPolicy === 'pull') {
      throw queryError('NOT_IN_THIS_VERSION', { what: '--scheduler-policy pull', instead: 'leave it at push' })
    }
    const security = readSecurity(flags)
    const running = await runScheduler({
      ...security,
      bindHost: flags.bindHost,
      bindPort: flags.bindPort,
      controlPort: flags.controlPort,
      externalHost: flags.externalHost,
      executorTimeoutMs: flags.executorTimeoutSeconds * 1000,
      baseDirectory: process.cwd(),
      warehouseDir: flags.warehouseDir === undefined ? undefined : resolve(flags.warehouseDir),
      stateDir: flags.stateDir === undefined ? undefined : resolve(flags.stateDir),
      keepJobs: true,
      eventLogDir: flags.eventLogDir === undefined ? undefined : resolve(flags.eventLogDir),
      pools: new Map(flags.pool),
      distribution: flags.taskDistribution,
      resultRetentionMs: flags.resultRetentionSeconds * 1000,
      jobRetentionMs: flags.jobRetentionSeconds * 1000,
      rpcTimeoutMs: flags.rpcTimeoutSeconds * 1000,
      grpcMessageBytesMax: flags.grpcMaxMessageBytes,
      retries: readRetries(flags),
    })
    process.stdout.write(readyLine(running.ready, security.serverTls !== undefined))
    await untilStopped(running)
  })
}

/** Addresses that a client can use as they are printed. */
function readyLine({ host, port }: SchedulerReady, tls: boolean): string {
  const everyAddress = host === '0.0.0.0' || host === '::'
  const at = `${everyAddress ? hostname() : host}:${port}`
  return tls ? `scheduler ready: df+tls://${at}  https://${at}\n` : `scheduler ready: df://${at}  http://${at}\n`
}
