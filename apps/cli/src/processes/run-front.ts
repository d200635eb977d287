/** The front's process: sessions, catalog, planner child, and the one port for gRPC and HTTP. */
import { join } from 'node:path'
import { grpcSchedulerClient, type ClientTls, type ServerTls } from '@arbalest/protocol'
import { createFrontBackend, openDiskStore, startFrontServer, startPlannerProcess, systemClock } from '@arbalest/server'
import type { RunningRole } from './role-process.js'

export interface FrontProcessOptions {
  readonly bindHost: string
  readonly bindPort: number
  readonly controlPort: number
  readonly externalHost: string | undefined
  readonly baseDirectory: string
  /** Where the files of tables go; all executors share it. */
  readonly warehouseDir: string | undefined
  /** Where the catalog is kept; it goes with the front unless given. */
  readonly stateDir: string | undefined
  /** Wait for an answer of the scheduler. */
  readonly rpcTimeoutMs?: number
  /** Largest gRPC message of a client. */
  readonly grpcMessageBytesMax?: number
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
    rpcTimeoutMs: options.rpcTimeoutMs,
    tls: serverTls === undefined ? undefined : (clientTls ?? {}),
  })
  const { stateDir } = options
  const catalogStore = stateDir === undefined ? undefined : await openDiskStore(join(stateDir, 'catalog'))
  const planner = startPlannerProcess({ onStderr: (text) => void process.stderr.write(`planner: ${text}`) })
  const backend = createFrontBackend({
    scheduler,
    planner,
    clock: systemClock,
    baseDirectory: options.baseDirectory,
    ...(options.warehouseDir === undefined ? {} : { warehouseDir: options.warehouseDir }),
    ...(catalogStore === undefined ? {} : { catalogStore }),
    controlAddress: () => ({ host: externalHost ?? '', port: controlPort }),
  })
  const close = async (): Promise<void> => {
    scheduler.close()
    await planner.close()
    await catalogStore?.close()
  }
  try {
    const server = await startFrontServer({
      host: bindHost, port: bindPort, tokens, insecure, tls: serverTls, backend,
      messageBytesMax: options.grpcMessageBytesMax,
    })
    return {
      ready: { port: server.port, plannerPid: planner.pid() },
      async close() {
        // Statements under way end here; their jobs go on.
        scheduler.close()
        await server.close()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
