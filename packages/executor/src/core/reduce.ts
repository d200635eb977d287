/** The executor as a state machine: an event changes the state and gives the effects that follow. */
import {
  assertNever, limits, parseAttemptId, queryError, type AttemptId, type QueryError, type WireError,
} from '@arbalest/common'
import type { EndOutcome, ExecutorEffect } from './effect.js'
import type { ExecutorEvent } from './event.js'
import { close, closeIfDrained, endAttempt, removeIfIdle } from './end-attempt.js'
import { fillSlots } from './slots.js'
import { isActive, isEnded, type ActiveAttempt, type ActivePhase, type ExecutorState } from './state.js'

type EventOf<Kind extends ExecutorEvent['kind']> = Extract<ExecutorEvent, { readonly kind: Kind }>

/** The only writer of `state`. Cost: constant, or linear in the attempts where all of them are meant. */
export function reduce(state: ExecutorState, event: ExecutorEvent): readonly ExecutorEffect[] {
  if (state.closed) return []
  switch (event.kind) {
    case 'launch':
      return [...onLaunch(state, event), ...fillSlots(state, event.atMs)]
    case 'cancel':
      return [...event.attemptIds.flatMap((id) => stop(state, id)), ...fillSlots(state, event.atMs)]
    case 'forget-job':
      return onForgetJob(state, event)
    case 'stream-opened':
      return onStreamOpened(state)
    case 'registered':
      return onRegistered(state)
    case 'stream-closed':
      state.attached = false
      return []
    case 'fetched':
      return onPhase(state, event.attemptId, 'fetching', 'running')
    case 'computed':
      return onPhase(state, event.attemptId, 'running', 'committing')
    case 'committed':
      return [...onCommitted(state, event), ...afterEnd(state, event)]
    case 'stopped':
      return [...onStopped(state, event), ...afterEnd(state, event)]
    case 'engine-crashed':
      return onEngineCrashed(state, event)
    case 'drain':
      return onDrain(state)
    case 'drain-expired':
      return close(state)
    case 'ended':
      state.closed = true
      return []
  }
  return assertNever(event)
}

function onLaunch(state: ExecutorState, event: EventOf<'launch'>): readonly ExecutorEffect[] {
  let room = limits.waitingAttemptsMax - waitingIds(state).length
  // A second launch of a known attempt is an echo after a broken stream: it runs or has run.
  const fresh = event.attempts.filter(({ attemptId }) => !state.attempts.has(attemptId))
  return fresh.flatMap((spec) => {
    const { attemptId } = spec
    const { jobId } = parseAttemptId(attemptId)
    if (state.leavingJobs.has(jobId)) return [{ kind: 'report', outcome: { kind: 'cancelled', attemptId } }]
    if (state.draining) return refuse(state, attemptId, drainingError(state))
    if (room === 0) return refuse(state, attemptId, crowdedError())
    room -= 1
    state.attempts.set(attemptId, { attemptId, jobId, phase: 'received', spec })
    return []
  })
}

const waitingIds = (state: ExecutorState): readonly AttemptId[] =>
  [...state.attempts.values()].filter((a) => a.phase === 'received').map((a) => a.attemptId)

/** Ends an attempt that has not started. */
function refuse(state: ExecutorState, id: AttemptId, error: QueryError): readonly ExecutorEffect[] {
  const { jobId } = parseAttemptId(id)
  const outcome = { kind: 'failed', attemptId: id, error: error.toWire(), lostInputs: [] } as const
  return endAttempt(state, { attemptId: id, jobId }, outcome)
}

const drainingError = ({ executorId }: ExecutorState): QueryError =>
  queryError('EXECUTOR_LOST', { executorId, reason: 'it is draining' })

const crowdedError = (): QueryError =>
  queryError('LIMIT_EXCEEDED', { what: 'attempts waiting here', limit: limits.waitingAttemptsMax })

/** Asks an attempt to end without success; ended and unknown ones stay as they are. */
function stop(state: ExecutorState, attemptId: AttemptId): readonly ExecutorEffect[] {
  const attempt = state.attempts.get(attemptId)
  if (attempt === undefined || isEnded(attempt)) return []
  if (attempt.phase === 'received') {
    return endAttempt(state, attempt, { kind: 'cancelled', attemptId })
  }
  if (attempt.ending) return []
  state.attempts.set(attemptId, { ...attempt, ending: true })
  return [{ kind: 'interrupt-attempt', attemptId }]
}

function onForgetJob(state: ExecutorState, event: EventOf<'forget-job'>): readonly ExecutorEffect[] {
  const { jobId } = event
  const ids = [...state.attempts.values()].filter((a) => a.jobId === jobId).map((a) => a.attemptId)
  const effects = ids.flatMap((id) => stop(state, id))
  state.leavingJobs.add(jobId)
  return [...effects, ...removeIfIdle(state, jobId), ...fillSlots(state, event.atMs), ...closeIfDrained(state)]
}

function onStreamOpened(state: ExecutorState): readonly ExecutorEffect[] {
  state.attached = false
  const all = [...state.attempts.values()]
  const ids = (phases: readonly string[]): readonly AttemptId[] =>
    all.filter((attempt) => phases.includes(attempt.phase)).map((attempt) => attempt.attemptId)
  return [
    {
      kind: 'announce',
      heldOutputs: ids(['succeeded']),
      runningAttempts: ids(['received', 'fetching', 'running', 'committing']),
    },
  ]
}

/** What was said on the broken stream may not have arrived: every outcome is told again. */
function onRegistered(state: ExecutorState): readonly ExecutorEffect[] {
  state.attached = true
  const outcomes = [...state.attempts.values()].filter(isEnded).map((attempt) => attempt.outcome)
  return [
    ...(state.draining ? [{ kind: 'announce-draining' } as const] : []),
    ...outcomes.map((outcome) => ({ kind: 'report', outcome }) as const),
  ]
}

function onPhase(
  state: ExecutorState,
  attemptId: AttemptId,
  from: ActivePhase,
  to: ActivePhase,
): readonly ExecutorEffect[] {
  const attempt = state.attempts.get(attemptId)
  if (attempt !== undefined && attempt.phase === from) state.attempts.set(attemptId, { ...attempt, phase: to })
  return []
}

function onCommitted(state: ExecutorState, event: EventOf<'committed'>): readonly ExecutorEffect[] {
  const { attemptId, report } = event
  const attempt = state.attempts.get(attemptId)
  if (attempt?.phase === 'succeeded') return []
  if (attempt === undefined || !isActive(attempt)) return [{ kind: 'discard-output', attemptId }]
  if (!attempt.ending) return endAttempt(state, attempt, { kind: 'succeeded', attemptId, report })
  return [{ kind: 'discard-output', attemptId }, ...endAttempt(state, attempt, { kind: 'cancelled', attemptId })]
}

function onStopped(state: ExecutorState, event: EventOf<'stopped'>): readonly ExecutorEffect[] {
  const { attemptId, error, lostInputs } = event
  const attempt = state.attempts.get(attemptId)
  if (attempt === undefined || !isActive(attempt)) return []
  return endAttempt(state, attempt, failedOrCancelled(attempt, error, lostInputs))
}

/** Whatever stopped an attempt that was asked to stop, it counts as cancelled. */
const failedOrCancelled = (
  { attemptId, ending }: ActiveAttempt,
  error: WireError,
  lostInputs: readonly AttemptId[],
): EndOutcome =>
  ending ? { kind: 'cancelled', attemptId } : { kind: 'failed', attemptId, error, lostInputs }

/** Only attempts inside the engine die with it: those that fetch or commit do not need it. */
function onEngineCrashed(
  state: ExecutorState,
  event: EventOf<'engine-crashed'>,
): readonly ExecutorEffect[] {
  const running = [...state.attempts.values()].filter(isActive).filter(({ phase }) => phase === 'running')
  const error = queryError('ENGINE_CRASHED', { reason: event.reason }).toWire()
  const effects = running.flatMap((attempt) =>
    endAttempt(state, attempt, failedOrCancelled(attempt, error, [])),
  )
  const jobs = new Set(running.map(({ jobId }) => jobId))
  return [
    ...effects,
    ...[...jobs].flatMap((jobId) => removeIfIdle(state, jobId)),
    ...fillSlots(state, event.atMs),
    ...closeIfDrained(state),
  ]
}

/** A draining executor starts nothing: what waits goes back to the scheduler. */
function onDrain(state: ExecutorState): readonly ExecutorEffect[] {
  if (state.draining) return []
  state.draining = true
  const announcement = state.attached ? [{ kind: 'announce-draining' } as const] : []
  const refused = waitingIds(state).flatMap((id) => refuse(state, id, drainingError(state)))
  return [...announcement, ...refused, ...closeIfDrained(state)]
}

function afterEnd(
  state: ExecutorState,
  event: { readonly attemptId: AttemptId; readonly atMs: number },
): readonly ExecutorEffect[] {
  const { jobId } = parseAttemptId(event.attemptId)
  return [...removeIfIdle(state, jobId), ...fillSlots(state, event.atMs), ...closeIfDrained(state)]
}
