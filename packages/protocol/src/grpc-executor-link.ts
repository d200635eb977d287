/** How an executor reaches its scheduler over gRPC: it asks where to attach, then holds one stream. */
import type { Metadata } from '@grpc/grpc-js'
import { queryError } from '@arbalest/common'
import { fromGrpcError } from './error-mapping.js'
import { ControlService, DiscoveryService } from './generated/arbalest.js'
import { GrpcCaller } from './grpc-calls.js'
import { grpcMessageStream } from './grpc-message-stream.js'
import type { GrpcTarget } from './grpc-target.js'
import { schedulerMessageShape } from './message-shapes.js'
import {
  protocolVersion,
  type ExecutorMessage,
  type MessageStream,
  type SchedulerLink,
  type SchedulerMessage,
} from './messages.js'
import { resolvingPieceLists, type StreamMessage } from './piece-lists.js'

/** `target` is the front or the scheduler itself: both tell where executors attach. */
export function grpcSchedulerLink(target: GrpcTarget): SchedulerLink {
  return {
    async attach(signal) {
      const control = await discoverControl(target, signal)
      const caller = new GrpcCaller(control)
      try {
        return await openStream(caller, signal)
      } catch (thrown) {
        caller.close()
        throw thrown
      }
    },
  }
}

/**
 * Where the scheduler's control port is, by whoever answers at `target`.
 * @throws QueryError SCHEDULER_UNREACHABLE, UNAUTHENTICATED, PROTOCOL_MISMATCH
 */
export async function discoverControl(
  target: GrpcTarget,
  signal?: AbortSignal,
): Promise<GrpcTarget> {
  const caller = new GrpcCaller(target)
  try {
    const found = await caller.unary(DiscoveryService.discover, {}, { signal })
    const { protocolVersion: theirs } = found
    // A scheduler knows the version before its own.
    if (theirs !== protocolVersion && theirs !== protocolVersion + 1) {
      throw queryError('PROTOCOL_MISMATCH', {
        theirs,
        ours: protocolVersion,
      })
    }
    return {
      ...target,
      host: found.host === '' ? target.host : found.host,
      port: found.port === 0 ? target.port : found.port,
    }
  } finally {
    caller.close()
  }
}

/** Resolves when the scheduler has taken the call, so that refusals are errors of `attach`. */
function openStream(
  caller: GrpcCaller,
  signal: AbortSignal,
): Promise<MessageStream<ExecutorMessage, SchedulerMessage>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error)
      return
    }
    const call = caller.duplex(ControlService.attach)
    const stream = grpcMessageStream<ExecutorMessage, StreamMessage>(call, {
      channel: 'executor to scheduler',
      shape: schedulerMessageShape,
      cutOff: () => call.cancel(),
    })
    const timer = setTimeout(() => {
      reject(
        queryError('SCHEDULER_UNREACHABLE', {
          address: caller.address,
          reason: 'no answer in time',
        }),
      )
      call.cancel()
    }, caller.timeoutMs)
    const onAbort = (): void => call.cancel()
    signal.addEventListener('abort', onAbort, { once: true })
    call.once('metadata', (_: Metadata) => {
      clearTimeout(timer)
      resolve(resolvingPieceLists(stream))
    })
    call.once('error', (error) =>
      reject(signal.aborted ? (signal.reason as Error) : fromGrpcError(error, caller.address)),
    )
    call.once('status', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      caller.close()
    })
  })
}
