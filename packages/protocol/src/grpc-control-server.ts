/** The scheduler's control port: executors attach here, and the front finds the scheduler's service. */
import { Metadata, type ServerDuplexStream } from '@grpc/grpc-js'
import { limits } from '@arbalest/common'
import { checkBindAddress } from './check-bind-address.js'
import {
  ControlService,
  DiscoveryService,
  SchedulerService as SchedulerDefinition,
  type Envelope,
} from './generated/arbalest.js'
import { unaryHandler } from './grpc-handlers.js'
import { grpcMessageStream } from './grpc-message-stream.js'
import { createGrpcServer } from './grpc-server.js'
import { openGuardedListener, type ServerTls } from './guarded-listener.js'
import { executorMessageShape } from './message-shapes.js'
import {
  protocolVersion,
  type ExecutorMessage,
  type MessageStream,
  type SchedulerMessage,
  type SchedulerService,
} from './messages.js'
import { schedulerHandlers } from './grpc-scheduler-handlers.js'
import { encodeStreamMessage, namingPieceLists, type StreamMessage } from './piece-lists.js'

export interface ControlServerOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Empty: everybody is let in. */
  readonly tokens?: readonly string[]
  readonly insecure?: boolean
  readonly tls?: ServerTls | undefined
  /** Called for each executor that attaches; it is not registered yet. */
  readonly onExecutor: (stream: MessageStream<SchedulerMessage, ExecutorMessage>) => void
  readonly service: SchedulerService
}

export interface ControlServer {
  readonly port: number
  close(): Promise<void>
}

/** @throws QueryError PORT_IN_USE, ADDRESS_NEEDS_TOKEN, INVALID_OPTION */
export async function startGrpcControlServer(
  options: ControlServerOptions,
): Promise<ControlServer> {
  const { host, tokens = [], insecure = false } = options
  checkBindAddress({ host, tokens, insecure })
  const grpc = createGrpcServer({ tokens, messageBytesMax: limits.messageBytesMax })
  const listener = await openGuardedListener(
    { host, port: options.port, ...(options.tls === undefined ? {} : { tls: options.tls }) },
    (socket, version) => (version === 'http2' ? grpc.accept(socket) : socket.destroy()),
  )
  grpc.addService(DiscoveryService, {
    discover: unaryHandler(() => Promise.resolve({ host: '', port: 0, protocolVersion })),
  })
  grpc.addService(ControlService, {
    attach(call: ServerDuplexStream<Envelope, Envelope>) {
      const peer = call.getPeer()
      const stream = grpcMessageStream<StreamMessage, ExecutorMessage>(call, {
        channel: 'scheduler to executor',
        encode: encodeStreamMessage,
        shape: executorMessageShape,
        cutOff: () => listener.cutOff(peer),
      })
      // Tells the executor at once that it was let in.
      call.sendMetadata(new Metadata())
      options.onExecutor(namingPieceLists(stream))
    },
  })
  grpc.addService(SchedulerDefinition, schedulerHandlers(options.service))
  return {
    port: listener.port,
    async close() {
      grpc.close()
      await listener.close()
    },
  }
}
