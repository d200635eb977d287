/**
 * Planner calls over a bidirectional stream: the scheduler asks, the front answers with its planner. One
 * side of each function here stands in either process. A call leaves the job's prepared query out, which the front
 * has submitted itself; one that does not know it any more asks for it.
 */
import type { ClientDuplexStream, ServerDuplexStream } from '@grpc/grpc-js'
import { asQueryError, queryError, queryErrorFromWire } from '@arbalest/common'
import type { UnfoldStep } from '@arbalest/plan'
import type { PlannerAnswer, PlannerCall } from './generated/arbalest.js'
import { unfoldCallShape, unfoldStepShape, wireErrorShape, type UnfoldCall } from './message-shapes.js'
import { checkMessageSize, PieceJoiner, piecesOf } from './message-pieces.js'
import type { UnfoldRequest, UnfoldingPlanner } from './messages.js'
import type { SubmittedQueries } from './submitted-queries.js'
import { decodeJson, encodeJson } from './shape.js'

interface Pending {
  readonly request: UnfoldRequest
  readonly joiner: PieceJoiner
  readonly resolve: (step: UnfoldStep) => void
  readonly reject: (reason: Error) => void
}

/** The scheduler's side: a planner whose calls fail with FRONT_LOST once the front has gone. */
export function remotePlanner(
  call: ServerDuplexStream<PlannerAnswer, PlannerCall>,
): UnfoldingPlanner {
  const pending = new Map<number, Pending>()
  let lastId = 0
  let gone = false
  const lose = (): void => {
    gone = true
    const error = queryError('FRONT_LOST', {})
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
  call.on('data', (answer: PlannerAnswer) => {
    const waiting = pending.get(answer.callId)
    if (waiting === undefined) return
    if (answer.body?.$case === 'queryWanted') {
      post(answer.callId, waiting.request)
      return
    }
    try {
      const step = stepOf(answer, waiting.joiner)
      if (step === undefined) return
      pending.delete(answer.callId)
      waiting.resolve(step)
    } catch (thrown) {
      pending.delete(answer.callId)
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
          reject(queryError('FRONT_LOST', {}))
        else ask(signal, { request, joiner: new PieceJoiner(), resolve, reject })
      })
    },
  }

  function ask(signal: AbortSignal, waiting: Pending): void {
    const callId = ++lastId
    const onAbort = (): void => {
      pending.delete(callId)
      if (!gone) call.write({ callId, body: { $case: 'cancel', cancel: true }, more: false })
      waiting.reject(signal.reason as Error)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const settled = (): void => signal.removeEventListener('abort', onAbort)
    pending.set(callId, {
      ...waiting,
      resolve: (step) => (settled(), waiting.resolve(step)),
      reject: (reason) => (settled(), waiting.reject(reason)),
    })
    const { preparedQuery: _known, ...question } = waiting.request
    post(callId, question)
  }

  function post(callId: number, request: UnfoldCall): void {
    const pieces = piecesOf(encodeJson(request))
    for (const [at, unfold] of pieces.entries()) {
      checkMessageSize('scheduler to front', unfold.length)
      call.write({ callId, body: { $case: 'unfold', unfold }, more: at < pieces.length - 1 })
    }
  }
}

/** Undefined as long as pieces are missing. */
function stepOf({ body, more }: PlannerAnswer, joiner: PieceJoiner): UnfoldStep | undefined {
  switch (body?.$case) {
    case 'step': {
      const json = joiner.add(body.step, more)
      return json === undefined ? undefined : decodeJson(json, unfoldStepShape, 'step')
    }
    case 'error':
      throw queryErrorFromWire(decodeJson(body.error, wireErrorShape, 'error'))
    case 'queryWanted':
    case undefined:
      throw queryError('INVALID_REQUEST', { reason: 'an empty answer of the planner' })
  }
}

/** The front's side: answers the calls of one stream until it ends. */
export function answerPlannerCalls(
  call: ClientDuplexStream<PlannerAnswer, PlannerCall>,
  planner: UnfoldingPlanner,
  queries: SubmittedQueries,
): void {
  const running = new Map<number, AbortController>()
  const arriving = new Map<number, PieceJoiner>()
  const fail = (callId: number, thrown: unknown): void => {
    const error = encodeJson(asQueryError(thrown).toWire())
    call.write({ callId, body: { $case: 'error', error }, more: false })
  }
  const answer = async (callId: number, bytes: Buffer): Promise<void> => {
    const controller = new AbortController()
    running.set(callId, controller)
    try {
      const request = decodeJson(bytes, unfoldCallShape, 'request')
      const preparedQuery = request.preparedQuery ?? queries.get(request.jobId)
      if (preparedQuery === undefined) {
        call.write({ callId, body: { $case: 'queryWanted', queryWanted: true }, more: false })
        return
      }
      queries.put(request.jobId, preparedQuery)
      const step = await planner.unfold({ ...request, preparedQuery }, controller.signal)
      const pieces = piecesOf(encodeJson(step))
      for (const [at, piece] of pieces.entries()) {
        checkMessageSize('front to scheduler', piece.length)
        call.write({ callId, body: { $case: 'step', step: piece }, more: at < pieces.length - 1 })
      }
    } catch (thrown) {
      fail(callId, thrown)
    } finally {
      running.delete(callId)
    }
  }
  const onPiece = (callId: number, piece: Buffer, more: boolean): void => {
    const joiner = arriving.get(callId) ?? new PieceJoiner()
    arriving.set(callId, joiner)
    try {
      const request = joiner.add(piece, more)
      if (request === undefined) return
      void answer(callId, request)
    } catch (thrown) {
      fail(callId, thrown)
    }
    arriving.delete(callId)
  }
  call.on('data', ({ callId, body, more }: PlannerCall) => {
    if (body?.$case === 'unfold') return onPiece(callId, body.unfold, more)
    arriving.delete(callId)
    const reason = 'the scheduler took the call back'
    running.get(callId)?.abort(queryError('JOB_CANCELLED', { jobId: '', reason }))
  })
  call.once('close', () => {
    for (const controller of running.values())
      controller.abort(
        queryError('SCHEDULER_UNREACHABLE', { address: '', reason: 'its stream ended' }),
      )
  })
}
