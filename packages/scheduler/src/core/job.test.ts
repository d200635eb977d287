/** Jobs: states, planning step by step, ends, results, limits, the log. */
import { queryError } from '@arbalest/common'
import { expect, test } from 'vitest'
import { executorId, jobId, stageId, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const scanStage = stageSpec({ id: 1, tasks: 2, scan: 'split', output: 8 })
const sumStage = stageSpec({ id: 2, tasks: 2, reads: [{ stage: 1, mode: 'partition' }], output: 'result' })

test('a job waits in the queue for an executor, then is planned with the cluster as it is', () => {
  const cluster = new TestCluster()
  const job = cluster.submit('x')
  expect(job.state).toBe('queued')
  cluster.attach('a', { slots: 3 })
  expect(job.state).toBe('planning')
  expect(cluster.take('plan-rest')[0]?.request).toEqual({
    jobId: job.id,
    preparedQuery: '{}',
    cluster: { executors: 1, slots: 3, threadsPerExecutor: 4, threadsAtOnce: 4, machines: 1 },
    published: [],
    nextStageId: 1,
  })
})

test('a first step that was planned for the cluster as it is begins at once; for another it is planned anew', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const facts = { executors: 1, slots: 4, threadsPerExecutor: 4, threadsAtOnce: 4, machines: 1 }
  const step = {
    mode: 'distributed', modeReason: 'a test', stages: [scanStage, sumStage], decisions: [], finished: true,
  } as const
  const job = cluster.submit('x', {}, { cluster: facts, step })
  expect([job.state, job.cluster, cluster.stages(job)]).toEqual(['running', facts, ['running', 'waiting']])
  expect(cluster.take('plan-rest')).toEqual([])
  expect(cluster.takeLaunches()).toHaveLength(2)
  const other = cluster.submit('y', {}, { cluster: { ...facts, executors: 2 }, step })
  expect(other.state).toBe('planning')
  expect(cluster.take('plan-rest')).toHaveLength(1)
})

test('a job that ends with its client is cancelled when nobody has come or come back in time', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const timer = (job: { id: unknown }) => ({ kind: 'abandoned', jobId: job.id as never }) as const
  const job = cluster.run('x', [scanStage, sumStage], { endsWithClient: true })
  const isAwaited = () => cluster.timers.has(`abandoned ${job.id}`)
  cluster.send({ kind: 'client-came', jobId: job.id })
  expect(isAwaited()).toBe(false)
  cluster.send({ kind: 'client-left', jobId: job.id })
  expect(isAwaited()).toBe(true)
  cluster.send({ kind: 'client-came', jobId: job.id })
  cluster.restart()
  expect(isAwaited()).toBe(true)
  cluster.fire(timer(job))
  const ended = cluster.state.jobs.get(job.id)
  expect([ended?.state, ended?.error?.fields['reason']])
    .toEqual(['cancelled', 'its client went away and did not come back'])
  const other = cluster.run('y', [scanStage, sumStage])
  cluster.send({ kind: 'client-left', jobId: other.id })
  expect(cluster.timers.has(`abandoned ${other.id}`)).toBe(false)
})

test('a first step that does not fit the job fails it', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const facts = { executors: 1, slots: 4, threadsPerExecutor: 4, threadsAtOnce: 4, machines: 1 }
  const step = { mode: 'distributed', modeReason: '', stages: [sumStage], decisions: [], finished: true } as const
  const job = cluster.submit('x', {}, { cluster: facts, step })
  expect([job.state, job.error?.code]).toEqual(['failed', 'INTERNAL'])
})

test('stages run after what they read, and the result follows the order of tasks', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [scanStage, sumStage])
  expect(cluster.stages(job)).toEqual(['running', 'waiting'])
  cluster.succeed(job, '1/1')
  expect(cluster.stages(job)).toEqual(['running', 'waiting'])
  cluster.succeed(job, '1/0')
  expect(cluster.stages(job)).toEqual(['succeeded', 'running'])
  const second = cluster.succeed(job, '2/1')
  const first = cluster.succeed(job, '2/0', 'aGVsbG8=')
  expect(job.state).toBe('succeeded')
  expect(job.result?.rows).toBe(20)
  expect(job.result?.parts.map(({ attemptId, inline }) => [attemptId, inline])).toEqual([
    [first, 'aGVsbG8='],
    [second, undefined],
  ])
})

test('the planner is asked again with the facts of each finished stage, one call at a time', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const job = cluster.submit('x')
  cluster.take('plan-rest')
  cluster.plan(job, [scanStage, stageSpec({ id: 2 })], false)
  cluster.succeed(job, '2/0')
  const [asked] = cluster.take('plan-rest')
  expect(asked?.request.published.map(({ facts }) => facts?.rows)).toEqual([undefined, 10])
  expect(asked?.request.nextStageId).toBe(3)
  cluster.succeed(job, '1/0')
  cluster.succeed(job, '1/1')
  expect(cluster.take('plan-rest')).toEqual([])
  cluster.plan(job, [], false)
  const [again] = cluster.take('plan-rest')
  expect(again?.request.published[0]?.facts).toEqual({
    rows: 160, bytes: 1600, partitionRows: Array(8).fill(20), partitionBytes: Array(8).fill(200),
  })
  cluster.plan(job, [stageSpec({ id: 3, reads: [{ stage: 1, mode: 'all' }], output: 'result' })])
  cluster.succeed(job, '3/0')
  expect(job.state).toBe('succeeded')
})

test('a planning error fails the job', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.submit('x')
  const error = queryError('PLANNER_CRASHED', { reason: 'killed' }).toWire()
  cluster.send({ kind: 'planning-failed', jobId: job.id, error })
  expect(job.state).toBe('failed')
  expect(job.error).toEqual({ ...error, jobId: job.id })
})

test('a step of the planner that does not fit fails the job instead of hanging it', () => {
  const misfits = [
    { stages: [], finished: false },
    { stages: [], finished: true },
    { stages: [sumStage], finished: true },
    { stages: [scanStage, scanStage], finished: false },
    { stages: [stageSpec({ id: 1, tasks: 0 })], finished: false },
    { stages: [stageSpec({ id: 1, output: 'result' })], finished: false },
  ]
  for (const { stages, finished } of misfits) {
    const cluster = new TestCluster()
    cluster.attach('a')
    const job = cluster.submit('x')
    cluster.plan(job, stages, finished)
    expect(job.error?.code).toBe('INTERNAL')
  }
})

test('cancelling ends a job at once; what its attempts report later changes nothing', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [scanStage, sumStage])
  const { attempt } = cluster.current(job, '1/0')
  cluster.send({ kind: 'cancel-requested', jobId: job.id, reason: 'not wanted' })
  expect([job.state, job.error?.code]).toEqual(['cancelled', 'JOB_CANCELLED'])
  expect(cluster.stages(job)).toEqual(['cancelled', 'skipped'])
  expect(cluster.take('cancel-attempts')[0]?.attemptIds).toHaveLength(2)
  expect(cluster.take('forget-job')).toHaveLength(1)
  const before = job.revision
  cluster.report(attempt.id, { kind: 'cancelled', attemptId: attempt.id })
  cluster.send({ kind: 'cancel-requested', jobId: job.id, reason: 'again' })
  expect([job.state, job.revision]).toEqual(['cancelled', before])
})

test('a given-up attempt keeps its slot until its executor has confirmed', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 1 })
  const job = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
  const { attempt } = cluster.current(job, '1/0')
  cluster.send({ kind: 'cancel-requested', jobId: job.id, reason: '' })
  cluster.takeLaunches()
  cluster.run('y', [stageSpec({ id: 1, output: 'result' })])
  expect(cluster.takePlaces()).toEqual([])
  cluster.report(attempt.id, { kind: 'cancelled', attemptId: attempt.id })
  expect(cluster.takePlaces()).toEqual(['a 1/0/1'])
})

test('a job that takes too long is cancelled', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.submit('x', { timeoutMs: 50 })
  cluster.fire({ kind: 'job-timeout', jobId: job.id })
  expect([job.state, job.error?.code]).toEqual(['cancelled', 'JOB_CANCELLED'])
  expect(cluster.take('stop-planning')).toHaveLength(1)
})

test('more jobs than allowed are refused', () => {
  const cluster = new TestCluster({ jobsMax: 1 })
  cluster.submit('x')
  expect(() => cluster.submit('y')).toThrow()
  expect(cluster.take('job-refused')[0]?.error.code).toBe('LIMIT_EXCEEDED')
})

test('files of a result stay until it is released or its retention ends', () => {
  for (const isRead of [true, false]) {
    const cluster = new TestCluster()
    cluster.attach('a')
    const job = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
    cluster.succeed(job, '1/0')
    expect(cluster.take('forget-job')).toEqual([])
    if (isRead) cluster.send({ kind: 'result-released', jobId: job.id })
    else cluster.fire({ kind: 'retention', jobId: job.id })
    expect(cluster.take('forget-job')).toMatchObject([{ executorId: executorId('a'), jobId: job.id }])
    expect(job.result).toMatchObject({ released: true, parts: [], rows: 10 })
  }
})

test('only so many finished jobs are remembered', () => {
  const cluster = new TestCluster({ finishedJobsKept: 1 })
  cluster.attach('a')
  const first = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
  cluster.succeed(first, '1/0')
  const second = cluster.run('y', [stageSpec({ id: 1, output: 'result' })])
  cluster.succeed(second, '1/0')
  expect([...cluster.state.jobs.keys()]).toEqual([second.id])
  expect(cluster.take('job-forgotten')).toEqual([{ kind: 'job-forgotten', jobId: first.id }])
  expect(cluster.take('forget-job').map((effect) => effect.jobId)).toEqual([first.id])
})

test('large finished jobs go earlier once their results have been read, except the last ones', () => {
  const cluster = new TestCluster({ finishedJobsBytesMax: 1, finishedJobsKeptMin: 2 })
  cluster.attach('a')
  const jobs = ['u', 'v', 'w', 'x'].map((letter) => {
    const job = cluster.run(letter, [stageSpec({ id: 1, output: 'result', scan: 'all' })])
    cluster.succeed(job, '1/0')
    if (letter !== 'u') cluster.send({ kind: 'result-released', jobId: job.id })
    return job.id
  })
  expect([...cluster.state.jobs.keys()]).toEqual([jobs[0], jobs[3]])
  expect(cluster.state.endedBytes).toBeGreaterThan(600)
})

test('the log tells a job from its submission to its end, decisions and measures included', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
  cluster.succeed(job, '1/0')
  cluster.send({ kind: 'result-released', jobId: jobId('x') })
  expect(cluster.log.map(({ kind }) => kind)).toEqual([
    'executor-joined', 'job-submitted', 'stage-published', 'plan-unfolded', 'attempt-placed',
    'attempt-ended', 'stage-ended', 'job-ended', 'result-released',
  ])
  const published = cluster.log.find((record) => record.kind === 'stage-published')
  expect(published).toMatchObject({ version: 2, engineFingerprint: 'duckdb', spec: { stageId: stageId(1) } })
  const ended = cluster.log.find((record) => record.kind === 'attempt-ended')
  expect(ended).toMatchObject({ placedMs: 1000, report: { rows: 10, metrics: { committedMs: 4 } } })
})
