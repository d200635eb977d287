/** Executors: joining, silence, coming back, draining, being alone. */
import type { AttemptId } from '@arbalest/common'
import { expect, test } from 'vitest'
import { executorId, reportFor, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const single = stageSpec({ id: 1, output: 'result' })
const vitals = { runningAttempts: 0, residentBytes: 0, cpuMs: 0, workDirBytes: 0 }
const stateOf = (cluster: TestCluster, letter: string) =>
  cluster.state.executors.get(executorId(letter))?.state

test('another protocol or another engine is refused, the version before is not', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b', { protocolVersion: 2 })
  cluster.attach('c', { engineFingerprint: 'another' })
  cluster.attach('d', { protocolVersion: 0 })
  expect(cluster.take('executor-refused').map(({ error }) => error.code)).toEqual([
    'PROTOCOL_MISMATCH', 'FINGERPRINT_MISMATCH',
  ])
  expect([...cluster.state.executors.keys()]).toEqual([executorId('a'), executorId('d')])
})

test('another engine may come when the last executor has gone', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.lose('a')
  cluster.attach('b', { engineFingerprint: 'another' })
  expect(cluster.take('executor-refused')).toEqual([])
})

test('heartbeats put off the end; silence brings it', () => {
  const cluster = new TestCluster({ executorTimeoutMs: 100 })
  cluster.attach('a')
  cluster.nowMs += 60
  cluster.send({ kind: 'heartbeat', executorId: executorId('a'), vitals })
  cluster.fire({ kind: 'silence', executorId: executorId('a') })
  expect(stateOf(cluster, 'a')).toBe('active')
  cluster.fire({ kind: 'silence', executorId: executorId('a') })
  expect(stateOf(cluster, 'a')).toBe('lost')
  expect(cluster.take('end-stream')).toHaveLength(1)
})

test('a suspect executor gets nothing new and goes on when it comes back in time', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const { attempt } = cluster.current(job, '1/0')
  cluster.takeLaunches()
  cluster.detach('a')
  cluster.run('y', [single])
  expect(cluster.takePlaces()).toEqual([])
  cluster.attach('a', { runningAttempts: [attempt.id] })
  expect(cluster.takePlaces()).toEqual([])
  cluster.plan(cluster.state.jobs.get('jyyyyyyyyyyyyyyyy' as never)!, [single])
  expect(cluster.takePlaces()).toEqual(['a 1/0/1'])
  cluster.succeed(job, '1/0')
  expect(job.state).toBe('succeeded')
})

test('the end of a stream that was replaced means nothing', () => {
  const cluster = new TestCluster()
  const old = cluster.attach('a')
  cluster.attach('a')
  cluster.send({ kind: 'executor-detached', streamId: old, executorId: executorId('a') })
  expect(stateOf(cluster, 'a')).toBe('active')
})

test('who comes back without an attempt gets it anew; an attempt unknown here is ended there', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  cluster.lose('a')
  const unknown = 'jxxxxxxxxxxxxxxxx/1/0/1'
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'waiting'])
  cluster.attach('a', { slots: 3, runningAttempts: [unknown as never] })
  expect(cluster.take('cancel-attempts')).toMatchObject([{ attemptIds: [unknown] }])
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'placed'])
})

test('a report that broke off with the stream is waited for until the next heartbeat', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const { attempt } = cluster.current(job, '1/0')
  cluster.detach('a')
  cluster.attach('a', { heldOutputs: [attempt.id] })
  expect(cluster.attempts(job, '1/0')).toEqual(['placed'])
  cluster.send({ kind: 'heartbeat', executorId: executorId('a'), vitals })
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'placed'])
})

test('outputs of a lost executor that comes back are taken if nothing has replaced them', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const scans = stageSpec({ id: 1, tasks: 2, output: 8 })
  const end = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }], output: 'result' })
  const job = cluster.run('x', [scans, end])
  const held = [cluster.succeed(job, '1/0'), cluster.succeed(job, '1/1')]
  cluster.lose('a')
  cluster.takeLaunches()
  cluster.attach('b', { slots: 1 })
  expect(cluster.takePlaces()).toEqual(['b 1/0/2'])
  cluster.succeed(job, '1/0')
  cluster.takeLaunches()
  cluster.attach('a', { heldOutputs: held })
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'succeeded'])
  expect(cluster.attempts(job, '1/1')).toEqual(['succeeded', 'cancelled'])
  const gone = cluster.take('cancel-attempts')[0]!.attemptIds[0]!
  cluster.report(gone, { kind: 'cancelled', attemptId: gone })
  expect(cluster.takePlaces()).toEqual(['a 2/0/2'])
})

test('who comes back without an output that is needed has lost it', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const end = stageSpec({ id: 2, tasks: 2, reads: [{ stage: 1, mode: 'all' }], output: 'result' })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 2, output: 8 }), end])
  const kept = cluster.succeed(job, '1/0')
  cluster.succeed(job, '1/1')
  cluster.detach('a')
  cluster.attach('a', { heldOutputs: [kept] })
  expect(cluster.attempts(job, '1/0')).toEqual(['succeeded'])
  expect(cluster.attempts(job, '1/1')).toEqual(['lost', 'placed'])
})

test('who comes back with files of jobs that are over is told to remove them', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const held = cluster.succeed(job, '1/0')
  cluster.detach('a')
  cluster.send({ kind: 'result-released', jobId: job.id })
  cluster.take('forget-job')
  cluster.attach('a', { heldOutputs: [held, 'jzzzzzzzzzzzzzzzz/1/0/1' as never] })
  expect(cluster.take('forget-job').map(({ jobId }) => jobId.slice(1, 3))).toEqual(['xx', 'zz'])
})

test('the rows of a succeeded job may go with their executor, and come back with it', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const held = cluster.succeed(job, '1/0')
  cluster.lose('a')
  expect(job.state).toBe('succeeded')
  expect(job.result?.lost).toContain('its stream broke')
  expect(cluster.attempts(job, '1/0')).toEqual(['lost'])
  cluster.attach('a', { heldOutputs: [held] })
  expect(job.result?.lost).toBeUndefined()
})

test('jobs without any executor wait for one, but not for ever', () => {
  const cluster = new TestCluster()
  const early = cluster.submit('x')
  cluster.attach('a')
  cluster.plan(early, [single])
  cluster.lose('a')
  cluster.fire({ kind: 'no-executor', jobId: early.id })
  expect(early.error?.code).toBe('NO_EXECUTORS')
})

test('a draining executor finishes what it has and leaves when nobody needs it', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  cluster.send({ kind: 'executor-draining', executorId: executorId('a') })
  cluster.fire({ kind: 'no-executor', jobId: job.id })
  expect(job.state).toBe('running')
  cluster.succeed(job, '1/0')
  expect(cluster.take('shut-down')).toEqual([])
  cluster.send({ kind: 'result-released', jobId: job.id })
  expect(cluster.take('shut-down')).toHaveLength(1)
  cluster.detach('a')
  expect(stateOf(cluster, 'a')).toBe('lost')
})

test('only so many lost executors are shown', () => {
  const cluster = new TestCluster({ lostExecutorsKept: 1 })
  for (const letter of ['a', 'b', 'c']) {
    cluster.attach(letter)
    cluster.lose(letter)
  }
  expect([...cluster.state.executors.keys()]).toEqual([executorId('c')])
})

test('news of a lost executor count for nothing until it has come back', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const { attempt } = cluster.current(job, '1/0')
  cluster.lose('a')
  cluster.report(attempt.id, { kind: 'running', attemptId: attempt.id, atMs: 1 })
  cluster.send({ kind: 'heartbeat', executorId: executorId('a'), vitals })
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'waiting'])
})

test('whoever tells late of an attempt is told to forget its job once nobody needs the files', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const { attempt } = cluster.current(job, '1/0')
  cluster.lose('a')
  cluster.attach('b')
  cluster.succeed(job, '1/0')
  cluster.send({ kind: 'result-released', jobId: job.id })
  cluster.attach('a', { runningAttempts: [attempt.id] })
  cluster.take('forget-job')
  // It had committed before the cancel came.
  cluster.report(attempt.id, { kind: 'succeeded', attemptId: attempt.id, report: reportFor(single) })
  expect(cluster.take('forget-job')).toMatchObject([{ executorId: executorId('a'), jobId: job.id }])
})

test('whoever tells late of an attempt is remembered while its job needs files', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const { attempt } = cluster.current(job, '1/0')
  cluster.lose('a')
  cluster.attach('b')
  cluster.succeed(job, '1/0')
  job.executors.delete(executorId('a'))
  cluster.report(attempt.id, { kind: 'cancelled', attemptId: attempt.id })
  expect(cluster.take('forget-job')).toEqual([])
  cluster.attach('a')
  cluster.send({ kind: 'result-released', jobId: job.id })
  expect(cluster.take('forget-job').map(({ executorId: id }) => id)).toContain(executorId('a'))
})

test('an attempt that never was does not take away the files of a job that runs', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  const attemptId = `${job.id}/1/0/9` as AttemptId
  cluster.send({ kind: 'attempt-updates', executorId: executorId('a'), updates: [{ kind: 'cancelled', attemptId }] })
  cluster.detach('a')
  cluster.attach('a', { heldOutputs: [attemptId], runningAttempts: [cluster.current(job, '1/0').attempt.id] })
  expect(cluster.take('forget-job')).toEqual([])
})
