/** The order of log and effects. */
import type { JobId } from '@arbalest/common'
import { limits } from '@arbalest/common'
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

function fixture(append: () => Promise<void>, failures: unknown[] = []) {
  const performed: Effect[] = []
  const loop = createRunLoop({
    state: createState(limits, 1),
    clock: systemClock,
    log: { ...createMemoryLog(), append },
    perform: (effect) => performed.push(effect),
    onFatal: (thrown) => failures.push(thrown),
  })
  return { loop, performed }
}
