import type { Clock } from '@arbalest/common'
import { beforeEach, expect, test } from 'vitest'
import { groupCommits, type GroupCommits } from './group-commits.js'

let nowMs: number
let timers: { readonly dueMs: number; readonly callback: () => void }[]
let written: (readonly string[])[]
let commits: GroupCommits<string>
let takesMs: number

beforeEach(() => {
  [nowMs, timers, written, takesMs] = [1000, [], [], 0]
  const clock: Clock = {
    nowMs: () => nowMs,
    after(delayMs, callback) {
      timers.push({ dueMs: nowMs + delayMs, callback })
      return () => undefined
    },
  }
  const write = (items: readonly string[]): void => {
    written.push(items)
    nowMs += takesMs
  }
  commits = groupCommits(write, '/nowhere', clock)
})

test('what comes in one turn is written together, at once where the disk is fast', async () => {
  await Promise.all([commits.add('a'), commits.add('b')])
  await commits.add('c')
  expect(written).toEqual([['a', 'b'], ['c']])
  expect(timers).toEqual([])
})

test('after a slow write what comes waits as long as that took, and goes together', async () => {
  takesMs = 8
  await commits.add('a')
  nowMs += 2
  const later = [commits.add('b'), commits.add('c')]
  expect(timers.map(({ dueMs }) => dueMs)).toEqual([1016])
  nowMs += 6
  timers[0]!.callback()
  await Promise.all(later)
  nowMs += 8
  await commits.add('d')
  expect(written).toEqual([['a'], ['b', 'c'], ['d']])
})

test('after a write that took a second it waits for no second', async () => {
  takesMs = 1000
  await commits.add('a')
  void commits.add('b')
  expect(timers.map(({ dueMs }) => dueMs - nowMs)).toEqual([50])
})
