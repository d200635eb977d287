/** Timers on a clock that is moved by hand. */
import type { ExecutorId, JobId } from '@arbalest/common'
import { expect, test } from 'vitest'
import type { Timer } from '../core/event.js'
import { HandClock } from '../testing/hand-clock.js'
import { createTimers } from './timers.js'

const silence: Timer = { kind: 'silence', executorId: 'e' as ExecutorId }
const retention: Timer = { kind: 'retention', jobId: 'j' as JobId }

test('a timer started again replaces the one before', () => {
  const { clock, timers, fired } = fixture()
  timers.start(silence, 10)
  timers.start(retention, 15)
  timers.start(silence, 30)
  clock.moveTo(20)
  expect(fired).toEqual([retention])
  clock.moveTo(40)
  expect(fired).toEqual([retention, silence])
})

test('a cancelled timer does not fire', () => {
  const { clock, timers, fired } = fixture()
  timers.start(silence, 10)
  timers.start(retention, 10)
  timers.cancel(silence)
  timers.cancelAll()
  clock.moveTo(20)
  expect(fired).toEqual([])
})

test('after a pause of the process the sockets come first, so that who has called is not lost', () => {
  const { clock, timers, fired } = fixture()
  timers.start(silence, 100)
  clock.moveTo(60_000)
  expect(fired).toEqual([])
  clock.moveTo(60_300)
  expect(fired).toEqual([silence])
})

function fixture() {
  const clock = new HandClock()
  const fired: Timer[] = []
  return { clock, fired, timers: createTimers(clock, (timer) => fired.push(timer)) }
}
