import { limits, type Clock, type JobId } from '@arbalest/common'
import { beforeEach, expect, test } from 'vitest'
import { createResultTickets, type ResultTickets } from './result-tickets.js'

let nowMs: number
let forgotten: JobId[]
let tickets: ResultTickets
const clock: Clock = { nowMs: () => nowMs, after: () => () => undefined }
const job = (n: number): JobId => `j${n}` as JobId

beforeEach(() => {
  nowMs = 1_000
  forgotten = []
  tickets = createResultTickets(clock, (jobId) => forgotten.push(jobId), 3)
})

test('a job has one ticket until it ends', () => {
  const ticket = tickets.issue(job(1))
  expect(tickets.issue(job(1))).toEqual(ticket)
  expect(tickets.jobOf(ticket)).toBe(job(1))
  tickets.end(ticket)
  expect(tickets.jobOf(ticket)).toBeUndefined()
  expect(tickets.issue(job(1))).not.toEqual(ticket)
  expect(tickets.jobOf(new Uint8Array(32))).toBeUndefined()
})

test('tickets expire, and their rows are let go', () => {
  const ticket = tickets.issue(job(1))
  nowMs += limits.resultRetentionMs
  expect(tickets.jobOf(ticket)).toBe(job(1))
  nowMs += 1
  expect(tickets.jobOf(ticket)).toBeUndefined()
  tickets.issue(job(2))
  expect(forgotten).toEqual([job(1)])
})

test('there are only so many: the oldest go', () => {
  const given = [1, 2, 3, 4, 5].map((n) => tickets.issue(job(n)))
  expect(forgotten).toEqual([job(1), job(2)])
  expect(given.map((ticket) => tickets.jobOf(ticket))).toEqual([undefined, undefined, job(3), job(4), job(5)])
})
