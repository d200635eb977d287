/** Inspection on executors: each call goes to one of them, to another when that one is lost, with limits. */
import {
  asQueryError, type Clock, type ExecutorId, limits, type QueryError, queryError, queryErrorFromWire,
  type WireError,
} from '@arbalest/common'
import type { InspectReply, InspectRequest } from '@arbalest/plan'

export interface InspectTarget {
  /** The active executors, those with least to do first. */
  candidates(): readonly ExecutorId[]
  /** Whether one that is not there now may be back in a moment. */
  awaited(): boolean
  send(executorId: ExecutorId, callId: number, requests: readonly InspectRequest[]): void
}

export interface InspectCalls {
  /**
   * Bounded in number, tries and time.
   * @throws QueryError NO_EXECUTORS, EXECUTOR_LOST, EXECUTOR_BUSY, LIMIT_EXCEEDED, JOB_CANCELLED, or what
   * the executor found, e.g. FILE_NOT_FOUND
   */
  call(requests: readonly InspectRequest[], signal: AbortSignal): Promise<readonly InspectReply[]>
  onInspected(executorId: ExecutorId, callId: number, replies: readonly InspectReply[]): void
  onFailed(executorId: ExecutorId, callId: number, error: WireError): void
  /** The executor will not answer: its calls go to others. */
  onExecutorGone(executorId: ExecutorId): void
  close(): void
}

interface OpenCall {
  readonly executorId: ExecutorId
  readonly succeed: (replies: readonly InspectReply[]) => void
  readonly fail: (error: QueryError) => void
}

export function createInspectCalls(target: InspectTarget, clock: Clock): InspectCalls {
  const open = new Map<number, OpenCall>()
  let lastCallId = 0

  async function call(requests: readonly InspectRequest[], signal: AbortSignal) {
    const { inspectCallsMax: limit, inspectTriesMax } = limits
    if (open.size >= limit) throw queryError('LIMIT_EXCEEDED', { what: 'the number of inspect calls', limit })
    const tried = new Set<ExecutorId>()
    let lastError: QueryError | undefined
    for (;;) {
      while (target.candidates().length === 0 && target.awaited() && !signal.aborted) await pause()
      const executorId = target.candidates().find((candidate) => !tried.has(candidate))
      if (executorId === undefined) throw lastError ?? queryError('NO_EXECUTORS', {})
      tried.add(executorId)
      try {
        return await callOne(executorId, requests, signal)
      } catch (thrown) {
        const error = asQueryError(thrown)
        if (error.category !== 'transient' || tried.size >= inspectTriesMax) throw error
        lastError = error
        // Another executor is asked the same: inspection changes nothing.
      }
    }
  }

  const pause = (): Promise<void> =>
    new Promise((resolve) => void clock.after(limits.inspectPauseMs, resolve))

  function callOne(executorId: ExecutorId, requests: readonly InspectRequest[], signal: AbortSignal) {
    lastCallId += 1
    const callId = lastCallId
    return new Promise<readonly InspectReply[]>((resolve, reject) => {
      const settle = () => {
        open.delete(callId)
        stopTimer()
        signal.removeEventListener('abort', onAbort)
      }
      const fail = (error: QueryError) => {
        settle()
        reject(error)
      }
      const succeed = (replies: readonly InspectReply[]) => {
        settle()
        resolve(replies)
      }
      const onAbort = () => fail(queryError('JOB_CANCELLED', { reason: 'the inspection is not wanted' }))
      const onTimeout = () => fail(queryError('EXECUTOR_BUSY', { executorId }))
      const stopTimer = clock.after(limits.inspectTimeoutMs, onTimeout)
      open.set(callId, { executorId, succeed, fail })
      signal.addEventListener('abort', onAbort, { once: true })
      if (signal.aborted) onAbort()
      else target.send(executorId, callId, requests)
    })
  }

  function answered(executorId: ExecutorId, callId: number): OpenCall | undefined {
    const found = open.get(callId)
    return found?.executorId === executorId ? found : undefined
  }

  function failAll(executorId: ExecutorId | undefined, reason: string): void {
    for (const waiting of [...open.values()]) {
      if (executorId !== undefined && waiting.executorId !== executorId) continue
      waiting.fail(queryError('EXECUTOR_LOST', { executorId: waiting.executorId, reason }))
    }
  }

  return {
    call,
    onInspected: (executorId, callId, replies) => answered(executorId, callId)?.succeed(replies),
    onFailed: (executorId, callId, error) => answered(executorId, callId)?.fail(queryErrorFromWire(error)),
    onExecutorGone: (executorId) => failAll(executorId, 'its stream broke during an inspection'),
    close: () => failAll(undefined, 'the scheduler ends'),
  }
}
