/**
 * Planner calls over a bidirectional stream: the scheduler asks, the front answers with its planner. One
 * side of each function here stands in either process.
 */
import type { ClientDuplexStream, ServerDuplexStream } from '@grpc/grpc-js'
import { asQueryError, queryError, queryErrorFromWire } from '@arbalest/common'
import type { UnfoldStep } from '@arbalest/plan'
import type { PlannerAnswer, PlannerCall } from './generated/arbalest.js'
import { unfoldRequestShape, unfoldStepShape, wireErrorShape } from './message-shapes.js'
import type { UnfoldRequest, UnfoldingPlanner } from './messages.js'
import { decodeJson, encodeJson } from './shape.js'

interface Pending {
  readonly resolve: (step: UnfoldStep) => void
  readonly reject: (reason: Error) => void
}

/** The scheduler's side: a planner whose calls fail with PLANNER_CRASHED once the front has gone. */
export function remotePlanner(
  call: ServerDuplexStream<PlannerAnswer, PlannerCall>,
): UnfoldingPlanner {
  const pending = new Map<number, Pending>()
  let lastId = 0
  let gone = false
  const lose = (): void => {
    gone = true
    const error = queryError('PLANNER_CRASHED', { reason: 'the front that planned is gone' })
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
  call.on('data', (answer: PlannerAnswer) => {
    const waiting = pending.get(answer.callId)
    if (waiting === undefined) return
    pending.delete(answer.callId)
    try {
      waiting.resolve(readAnswer(answer))
    } catch (thrown) {
      waiting.reject(asQueryError(thrown))
    }
  })
  call.once('end', () => {
    lose()
    call.end()
  })
  call.once('cancelled', lose)
  call.on('error', lose)
  return {
    unfold(request, signal) {
      return new Promise<UnfoldStep>((resolve, reject) => {
        if (signal.aborted) reject(signal.reason as Error)
        else if (gone)
          reject(queryError('PLANNER_CRASHED', { reason: 'the front that planned is gone' }))
        else ask(request, signal, { resolve, reject })
      })
    },
  }

  function ask(request: UnfoldRequest, signal: AbortSignal, waiting: Pending): void {
    const callId = ++lastId
    const onAbort = (): void => {
      pending.delete(callId)
      if (!gone) call.write({ callId, body: { $case: 'cancel', cancel: true } })
      waiting.reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = (): void => signal.removeEventListener('abort', onAbort)
    pending.set(callId, {
      resolve: (step) => (settled(), waiting.resolve(step)),
      reject: (reason) => (settled(), waiting.reject(reason)),
    })
    call.write({ callId, body: { $case: 'unfold', unfold: encodeJson(request) } })
  }
}

function readAnswer(answer: PlannerAnswer): UnfoldStep {
  switch (answer.body?.$case) {
    case 'step':
      return decodeJson(answer.body.step, unfoldStepShape, 'step')
    case 'error':
      throw queryErrorFromWire(decodeJson(answer.body.error, wireErrorShape, 'error'))
    case undefined:
      throw queryError('INVALID_REQUEST', { reason: 'an empty answer of the planner' })
  }
}

/** The front's side: answers the calls of one stream until it ends. */
export function answerPlannerCalls(
  call: ClientDuplexStream<PlannerAnswer, PlannerCall>,
  planner: UnfoldingPlanner,
): void {
  const running = new Map<number, AbortController>()
  const answer = async (callId: number, bytes: Buffer): Promise<void> => {
    const controller = new AbortController()
    running.set(callId, controller)
    try {
      const request = decodeJson(bytes, unfoldRequestShape, 'request')
      const step = await planner.unfold(request, controller.signal)
      call.write({ callId, body: { $case: 'step', step: encodeJson(step) } })
    } catch (thrown) {
      call.write({
        callId,
        body: { $case: 'error', error: encodeJson(asQueryError(thrown).toWire()) },
      })
    } finally {
      running.delete(callId)
    }
  }
  call.on('data', ({ callId, body }: PlannerCall) => {
    if (body?.$case === 'unfold') void answer(callId, body.unfold)
    else
      running
        .get(callId)
        ?.abort(
          queryError('JOB_CANCELLED', { jobId: '', reason: 'the scheduler took the call back' }),
        )
  })
  call.once('close', () => {
    for (const controller of running.values())
      controller.abort(
        queryError('SCHEDULER_UNREACHABLE', { address: '', reason: 'its stream ended' }),
      )
  })
}
