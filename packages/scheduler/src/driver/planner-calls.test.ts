/** Asking the planner: answers, errors, silence. */
import { type Clock, type JobId, queryError, type StageId } from '@arbalest/common'
import type { UnfoldStep } from '@arbalest/plan'
import type { UnfoldingPlanner, UnfoldRequest } from '@arbalest/protocol'
import { expect, test } from 'vitest'
import type { SchedulerFact } from '../core/event.js'
import { createPlannerCalls } from './planner-calls.js'

const step: UnfoldStep = { mode: 'whole', modeReason: '', stages: [], decisions: [], finished: true }

test('the answer of the planner becomes an event', async () => {
  const { calls, answered } = fixture({ unfold: () => Promise.resolve(step) })
  calls.ask(request)
  expect(await answered()).toEqual({ kind: 'stages-planned', jobId: request.jobId, step })
})

test('an error of the planner keeps its code', async () => {
  const error = queryError('STATEMENT_TOO_COMPLEX', { limit: '10 s' })
  const { calls, answered } = fixture({ unfold: () => Promise.reject(error) })
  calls.ask(request)
  expect(await answered()).toMatchObject({ kind: 'planning-failed', error: { code: 'STATEMENT_TOO_COMPLEX' } })
})

test('a planner that stays silent is not waited for for ever', async () => {
  const { calls, answered, letTimePass } = fixture({ unfold: () => new Promise(() => undefined) })
  calls.ask(request)
  letTimePass()
  expect(await answered()).toMatchObject({ kind: 'planning-failed', error: { code: 'PLANNER_CRASHED' } })
})

test('a front that goes is waited for: the next one is asked the same', async () => {
  const { calls, answered } = fixture({ unfold: () => Promise.reject(queryError('FRONT_LOST', {})) })
  calls.ask(request)
  await new Promise((resolve) => setImmediate(resolve))
  calls.offer({ unfold: () => Promise.resolve(step) })
  expect(await answered()).toMatchObject({ kind: 'stages-planned', step })
})

test('a stopped call is aborted and says nothing more', async () => {
  let aborted = false
  const { calls, facts } = fixture({
    unfold: (_request, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true
          reject(queryError('JOB_CANCELLED', {}))
        })
      }),
  })
  calls.ask(request)
  calls.stop(request.jobId)
  await new Promise((resolve) => setImmediate(resolve))
  expect([aborted, facts]).toEqual([true, []])
})

const request: UnfoldRequest = {
  jobId: 'jxxxxxxxxxxxxxxxx' as JobId,
  preparedQuery: '{}',
  cluster: { executors: 1, slots: 1, threadsPerExecutor: 1 },
  published: [],
  nextStageId: 1 as StageId,
}

function fixture(planner: UnfoldingPlanner) {
  const facts: SchedulerFact[] = []
  const due: (() => void)[] = []
  let wake: () => void = () => undefined
  const clock: Clock = {
    nowMs: () => 0,
    after: (_delayMs, callback) => {
      due.push(callback)
      return () => undefined
    },
  }
  const calls = createPlannerCalls(clock, (fact) => {
    facts.push(fact)
    wake()
  })
  calls.offer(planner)
  return {
    calls,
    facts,
    letTimePass: () => due.forEach((callback) => callback()),
    answered: async () => {
      if (facts.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      return facts[0]
    },
  }
}
