/** A gRPC server that takes sockets already accepted, checks the token of every call, and ends cleanly. */
import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { limits } from '@arbalest/common'
import type { Socket } from 'node:net'
import { tokenCheck } from './bearer-token.js'
import { toGrpcStatus } from './error-mapping.js'

export interface GrpcServer {
  addService(definition: ServiceDefinition, handlers: UntypedServiceImplementation): void
  /** The socket is past TLS and begins with the HTTP/2 preface. */
  accept(socket: Socket): void
  /** Ends all calls. */
  close(): void
}

/** Keepalive finds peers that are gone without a word. */
const serverOptions = {
  'grpc.keepalive_time_ms': limits.keepaliveIntervalMs,
  'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
  'grpc.max_connection_idle_ms': limits.connectionIdleMs,
  'grpc.enable_channelz': 0,
}

export interface GrpcServerOptions {
  readonly tokens: readonly string[]
  /** `limits.grpcMessageBytesMax` unless given. */
  readonly messageBytesMax?: number | undefined
}

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { tokens, messageBytesMax = limits.grpcMessageBytesMax } = options
  const server = new Server({
    ...serverOptions,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': messageBytesMax,
    interceptors: [tokenInterceptor(tokens)],
  })
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure())
  return {
    addService: (definition, handlers) => server.addService(definition, handlers),
    accept: (socket) => injector.injectConnection(socket),
    close() {
      injector.destroy()
      server.forceShutdown()
    },
  }
}

function tokenInterceptor(tokens: readonly string[]): ServerInterceptor {
  const check = tokenCheck(tokens)
  return (_, call) =>
    new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, nextMetadata) {
            const refusal = check(metadata.get('authorization')[0]?.toString())
            if (refusal === undefined) nextMetadata(metadata)
            else call.sendStatus(toGrpcStatus(refusal))
          },
        }),
    })
}
