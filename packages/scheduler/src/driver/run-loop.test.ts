/** The order of log and effects. */
import { type ExecutorId, type JobId, limits } from '@arbalest/common'
import { expect, test } from 'vitest'
import type { Effect } from '../core/effect.js'
import { createState } from '../core/state.js'
import { submission } from '../core/testing/specs.js'
import { createRunLoop } from './run-loop.js'
import { createMemoryLog } from './store/memory.js'
import { systemClock } from './system-clock.js'

const fact = (id: string) =>
  ({ kind: 'job-submitted', jobId: id as JobId, jobToken: '', submission }) as const

test('effects wait for the log, and those of later events behind them', async () => {
  const flushes: (() => void)[] = []
  const { loop, performed } = fixture(() => new Promise((resolve) => flushes.push(resolve)))
  const first = loop.dispatch(fact('j1'))
  const second = loop.dispatch(fact('j2'))
  flushes[1]?.()
  await Promise.resolve()
  expect(performed).toEqual([])
  flushes[0]?.()
  await first
  await second
  const changed = performed.filter(({ kind }) => kind === 'job-changed')
  expect(changed).toMatchObject([{ jobId: 'j1' }, { jobId: 'j2' }])
})

test('a log that fails stops the loop: nothing happens that was not recorded', async () => {
  const failures: unknown[] = []
  const { loop, performed } = fixture(() => Promise.reject(new Error('disk full')), failures)
  await loop.dispatch(fact('j1'))
  await loop.dispatch(fact('j2'))
  expect(failures).toHaveLength(1)
  expect(performed).toEqual([])
})

test('without its lease a scheduler does nothing, whether there is something to write or not', async () => {
  const lease = { nowMs: 100, untilMs: 200, look: () => {} }
  const failures: unknown[] = []
  const { loop, performed } = fixture(() => Promise.resolve(), failures, lease)
  await loop.dispatch(fact('j1'))
  const before = performed.length
  expect([before > 0, await loop.released()]).toEqual([true, true])
  lease.nowMs = 200
  expect(await loop.released()).toBe(false)
  await loop.dispatch({ kind: 'executor-draining', executorId: 'e1' as ExecutorId })
  await loop.dispatch(fact('j2'))
  expect([performed.length, failures.length]).toEqual([before, 1])
})

test('a scheduler to which nothing happens looks at its lease in time, and goes on if it was renewed', () => {
  const lease = { nowMs: 100, untilMs: 200, look: () => {} }
  const failures: unknown[] = []
  fixture(() => Promise.resolve(), failures, lease)
  lease.untilMs = 300
  lease.nowMs = 200
  lease.look()
  expect(failures).toEqual([])
  lease.nowMs = 300
  lease.look()
  expect(failures).toMatchObject([{ code: 'SCHEDULER_UNREACHABLE' }])
})

/** A lease by a clock that is moved by hand; `look` is what waits for its end. */
interface Lease {
  nowMs: number
  untilMs: number
  look: () => void
}

function fixture(append: () => Promise<void>, failures: unknown[] = [], lease?: Lease) {
  const performed: Effect[] = []
  const own = lease && {
    nowMs: () => lease.nowMs,
    after(_ms: number, run: () => void) {
      lease.look = run
      return () => undefined
    },
  }
  const loop = createRunLoop({
    state: createState(limits, 1),
    clock: own ?? systemClock,
    log: { ...createMemoryLog(), append, heldUntilMs: () => lease?.untilMs ?? Infinity },
    perform: (effect) => performed.push(effect),
    onFatal: (thrown) => failures.push(thrown),
  })
  return { loop, performed }
}
