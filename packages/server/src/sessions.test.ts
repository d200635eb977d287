import { defaultSettings, limits, type Clock, type SessionId } from '@arbalest/common'
import { beforeEach, expect, test } from 'vitest'
import { createSessions, type Sessions } from './sessions.js'

let nowMs: number
let sessions: Sessions
const clock: Clock = { nowMs: () => nowMs, after: () => () => undefined }

beforeEach(() => {
  nowMs = 1_000
  sessions = createSessions(clock, 3)
})

test('each has its own settings', () => {
  const first = sessions.open({ ...defaultSettings, adaptive: false })
  const second = sessions.open(defaultSettings)
  sessions.find(second).settings = { ...defaultSettings, jobName: 'x' }
  expect(sessions.find(first).settings).toMatchObject({ adaptive: false, jobName: undefined })
  expect(sessions.find(undefined).settings).toBe(defaultSettings)
})

test('one that is not used ends, one that is used stays', () => {
  const used = sessions.open(defaultSettings)
  const idle = sessions.open(defaultSettings)
  nowMs += limits.sessionIdleMs
  sessions.find(used)
  nowMs += 1
  expect(sessions.find(used).sessionId).toBe(used)
  expect(() => sessions.find(idle)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SESSION' }))
})

test('there are only so many, and idle ones make room', () => {
  const first = sessions.open(defaultSettings)
  sessions.open(defaultSettings)
  sessions.open(defaultSettings)
  expect(() => sessions.open(defaultSettings)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  sessions.close(first)
  sessions.open(defaultSettings)
  nowMs += limits.sessionIdleMs + 1
  expect(sessions.find(sessions.open(defaultSettings)).settings).toBe(defaultSettings)
})

test('unknown ones and those that were closed are errors', () => {
  const session = sessions.open(defaultSettings)
  sessions.close(session)
  sessions.close(session)
  for (const id of [session, 's-unknown' as SessionId]) {
    expect(() => sessions.find(id)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SESSION' }))
  }
})
