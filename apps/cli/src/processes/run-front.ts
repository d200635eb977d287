/** The front's process: sessions, catalog, planner child, and the one port for gRPC and HTTP. */
import { grpcSchedulerClient, type ClientTls, type ServerTls } from '@arbalest/protocol'
import { createFrontBackend, startFrontServer, startPlannerProcess, systemClock } from '@arbalest/server'
import type { RunningRole } from './role-process.js'

export interface FrontProcessOptions {
  readonly bindHost: string
  readonly bindPort: number
  readonly controlPort: number
  readonly externalHost: string | undefined
  readonly baseDirectory: string
  readonly tokens: readonly string[]
  readonly insecure: boolean
  readonly serverTls: ServerTls | undefined
  readonly clientTls: ClientTls | undefined
}

export interface FrontReady {
  readonly port: number
  readonly plannerPid: number | undefined
}

/** @throws QueryError PORT_IN_USE, ADDRESS_NEEDS_TOKEN */
export async function runFront(options: FrontProcessOptions): Promise<RunningRole<FrontReady>> {
  const { bindHost, bindPort, controlPort, externalHost, tokens, insecure, serverTls, clientTls } = options
  const scheduler = grpcSchedulerClient({
    host: bindHost === '0.0.0.0' || bindHost === '::' ? '127.0.0.1' : bindHost,
    port: controlPort,
    token: tokens[0],
    tls: serverTls === undefined ? undefined : (clientTls ?? {}),
  })
  const planner = startPlannerProcess({ onStderr: (text) => void process.stderr.write(`planner: ${text}`) })
  const backend = createFrontBackend({
    scheduler,
    planner,
    clock: systemClock,
    baseDirectory: options.baseDirectory,
    controlAddress: () => ({ host: externalHost ?? '', port: controlPort }),
  })
  const close = async (): Promise<void> => {
    scheduler.close()
    await planner.close()
  }
  try {
    const server = await startFrontServer({ host: bindHost, port: bindPort, tokens, insecure, tls: serverTls, backend })
    return {
      ready: { port: server.port, plannerPid: planner.pid() },
      async close() {
        await server.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
