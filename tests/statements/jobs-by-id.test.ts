/** Jobs asked for by id, callers that go away, and what becomes of results: at the front itself. */
import type { JobId, SessionId } from '@arbalest/common'
import type { ExecuteEvent, JobAnswer } from '@arbalest/protocol'
import {
  createFrontBackend, startPlannerInProcess, systemClock, type FrontBackend, type Planner,
} from '@arbalest/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
let planner: Planner
let front: FrontBackend
beforeAll(async () => {
  lab = await startStatementLab({ executors: 1 })
  planner = await startPlannerInProcess()
  const parts = { scheduler: lab.cluster.service, planner, clock: systemClock, baseDirectory: lab.directory }
  front = createFrontBackend(parts)
})
afterAll(async () => {
  await lab?.close()
  await planner?.close()
})

const endless = 'SELECT sum(a.range * b.range) FROM range(100000000) a, range(1000000) b'
const large = "SELECT range AS n, repeat('x', 100) AS text FROM range(50000)"
const request = (sql: string, sessionId?: SessionId) => ({ sql, sessionId, requestId: '', textResult: false })
const stateOf = async (jobId: JobId) => (await lab.cluster.service.details(jobId)).status.state

async function ended(jobId: JobId): Promise<JobAnswer> {
  for await (const status of lab.cluster.service.watch(jobId, new AbortController().signal)) void status
  return front.status(jobId)
}
async function read(sql: string, signal = new AbortController().signal, sessionId?: SessionId) {
  const events: ExecuteEvent[] = []
  for await (const event of front.execute(request(sql, sessionId), signal)) events.push(event)
  return events
}

test('a small result is in the answer, however often it is asked for', async () => {
  const jobId = await front.submit(request('SELECT 42 AS n'))
  const [first, second] = [await ended(jobId), await front.status(jobId)]
  expect(first.progress.state).toBe('succeeded')
  const columns = [{ name: 'n', type: 'INTEGER' }]
  expect(first.result).toMatchObject({ rowCount: 1, columns, data: { kind: 'inline' } })
  expect(second).toEqual(first)
})

test('a large result has one ticket; read, it is let go', async () => {
  const jobId = await front.submit(request(large))
  const { result } = await ended(jobId)
  expect((await front.status(jobId)).result).toEqual(result)
  if (result?.data.kind !== 'ticket') throw new Error('the result is small')
  const { ticket } = result.data
  const source = await front.result(ticket, new AbortController().signal)
  expect(source).toMatchObject({ jobId })
  expect(source.parts.reduce((sum, part) => sum + part.rows, 0)).toBe(50_000)
  source.done('read')
  await expect(front.result(ticket, new AbortController().signal)).rejects.toMatchObject({ code: 'RESULT_EXPIRED' })
  await expect.poll(async () => (await front.status(jobId)).error?.code).toBe('RESULT_EXPIRED')
  expect((await front.status(jobId)).progress.state).toBe('succeeded')
})

test('a streamed small result is let go once it was given', async () => {
  const events = await read('SELECT 1')
  const last = events.at(-1)
  expect(last).toMatchObject({ kind: 'result', result: { rowCount: 1 } })
  if (last?.kind !== 'result' || last.result.jobId === undefined) throw new Error('there was no job')
  const { jobId } = last.result
  await expect.poll(async () => (await lab.cluster.service.details(jobId)).status.result?.parts.length).toBe(0)
})

test('cancelled by id', async () => {
  const jobId = await front.submit(request(endless))
  await front.cancel(jobId, 'enough')
  const answer = await ended(jobId)
  expect(answer).toMatchObject({ progress: { state: 'cancelled' }, error: { code: 'JOB_CANCELLED', jobId } })
  expect(await front.cancel(jobId, 'again')).toEqual(answer)
})

test('failed: the error has the job', async () => {
  const jobId = await front.submit(request("SELECT CAST('x' || range AS INTEGER) FROM range(2)"))
  expect(await ended(jobId)).toMatchObject({ progress: { state: 'failed' }, error: { code: 'EXECUTION_ERROR', jobId } })
})

test('only queries, only jobs that are known, only one statement', async () => {
  const others = ['SHOW TABLES', 'CREATE VIEW v AS SELECT 1', 'SET TimeZone = UTC', 'EXPLAIN SELECT 1']
  for (const sql of [...others, 'SELECT 1; SELECT 2']) {
    await expect(front.submit(request(sql)), sql).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  }
  await expect(front.submit(request('  SELECT nothing'))).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN', position: 9 })
  await expect(front.submit(request('SELECT 1', 's0' as SessionId))).rejects.toMatchObject({ code: 'UNKNOWN_SESSION' })
  await expect(front.status('j0' as JobId)).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
  await expect(front.cancel('j0' as JobId, '')).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
})

test('a caller that goes away takes its job along, unless its session says no', async () => {
  for (const [setting, expected] of [['true', 'cancelled'], ['false', 'running']] as const) {
    const sessionId = await front.openSession({ 'arbalest.cancel_on_disconnect': setting })
    const caller = new AbortController()
    let jobId: JobId | undefined
    const run = async () => {
      for await (const event of front.execute(request(endless, sessionId), caller.signal)) {
        if (event.kind === 'accepted') jobId = event.jobId
        if (event.kind === 'progress' && event.progress.attemptsRunning > 0) caller.abort()
      }
    }
    await expect(run()).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    if (jobId === undefined) throw new Error('there was no job')
    if (expected === 'cancelled') await ended(jobId)
    expect(await stateOf(jobId)).toBe(expected)
    await front.cancel(jobId, 'the test is over')
    await ended(jobId)
  }
})

test('a caller that stops reading takes its job along', async () => {
  let jobId: JobId | undefined
  for await (const event of front.execute(request(endless), new AbortController().signal)) {
    if (event.kind !== 'accepted') continue
    jobId = event.jobId
    break
  }
  await expect.poll(() => stateOf(jobId as JobId)).toBe('cancelled')
})

test('a caller that is gone before the job begins has none', async () => {
  const before = (await front.jobs()).length
  await expect(read('SELECT 1', AbortSignal.abort())).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  expect((await front.jobs()).length).toBe(before)
})

test('the state tells whether the planner is there', async () => {
  expect(await front.state()).toMatchObject({ plannerUp: true, executorsActive: 1 })
  const other = await startPlannerInProcess()
  const parts = { scheduler: lab.cluster.service, clock: systemClock, baseDirectory: lab.directory }
  const without = createFrontBackend({ ...parts, planner: other })
  await other.close()
  expect(await without.state()).toMatchObject({ plannerUp: false })
})
