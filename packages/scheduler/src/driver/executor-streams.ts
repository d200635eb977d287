/** The open streams to executors: registration first, then messages in both directions. */
import { assertNever, type Clock, type ExecutorId, limits, queryError } from '@arbalest/common'
import type { ExecutorMessage, MessageStream, SchedulerMessage } from '@arbalest/protocol'
import type { SchedulerFact } from '../core/event.js'
import type { InspectCalls } from './inspect-calls.js'

export type ExecutorStream = MessageStream<SchedulerMessage, ExecutorMessage>

export interface ExecutorStreams {
  attach(stream: ExecutorStream): void
  /** The registration was taken: messages for this executor go to this stream from now on. */
  accept(streamId: number, executorId: ExecutorId): void
  refuse(streamId: number, message: SchedulerMessage & { readonly kind: 'refused' }): void
  /** What cannot be sent is lost: the core hears of the broken stream. */
  send(executorId: ExecutorId, message: SchedulerMessage): void
  end(executorId: ExecutorId, reason: string): void
  close(): void
}

export interface ExecutorStreamsOptions {
  readonly clock: Clock
  readonly dispatch: (fact: SchedulerFact) => void
  readonly inspectCalls: () => InspectCalls
}

export function createExecutorStreams(options: ExecutorStreamsOptions): ExecutorStreams {
  const { clock, dispatch, inspectCalls } = options
  const streams = new Map<number, ExecutorStream>()
  const current = new Map<ExecutorId, number>()
  let lastStreamId = 0

  function attach(stream: ExecutorStream): void {
    lastStreamId += 1
    const streamId = lastStreamId
    let executorId: ExecutorId | undefined
    streams.set(streamId, stream)
    const stopWaiting = clock.after(limits.executorTimeoutMs, () => stream.close('no registration came'))

    stream.onMessage((message) => {
      if (message.kind === 'register') {
        stopWaiting()
        if (executorId !== undefined) return stream.close('it registered twice')
        executorId = message.registration.executorId
        dispatch({ kind: 'executor-attached', streamId, announcement: message.registration })
      } else if (executorId === undefined) stream.close('the first message is the registration')
      else onMessage(executorId, message)
    })
    stream.onClose(() => {
      stopWaiting()
      streams.delete(streamId)
      if (executorId === undefined) return
      if (current.get(executorId) === streamId) {
        current.delete(executorId)
        inspectCalls().onExecutorGone(executorId)
      }
      dispatch({ kind: 'executor-detached', streamId, executorId })
    })
  }

  function onMessage(executorId: ExecutorId, message: Exclude<ExecutorMessage, { kind: 'register' }>): void {
    switch (message.kind) {
      case 'heartbeat':
        return dispatch({ kind: 'heartbeat', executorId, vitals: message.health })
      case 'updates':
        return dispatch({ kind: 'attempt-updates', executorId, updates: message.updates })
      case 'draining':
        return dispatch({ kind: 'executor-draining', executorId })
      case 'inspected':
        return inspectCalls().onInspected(executorId, message.callId, message.replies)
      case 'inspect-failed':
        return inspectCalls().onFailed(executorId, message.callId, message.error)
    }
    return assertNever(message)
  }

  function streamOf(executorId: ExecutorId): ExecutorStream | undefined {
    const streamId = current.get(executorId)
    return streamId === undefined ? undefined : streams.get(streamId)
  }

  return {
    attach,
    accept(streamId, executorId) {
      if (!streams.has(streamId)) return
      const older = streamOf(executorId)
      current.set(executorId, streamId)
      older?.close('a newer stream of the same executor took its place')
      streams.get(streamId)?.send({ kind: 'registered' })
    },
    refuse(streamId, message) {
      const stream = streams.get(streamId)
      stream?.send(message)
      stream?.close(message.error.message)
    },
    send: (executorId, message) => streamOf(executorId)?.send(message),
    end: (executorId, reason) => streamOf(executorId)?.close(reason),
    close() {
      const error = queryError('SCHEDULER_UNREACHABLE', { address: 'the scheduler', reason: 'it ends' })
      for (const stream of [...streams.values()]) stream.close(error.message)
    },
  }
}
