import { expect, test } from 'vitest'
import { deferred } from './deferred.js'
import { Gate } from './gate.js'

const never = new AbortController().signal

test('lets no more through than it has places, in the order of arrival', async () => {
  const gate = new Gate(2)
  const stops = [deferred<void>(), deferred<void>(), deferred<void>()]
  const begun: number[] = []
  const passes = stops.map((stop, i) =>
    gate.pass(never, () => {
      begun.push(i)
      return stop.promise
    }),
  )
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  stops[1]!.resolve()
  await passes[1]
  stops[0]!.resolve()
  stops[2]!.resolve()
  await Promise.all(passes)
  expect(begun).toEqual([0, 1, 2])
})

test('one that gives up while it waits takes no place', async () => {
  const gate = new Gate(1)
  const stop = deferred<void>()
  const first = gate.pass(never, () => stop.promise)
  const abort = new AbortController()
  const second = gate.pass(abort.signal, () => Promise.resolve('in'))
  abort.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  stop.resolve()
  await first
  expect(await gate.pass(never, () => Promise.resolve('third'))).toBe('third')
})

test('a body that fails gives its place back', async () => {
  const gate = new Gate(1)
  await expect(gate.pass(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await gate.pass(never, () => Promise.resolve(1))).toBe(1)
})
