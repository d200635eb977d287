/** Arrow Flight at the front: DoGet streams the rows behind a ticket; the other methods come later. */
import type { ServerDuplexStream, ServerUnaryCall, ServerWritableStream } from '@grpc/grpc-js'
import { queryError } from '@arbalest/common'
import {
  flightService,
  streamHandler,
  toGrpcStatus,
  type GrpcServer,
  type GrpcStatus,
} from '@arbalest/protocol'
import type { FrontBackend } from './front-backend.js'
import { outgoingMessages, type FetchPart } from './result-stream.js'
import { sendMessages, type OutgoingMessage } from './send-messages.js'

export function addFlightService(
  server: GrpcServer,
  backend: FrontBackend,
  fetch?: FetchPart,
): void {
  server.addService(flightService, {
    ...Object.fromEntries(Object.keys(flightService).map((name) => [name, refuse(name)])),
    doGet: streamHandler<{ readonly ticket: Buffer }, OutgoingMessage>(
      (request, signal) => doGet(backend, request.ticket, signal, fetch),
      sendMessages,
    ),
  })
}

async function* doGet(
  backend: FrontBackend,
  ticket: Uint8Array,
  signal: AbortSignal,
  fetch: FetchPart | undefined,
): AsyncGenerator<OutgoingMessage> {
  const source = await backend.result(ticket, signal)
  let outcome: 'read' | 'abandoned' = 'abandoned'
  try {
    yield* outgoingMessages(source, signal, fetch)
    outcome = 'read'
  } finally {
    source.done(outcome)
  }
}

type Call =
  | ServerUnaryCall<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>

/** Answers with UNIMPLEMENTED, in the way of the method's kind. */
function refuse(name: string) {
  return (call: Call, callback?: (error: GrpcStatus) => void): void => {
    const error = queryError('NOT_IN_THIS_VERSION', {
      what: `Flight's ${name}`,
      instead: 'use the Front service and DoGet',
    })
    if (typeof callback === 'function') callback(toGrpcStatus(error))
    else call.emit('error', toGrpcStatus(error))
  }
}
