/** A scheduler that goes on from its log. */
import { expect, test } from 'vitest'
import { executorId, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const scan = stageSpec({ id: 1, tasks: 2 })
const result = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'partition' }], output: 'result' })

test('what runs on executors that come back goes on; nothing is planned or placed twice', () => {
  const cluster = started()
  const job = cluster.run('x', [scan, result])
  const running = cluster.current(job, '1/0').attempt.id
  const done = cluster.succeed(job, '1/1')
  cluster.takePlaces()
  cluster.take('plan-rest')
  cluster.restart()
  expect(cluster.state.executors.get(executorId('a'))?.state).toBe('suspect')
  cluster.attach('a', { runningAttempts: [running], heldOutputs: [done] })
  const again = cluster.state.live.get(job.id)!
  expect([cluster.takePlaces(), cluster.take('plan-rest')]).toEqual([[], []])
  cluster.succeed(again, '1/0')
  cluster.succeed(again, '2/0')
  expect(again.state).toBe('succeeded')
  expect(again.token).toBe(job.token)
})

test('what an executor does not know of, and what it does not hold any more, runs again', () => {
  const cluster = started()
  const job = cluster.run('x', [scan, result])
  const done = cluster.succeed(job, '1/1')
  cluster.takePlaces()
  cluster.restart()
  cluster.attach('a', { runningAttempts: [], heldOutputs: [done] })
  expect(cluster.takePlaces()).toEqual(['a 1/0/2'])
  cluster.restart()
  cluster.attach('a')
  expect(cluster.takePlaces()).toEqual(['a 1/0/3', 'a 1/1/2'])
})

test('executors that do not come back are lost after the grace', () => {
  const cluster = started()
  const job = cluster.run('x', [scan, result])
  cluster.restart()
  cluster.attach('b')
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'a 1/1/1'])
  cluster.fire({ kind: 'reattach', executorId: executorId('a') })
  expect(cluster.takePlaces()).toEqual(['b 1/0/2', 'b 1/1/2'])
  expect(cluster.attempts(cluster.state.live.get(job.id)!, '1/0')).toEqual(['lost', 'placed'])
})

test('a plan that was asked for is asked for again, for the cluster as it was', () => {
  const cluster = started()
  cluster.attach('b')
  const job = cluster.submit('x')
  const [asked] = cluster.take('plan-rest')
  cluster.restart()
  cluster.attach('b')
  const [again] = cluster.take('plan-rest')
  expect(again?.request).toEqual(asked?.request)
  expect(again?.request.jobId).toBe(job.id)
})

test('after an upgrade with nothing under way executors with another engine are taken', () => {
  const cluster = started()
  cluster.restart()
  cluster.attach('b', { engineFingerprint: 'newer' })
  expect(cluster.state.executors.get(executorId('b'))?.state).toBe('active')
  cluster.run('x', [scan, result])
  cluster.restart()
  cluster.attach('a')
  expect(cluster.take('executor-refused')).toMatchObject([{ error: { code: 'FINGERPRINT_MISMATCH' } }])
})

test('failures count over a restart', () => {
  const cluster = started({ attemptsPerTaskMax: 2 })
  const job = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
  cluster.fail(job, '1/0', 'IO_ERROR')
  cluster.restart()
  cluster.attach('a')
  cluster.fail(cluster.state.live.get(job.id)!, '1/0', 'IO_ERROR')
  expect(cluster.state.jobs.get(job.id)?.error?.code).toBe('TOO_MANY_FAILURES')
})

test('an ended job keeps its result for its whole time again', () => {
  const cluster = started()
  const job = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
  const part = cluster.succeed(job, '1/0')
  cluster.restart()
  cluster.attach('a', { heldOutputs: [part] })
  const ended = cluster.state.jobs.get(job.id)!
  expect(ended.result?.parts.map(({ attemptId }) => attemptId)).toEqual([part])
  expect(cluster.take('forget-job')).toEqual([])
  cluster.fire({ kind: 'retention', jobId: job.id })
  expect(cluster.take('forget-job')).toMatchObject([{ executorId: executorId('a'), jobId: job.id }])
})

test('ended jobs beyond those kept go, though the process ended before it had forgotten them', () => {
  const cluster = started({ finishedJobsKept: 1 })
  cluster.succeed(cluster.run('x', [stageSpec({ id: 1, output: 'result' })]), '1/0')
  const before = [...cluster.log]
  const job = cluster.run('y', [stageSpec({ id: 1, output: 'result' })])
  cluster.succeed(job, '1/0')
  const forgotten = before.filter((record) => !cluster.log.includes(record))
  expect(forgotten.length).toBeGreaterThan(0)
  cluster.log.unshift(...forgotten)
  cluster.restart()
  expect([...cluster.state.jobs.keys()]).toEqual([job.id])
})

test('the time of a job goes on while nobody watches it', () => {
  const cluster = started()
  const job = cluster.submit('x', { timeoutMs: 1_000 })
  cluster.nowMs += 5_000
  cluster.restart()
  cluster.fire({ kind: 'job-timeout', jobId: job.id })
  expect(cluster.state.jobs.get(job.id)?.state).toBe('cancelled')
})

function started(limits: ConstructorParameters<typeof TestCluster>[0] = {}): TestCluster {
  const cluster = new TestCluster(limits)
  cluster.attach('a')
  return cluster
}
