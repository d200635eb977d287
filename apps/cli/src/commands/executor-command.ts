/** `arbalest executor`: one executor with its engine. */
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { limits } from '@arbalest/common'
import { clientTlsOptions } from '../options/client-tls-options.js'
import { addOptions, byteSize, portNumber, wholeNumber } from '../options/command-options.js'
import { cores, defaultMemoryLimitBytes } from '../options/machine.js'
import { insecureOption, readSecurity, tokenOption, type SecurityFlags } from '../options/security-options.js'
import { runExecutor } from '../processes/run-executor.js'
import { checkBindAddress } from '@arbalest/protocol'
import { untilStopped } from './until-stopped.js'

interface ExecutorFlags extends SecurityFlags {
  readonly schedulerHost: string
  readonly schedulerPort: number
  readonly bindHost: string
  readonly bindPort: number
  readonly externalHost?: string
  readonly workDir?: string
  readonly workDirQuota?: number
  readonly shuffleDir?: string
  readonly taskSlots: number
  readonly threads?: number
  readonly memoryLimit?: number
  readonly dataDir?: readonly string[]
  readonly writeDir?: readonly string[]
  readonly warehouseDir?: string
  readonly fetchRetries?: number
  readonly fetchBackoffMs?: number
  readonly fetchTimeoutSeconds: number
  readonly rpcTimeoutSeconds: number
  readonly label?: readonly string[]
}

export function addExecutorCommand(program: Command): void {
  const command = program.command('executor').description('run an executor')
  addOptions(command, 'executor', [
    { flags: '--scheduler-host <host>', help: 'where the scheduler is', defaultValue: '127.0.0.1' },
    { flags: '--scheduler-port <port>', help: 'its port', defaultValue: 50050, parse: portNumber },
    { flags: '--bind-host <host>', help: 'address to serve files on', defaultValue: '127.0.0.1' },
    { flags: '--bind-port <port>', help: 'its port', defaultValue: 50051, parse: portNumber },
    { flags: '--external-host <host>', help: 'name under which others reach this machine' },
    {
      flags: '--work-dir <dir>',
      help: 'for shuffle files and spilling, of this executor alone (default: a temporary directory)',
    },
    {
      flags: '--work-dir-quota <size>',
      help: 'most that may be spilled, and most of shuffle files at once (default: what the disk holds)',
      parse: byteSize,
    },
    {
      flags: '--shuffle-dir <dir>',
      help: 'directory that all executors share, for shuffle files that outlive theirs (default: the work directory)',
    },
    { flags: '--task-slots <n>', help: 'attempts at once', defaultValue: 2, parse: wholeNumber(1, 1_000) },
    { flags: '--threads <n>', help: 'threads of the engine (default: all cores)', parse: wholeNumber(1, 1_000) },
    {
      flags: '--memory-limit <size>',
      help: 'supervisor and engine together, e.g. 8GiB (default: 70 % of the memory)',
      parse: byteSize,
    },
    { flags: '--data-dir <dir...>', help: 'what scans may read (default: the current directory)', parse: String },
    { flags: '--write-dir <dir...>', help: 'where statements may write files (default: nowhere)', parse: String },
    { flags: '--warehouse-dir <dir>', help: "where the files of tables go: the scheduler's (default: no tables)" },
    { flags: '--fetch-retries <n>', help: 'further tries of a shuffle fetch (default: 3)', parse: wholeNumber(0, 100) },
    {
      flags: '--fetch-backoff-ms <ms>',
      help: 'pause before the first of them (default: 100)',
      parse: wholeNumber(0, 600_000),
    },
    {
      flags: '--fetch-timeout-seconds <seconds>',
      help: 'silence of another executor after which a shuffle fetch is tried again',
      defaultValue: limits.fetchTimeoutMs / 1000,
      parse: wholeNumber(1, 3_600),
    },
    {
      flags: '--rpc-timeout-seconds <seconds>',
      help: 'wait for the scheduler to take a registration',
      defaultValue: limits.rpcTimeoutMs / 1000,
      parse: wholeNumber(1, 3_600),
    },
    {
      flags: '--label <name...>',
      help: 'labels that jobs ask for by arbalest.executor_labels (default: none)',
      parse: String,
    },
    tokenOption,
    ...clientTlsOptions,
    insecureOption,
  ])
  command.action(async (flags: ExecutorFlags) => {
    const security = readSecurity(flags)
    checkBindAddress({ host: flags.bindHost, tokens: security.tokens, insecure: security.insecure })
    const running = await runExecutor({
      schedulerHost: flags.schedulerHost,
      schedulerPort: flags.schedulerPort,
      bindHost: flags.bindHost,
      bindPort: flags.bindPort,
      externalHost: flags.externalHost,
      workDir: resolve(flags.workDir ?? join(tmpdir(), `arbalest-executor-${flags.bindPort}`)),
      ...(flags.workDirQuota === undefined ? {} : { workDirQuotaBytes: flags.workDirQuota }),
      shuffleDir: flags.shuffleDir === undefined ? undefined : resolve(flags.shuffleDir),
      taskSlots: flags.taskSlots,
      threads: flags.threads ?? cores(),
      memoryLimitBytes: flags.memoryLimit ?? defaultMemoryLimitBytes(),
      dataDirs: (flags.dataDir ?? [process.cwd()]).map((dir) => resolve(dir)),
      writeDirs: (flags.writeDir ?? []).map((dir) => resolve(dir)),
      warehouseDir: flags.warehouseDir === undefined ? undefined : resolve(flags.warehouseDir),
      fetchRetries: flags.fetchRetries,
      fetchBackoffMs: flags.fetchBackoffMs,
      fetchTimeoutMs: flags.fetchTimeoutSeconds * 1000,
      rpcTimeoutMs: flags.rpcTimeoutSeconds * 1000,
      labels: flags.label ?? [],
      token: security.tokens[0],
      clientTls: security.clientTls,
      awaitScheduler: false,
    })
    const { executorId, host, port } = running.ready
    process.stdout.write(`executor ready: ${executorId} serves files on ${host}:${port}\n`)
    await untilStopped({ ...running, drain: () => running.executor.drain() })
  })
}
