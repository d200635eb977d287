/** Handlers of gRPC methods from plain functions: errors become statuses, cancellation a signal. */
import type {
  ServerWritableStream,
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js'
import { queryError } from '@arbalest/common'
import { toGrpcStatus } from './error-mapping.js'

export function unaryHandler<Request, Response>(
  answer: (request: Request, signal: AbortSignal) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const { signal, settle } = callSignal(call)
    Promise.resolve()
      .then(() => answer(call.request, signal))
      .finally(settle)
      .then(
        (response) => callback(null, response),
        (thrown: unknown) => callback(toGrpcStatus(thrown)),
      )
  }
}

/** Sends the messages of an iterable as the answer to a call, as fast as its client reads. */
export type SendAll<Request, Response> = (
  call: ServerWritableStream<Request, Response>,
  messages: () => AsyncIterable<Response>,
  signal: AbortSignal,
) => Promise<void>

/** Takes from the iterable only as fast as the client reads; a client that goes away ends the iterable. */
export function streamHandler<Request, Response>(
  answer: (request: Request, signal: AbortSignal) => AsyncIterable<Response>,
  sendAll: SendAll<Request, Response> = writeAll,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const { signal, settle } = callSignal(call)
    sendAll(call, () => answer(call.request, signal), signal).finally(settle).then(
      () => call.end(),
      (thrown: unknown) => call.emit('error', toGrpcStatus(thrown)),
    )
  }
}

/** Answers once the client has sent everything. @throws nothing: errors become statuses */
export function exchangeHandler<Request, Response>(
  answer: (requests: readonly Request[], signal: AbortSignal) => Promise<readonly Response[]>,
): handleBidiStreamingCall<Request, Response> {
  return (call) => {
    const { signal, settle } = callSignal(call)
    const requests: Request[] = []
    call.on('data', (request: Request) => requests.push(request))
    call.once('end', () => {
      answer(requests, signal).finally(settle).then(
        (responses) => {
          for (const response of responses) call.write(response)
          call.end()
        },
        (thrown: unknown) => call.emit('error', toGrpcStatus(thrown)),
      )
    })
  }
}

/**
 * Aborts when the client cancels or goes away before the call is settled. gRPC reports every end of a call
 * as such: to hear of those that nobody waits for would cost an error, with its stack, a call.
 */
function callSignal(call: NodeJS.EventEmitter & { readonly cancelled: boolean }): {
  readonly signal: AbortSignal
  settle(): void
} {
  const controller = new AbortController()
  const end = (): void =>
    controller.abort(queryError('JOB_CANCELLED', { jobId: '', reason: 'the client is gone' }))
  if (call.cancelled) end()
  else call.once('cancelled', end)
  return { signal: controller.signal, settle: () => void call.off('cancelled', end) }
}

async function writeAll<Request, Response>(
  call: ServerWritableStream<Request, Response>,
  messages: () => AsyncIterable<Response>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of messages()) {
    if (signal.aborted) throw signal.reason
    if (!call.write(message)) await drained(call, signal)
  }
}

function drained(
  call: ServerWritableStream<never, never> | NodeJS.EventEmitter,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = (): void => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }
    const onAbort = (): void => {
      call.off('drain', onDrain)
      reject(signal.reason as Error)
    }
    if (signal.aborted) {
      onAbort()
      return
    }
    call.once('drain', onDrain)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
