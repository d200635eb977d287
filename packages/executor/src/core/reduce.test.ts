import { limits, type AttemptId, type WireError } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { emptyReport, executorE, idOf, jobA, jobB, specOf } from '../testing/builders.js'
import { checkInvariants } from '../testing/check-invariants.js'
import type { ExecutorEffect } from './effect.js'
import type { ExecutorEvent } from './event.js'
import { reduce } from './reduce.js'
import { initialState, type ExecutorState } from './state.js'

const [one, two, three] = [idOf(jobA, 1, 0), idOf(jobA, 1, 1), idOf(jobA, 1, 2)]
const other = idOf(jobB, 1, 0)
const error: WireError = { code: 'IO_ERROR', message: 'no', fields: {} }

describe('slots', () => {
  test('attempts start in their order while there is room, and the next when one ends', () => {
    const state = attached(2)
    expect(started(send(state, launch(one, two, three)))).toEqual([one, two])
    expect(started(send(state, committed(one)))).toEqual([three])
  })

  test('an attempt that is launched again neither runs nor reports again', () => {
    const state = attached(2)
    send(state, launch(one))
    expect(send(state, launch(one))).toEqual([])
    send(state, committed(one))
    expect(send(state, launch(one))).toEqual([])
  })

  test('what is more than may wait is refused', () => {
    const state = attached(1)
    send(state, launch(one))
    const crowd = Array.from({ length: limits.waitingAttemptsMax }, (_, task) => idOf(jobB, 1, task))
    expect(send(state, launch(...crowd))).toEqual([])
    expect(failureCodes(send(state, launch(two)))).toEqual(['LIMIT_EXCEEDED'])
  })
})

describe('an attempt', () => {
  test('that succeeds is reported running and succeeded, with the inline bytes once', () => {
    const state = attached(1)
    expect(reports(send(state, launch(one)))).toEqual([`running ${one}`])
    const effects = send(state, { ...committed(one), report: { ...emptyReport, inline: 'eA==' } })
    expect(effects).toMatchObject([{ outcome: { kind: 'succeeded', report: { inline: 'eA==' } } }])
    send(state, { kind: 'stream-closed' })
    send(state, { kind: 'stream-opened' })
    const [again] = send(state, { kind: 'registered' })
    expect(again).toMatchObject({ outcome: { kind: 'succeeded', attemptId: one } })
    expect(JSON.stringify(again)).not.toContain('eA==')
  })

  test('that was cancelled ends cancelled, whatever its runner says', () => {
    const state = attached(2)
    send(state, launch(one, two, three))
    expect(send(state, cancel(one, two, three))).toEqual([
      { kind: 'interrupt-attempt', attemptId: one },
      { kind: 'interrupt-attempt', attemptId: two },
      { kind: 'report', outcome: { kind: 'cancelled', attemptId: three } },
    ])
    expect(reports(send(state, stopped(one)))).toEqual([`cancelled ${one}`])
    expect(send(state, committed(two))).toEqual([
      { kind: 'discard-output', attemptId: two },
      { kind: 'report', outcome: { kind: 'cancelled', attemptId: two } },
    ])
  })

  test('that has ended absorbs whatever comes late', () => {
    const state = attached(2)
    send(state, launch(one, two))
    send(state, committed(one))
    send(state, stopped(two))
    for (const id of [one, two]) {
      expect(send(state, cancel(id))).toEqual([])
      expect(send(state, stopped(id))).toEqual([])
      expect(send(state, { kind: 'fetched', attemptId: id })).toEqual([])
    }
    expect(send(state, committed(one))).toEqual([])
    expect(send(state, committed(two))).toEqual([{ kind: 'discard-output', attemptId: two }])
    expect(send(state, committed(other))).toEqual([{ kind: 'discard-output', attemptId: other }])
  })
})

describe('an engine crash', () => {
  test('fails what runs in the engine, once, and nothing else', () => {
    const state = attached(3)
    send(state, launch(one, two, three))
    send(state, { kind: 'fetched', attemptId: one })
    send(state, { kind: 'fetched', attemptId: two })
    send(state, { kind: 'computed', attemptId: two })
    expect(failureCodes(send(state, crash()))).toEqual(['ENGINE_CRASHED'])
    expect(send(state, stopped(one))).toEqual([])
    expect(reports(send(state, committed(two)))).toEqual([`succeeded ${two}`])
  })

  test('ends an attempt that was asked to stop as cancelled', () => {
    const state = attached(1)
    send(state, launch(one))
    send(state, { kind: 'fetched', attemptId: one })
    send(state, cancel(one))
    expect(reports(send(state, crash()))).toEqual([`cancelled ${one}`])
  })
})

describe('a broken stream', () => {
  test('is followed by an announcement of all that is held and runs, and by all outcomes', () => {
    const state = attached(1)
    send(state, launch(one, two, three))
    send(state, { kind: 'stream-closed' })
    expect(reports(send(state, committed(one)))).toEqual([])
    expect(reports(send(state, stopped(two)))).toEqual([])
    expect(send(state, { kind: 'stream-opened' })).toEqual([
      { kind: 'announce', heldOutputs: [one], runningAttempts: [three] },
    ])
    expect(reports(send(state, { kind: 'registered' }))).toEqual([`succeeded ${one}`, `failed ${two}`])
  })
})

describe('a forgotten job', () => {
  test('goes at once when it is idle, and only it', () => {
    const state = attached(2)
    send(state, launch(one, other))
    send(state, committed(one))
    expect(send(state, forget())).toEqual([{ kind: 'remove-job', jobId: jobA }])
    expect([...state.attempts.keys()]).toEqual([other])
  })

  test('goes with the end of its last active attempt', () => {
    const state = attached(1)
    send(state, launch(one, two, other))
    const effects = send(state, forget())
    expect(effects.map(({ kind }) => kind)).toEqual(['interrupt-attempt', 'report'])
    const last = send(state, stopped(one))
    expect(last).toContainEqual({ kind: 'remove-job', jobId: jobA })
    expect(started(last)).toEqual([other])
  })
})

describe('a draining executor', () => {
  test('starts nothing, lets the active finish, and leaves when its outputs are not needed', () => {
    const state = attached(1)
    send(state, launch(one, two))
    const effects = send(state, { kind: 'drain' })
    expect(effects[0]).toEqual({ kind: 'announce-draining' })
    expect(failureCodes(effects)).toEqual(['EXECUTOR_LOST'])
    expect(failureCodes(send(state, launch(three)))).toEqual(['EXECUTOR_LOST'])
    expect(reports(send(state, committed(one)))).toEqual([`succeeded ${one}`])
    expect(send(state, forget())).toEqual([{ kind: 'remove-job', jobId: jobA }, { kind: 'close' }])
    expect(send(state, launch(other))).toEqual([])
  })

  test('leaves at once when it is idle, and by the clock when it is needed for ever', () => {
    expect(send(attached(1), { kind: 'drain' })).toContainEqual({ kind: 'close' })
    const needed = attached(1)
    send(needed, launch(one))
    send(needed, { kind: 'drain' })
    expect(send(needed, { kind: 'drain-expired' })).toEqual([{ kind: 'close' }])
  })

  test('says so again to a scheduler that comes back', () => {
    const state = attached(1)
    send(state, launch(one))
    send(state, { kind: 'drain' })
    send(state, { kind: 'stream-opened' })
    expect(send(state, { kind: 'registered' })).toEqual([{ kind: 'announce-draining' }])
  })
})

test('no sequence of events breaks an invariant', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const random = randomFrom(seed)
    const state = initialState(executorE, 1 + (seed % 3))
    for (let step = 0; step < 200; step += 1) send(state, randomEvent(random))
  }
})

function attached(slots: number): ExecutorState {
  const state = initialState(executorE, slots)
  send(state, { kind: 'stream-opened' })
  send(state, { kind: 'registered' })
  return state
}

function send(state: ExecutorState, event: ExecutorEvent): readonly ExecutorEffect[] {
  const effects = reduce(state, event)
  checkInvariants(state)
  return effects
}

const launch = (...ids: readonly AttemptId[]): ExecutorEvent => ({
  kind: 'launch',
  attempts: ids.map((id) => specOf(id, '')),
  atMs: 1,
})
const cancel = (...attemptIds: readonly AttemptId[]): ExecutorEvent => ({ kind: 'cancel', attemptIds, atMs: 1 })
const forget = (jobId = jobA): ExecutorEvent => ({ kind: 'forget-job', jobId, atMs: 1 })
const crash = (): ExecutorEvent => ({ kind: 'engine-crashed', reason: 'signal SIGSEGV', atMs: 1 })
const committed = (attemptId: AttemptId) =>
  ({ kind: 'committed', attemptId, report: emptyReport, atMs: 1 }) as const
const stopped = (attemptId: AttemptId): ExecutorEvent => ({
  kind: 'stopped',
  attemptId,
  error,
  lostInputs: [],
  atMs: 1,
})

const started = (effects: readonly ExecutorEffect[]): readonly AttemptId[] =>
  effects.flatMap((effect) => (effect.kind === 'start-attempt' ? [effect.spec.attemptId] : []))
const reports = (effects: readonly ExecutorEffect[]): readonly string[] =>
  effects.flatMap((e) => (e.kind === 'report' ? [`${e.outcome.kind} ${e.outcome.attemptId}`] : []))
const failureCodes = (effects: readonly ExecutorEffect[]): readonly string[] =>
  effects.flatMap((e) => (e.kind === 'report' && e.outcome.kind === 'failed' ? [e.outcome.error.code] : []))

/** Whole numbers below `bound`, the same for the same seed. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

function randomEvent(random: (bound: number) => number): ExecutorEvent {
  const id = idOf(random(2) === 0 ? jobA : jobB, 1 + random(2), random(3), 1 + random(2))
  const choices: readonly ExecutorEvent[] = [
    launch(id), launch(id), launch(id), cancel(id), forget(random(2) === 0 ? jobA : jobB), crash(),
    { kind: 'fetched', attemptId: id }, { kind: 'computed', attemptId: id }, committed(id), stopped(id),
    { kind: 'stream-opened' }, { kind: 'registered' }, { kind: 'stream-closed' },
  ]
  if (random(150) === 0) return { kind: 'drain' }
  return choices[random(choices.length)]!
}
