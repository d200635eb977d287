/** A cluster whose scheduler and executors run on hosts of their own, sharing nothing but the data. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import { grpcSchedulerClient, type SchedulerClient } from '@arbalest/protocol'
import { expect, vi } from 'vitest'
import { projectDirectory } from '../../bench/bench-queries.js'
import { makeNetwork, type HostNetwork, type HostProcess, type NetworkHost } from './network-hosts.js'

export interface RemoteClusterOptions {
  readonly executors: number
  readonly dataDirs: readonly string[]
  /** Where shuffle files go; the executors' work directories unless given. */
  readonly shuffleDir?: string
  /** For the token and the work directories; its owner removes it. */
  readonly directory: string
}

export interface RemoteExecutor {
  readonly host: NetworkHost
  readonly process: HostProcess
  readonly workDir: string
  readonly executorId: string
}

export interface RemoteCluster {
  readonly network: HostNetwork
  readonly executors: readonly RemoteExecutor[]
  readonly scheduler: SchedulerClient
  session(settings?: Readonly<Record<string, string | number>>): Promise<SessionContext>
  /** What the processes have written, for the report of a failure. */
  output(): string
  close(): Promise<void>
}

const patient = { timeout: 30_000, interval: 20 }
const port = 50050
const controlPort = 50049
const executorPort = 50051
const token = 'a-token-of-the-test'

export async function startRemoteCluster(options: RemoteClusterOptions): Promise<RemoteCluster> {
  const program = join(projectDirectory(), 'apps', 'cli', 'bin', 'arbalest.js')
  const tokenFile = join(options.directory, 'token')
  await writeFile(tokenFile, token, { mode: 0o600 })
  const network = await makeNetwork(1 + options.executors)
  const processes: HostProcess[] = []
  const output = (): string => processes.map((each) => each.output()).join('\n')
  try {
    const [schedulerHost, ...executorHosts] = network.hosts as [NetworkHost, ...NetworkHost[]]
    const { address } = schedulerHost
    const secured = ['--auth-token-file', tokenFile]
    const schedulerProcess = schedulerHost.run(
      [program, 'scheduler', '--bind-host', address, '--external-host', address,
        '--bind-port', String(port), '--control-port', String(controlPort), ...secured],
      { cwd: options.directory },
    )
    processes.push(schedulerProcess)
    await schedulerProcess.line(/^scheduler ready/)
    const shared = options.shuffleDir === undefined ? [] : ['--shuffle-dir', options.shuffleDir]
    const executors = await Promise.all(executorHosts.map(async (host, index) => {
      const workDir = join(options.directory, `work-${index + 1}`)
      await mkdir(workDir)
      const process = host.run([program, 'executor', '--scheduler-host', address,
        '--scheduler-port', String(port), '--bind-host', '0.0.0.0', '--bind-port', String(executorPort),
        '--external-host', host.address, '--work-dir', workDir, '--data-dir', ...options.dataDirs,
        '--threads', '1', '--memory-limit', '1GiB', ...shared, ...secured])
      processes.push(process)
      const executorId = (await process.line(/^executor ready/)).split(' ')[2] ?? ''
      return { host, process, workDir, executorId }
    }))
    const scheduler = grpcSchedulerClient({ host: address, port: controlPort, token, tls: undefined })
    await vi.waitFor(async () => expect(await scheduler.executors()).toHaveLength(options.executors), patient)
    const sessions: SessionContext[] = []
    return {
      network,
      executors,
      scheduler,
      async session(settings = {}) {
        const session = await SessionContext.remote(`df://${address}:${port}`, { token, settings })
        sessions.push(session)
        return session
      },
      output,
      async close() {
        await Promise.all(sessions.map((session) => session.close()))
        scheduler.close()
        await network.close()
      },
    }
  } catch (error) {
    await network.close()
    throw new Error(`the cluster does not start:\n${output()}`, { cause: error })
  }
}
