/** The front's port: gRPC, Flight and HTTP on one address, plain or below TLS. */
import {
  checkBindAddress,
  createGrpcServer,
  openGuardedListener,
  type ListenerOptions,
  type ServerTls,
} from '@arbalest/protocol'
import { addFlightService } from './flight-handlers.js'
import type { FrontBackend } from './front-backend.js'
import { addFrontServices } from './front-service.js'
import { createHttpServer } from './http/http-server.js'
import type { FetchPart } from './result-stream.js'

export interface FrontServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Empty: everybody is let in. */
  readonly tokens?: readonly string[]
  /** Whether other addresses than loopback are meant to be open without tokens. */
  readonly insecure?: boolean
  readonly tls?: ServerTls | undefined
  readonly backend: FrontBackend
  /** How parts of results are read; by default from the executors' file servers. */
  readonly fetchPart?: FetchPart
  /** Largest gRPC message; `limits.grpcMessageBytesMax` unless given. */
  readonly messageBytesMax?: number | undefined
  readonly limits?: Pick<ListenerOptions, 'connectionsMax' | 'firstBytesTimeoutMs'>
}

export interface FrontServer {
  readonly port: number
  /** `df://…` and `http://…` addresses to show to people. */
  readonly urls: { readonly client: string; readonly http: string }
  /** Ends all calls and connections. */
  close(): Promise<void>
}

/** @throws QueryError PORT_IN_USE, ADDRESS_NEEDS_TOKEN, INVALID_OPTION */
export async function startFrontServer(options: FrontServerOptions): Promise<FrontServer> {
  const { host, tokens = [], insecure = false, backend, tls } = options
  checkBindAddress({ host, tokens, insecure })
  const grpc = createGrpcServer({ tokens, messageBytesMax: options.messageBytesMax })
  addFrontServices(grpc, backend)
  addFlightService(grpc, backend, options.fetchPart)
  const http = await createHttpServer({
    backend,
    tokens,
    headersTimeoutMs: options.limits?.firstBytesTimeoutMs,
  })
  const listener = await openGuardedListener(
    { host, port: options.port, ...options.limits, ...(tls === undefined ? {} : { tls }) },
    (socket, version) => (version === 'http2' ? grpc.accept(socket) : http.accept(socket)),
  )
  const address = `${host.includes(':') ? `[${host}]` : host}:${listener.port}`
  return {
    port: listener.port,
    urls:
      tls === undefined
        ? { client: `df://${address}`, http: `http://${address}` }
        : { client: `df+tls://${address}`, http: `https://${address}` },
    async close() {
      grpc.close()
      await http.close()
      await listener.close()
    },
  }
}
