/** The front's gRPC services for clients and executors, answered by the backend. */
import { parseJobId, parseSessionId, queryError } from '@arbalest/common'
import {
  DiscoveryService,
  FrontService,
  checkTextLength,
  decodeExecuteRequest,
  encodeExecuteEvent,
  encodeJobAnswer,
  protocolVersion,
  streamHandler,
  unaryHandler,
  type GrpcServer,
  type wire,
} from '@arbalest/protocol'
import type { FrontBackend } from './front-backend.js'

export function addFrontServices(server: GrpcServer, backend: FrontBackend): void {
  server.addService(FrontService, {
    openSession: unaryHandler<wire.OpenSessionRequest, wire.SessionRef>(async ({ settings }) => ({
      sessionId: await backend.openSession(settings),
    })),
    closeSession: unaryHandler<wire.SessionRef, wire.Empty>(async ({ sessionId }) => {
      await backend.closeSession(parseSessionId(sessionId))
      return {}
    }),
    execute: streamHandler<wire.ExecuteRequest, wire.ExecuteEvent>((request, signal) =>
      execute(backend, request, signal),
    ),
    submit: unaryHandler<wire.ExecuteRequest, wire.JobRef>(async (request) => ({
      jobId: await backend.submit(decodeExecuteRequest(request)),
    })),
    status: unaryHandler<wire.JobRef, wire.JobAnswer>(async ({ jobId }) =>
      encodeJobAnswer(await backend.status(parseJobId(jobId))),
    ),
    cancel: unaryHandler<wire.CancelRequest, wire.JobAnswer>(async ({ jobId, reason }) =>
      encodeJobAnswer(await backend.cancel(parseJobId(jobId), reason.slice(0, 1_000))),
    ),
    splitStatements: unaryHandler<wire.SplitRequest, wire.SplitResponse>(async ({ text }) => {
      checkTextLength(text)
      return { statements: (await backend.split(text)).map((piece) => ({ ...piece })) }
    }),
  })
  server.addService(DiscoveryService, {
    discover: unaryHandler<wire.Empty, wire.ControlAddress>(async () => controlAddress(backend)),
  })
}

async function* execute(
  backend: FrontBackend,
  request: wire.ExecuteRequest,
  signal: AbortSignal,
): AsyncGenerator<wire.ExecuteEvent> {
  for await (const event of backend.execute(decodeExecuteRequest(request), signal)) {
    yield encodeExecuteEvent(event)
  }
}

function controlAddress(backend: FrontBackend): wire.ControlAddress {
  const address = backend.controlAddress()
  if (address === undefined) {
    throw queryError('NOT_IN_THIS_VERSION', {
      what: 'attaching executors to this cluster',
      instead: 'its executors live in its own process',
    })
  }
  return { ...address, protocolVersion }
}
