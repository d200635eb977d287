/** Failures and losses: what runs again, where, how often, and what does not. */
import { queryError } from '@arbalest/common'
import { expect, test } from 'vitest'
import { executorId, renumbered, reportFor, stageId, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const scans = stageSpec({ id: 1, tasks: 2, scan: 'split', output: 8 })
const middle = stageSpec({ id: 2, tasks: 2, reads: [{ stage: 1, mode: 'partition' }], output: 8 })
const last = stageSpec({ id: 3, reads: [{ stage: 2, mode: 'all' }], output: 'result' })
const single = stageSpec({ id: 1, output: 'result' })

const retry = (job: { id: unknown }, stage: number, task = 0) =>
  ({ kind: 'retry', jobId: job.id as never, stageId: stageId(stage), task }) as const

test('user and internal errors fail the job at once, with the error as it was', () => {
  for (const code of ['EXECUTION_ERROR', 'INPUT_CHANGED', 'INTERNAL'] as const) {
    const cluster = new TestCluster()
    cluster.attach('a')
    const job = cluster.run('x', [scans, middle, last])
    cluster.fail(job, '1/0', code)
    expect([job.state, job.error?.code, job.error?.jobId]).toEqual(['failed', code, job.id])
    expect(cluster.stages(job)).toEqual(['failed', 'skipped', 'skipped'])
    expect(cluster.take('forget-job')).toHaveLength(1)
  }
})

test('transient failures are tried again elsewhere after a growing wait, four times in all', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const job = cluster.run('x', [single])
  const waits: number[] = []
  const places: string[] = [...cluster.takePlaces()]
  for (let failures = 1; failures < 4; failures++) {
    cluster.fail(job, '1/0', 'IO_ERROR')
    const timer = retry(job, 1)
    const running = [...cluster.timers.values()].find((t) => t.timer.kind === 'retry')!
    waits.push(running.dueMs - cluster.nowMs)
    cluster.fire(timer)
    places.push(...cluster.takePlaces())
  }
  expect(waits).toEqual([75, 150, 300])
  expect(places.slice(0, 2)).toEqual(['a 1/0/1', 'b 1/0/2'])
  cluster.fail(job, '1/0', 'IO_ERROR')
  expect(job.error).toMatchObject({ code: 'TOO_MANY_FAILURES', fields: { failures: 4 } })
})

test('a failed task waits for another executor while that one is busy', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 2 })
  cluster.attach('b', { slots: 1 })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 2, output: 'result' })])
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'b 1/1/1'])
  cluster.fail(job, '1/0', 'IO_ERROR')
  cluster.fire(retry(job, 1))
  expect(cluster.takePlaces()).toEqual([])
  cluster.succeed(job, '1/1')
  expect(cluster.takePlaces()).toEqual(['b 1/0/2'])
})

test('what runs out of memory runs again alone where there is most of it', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { memoryLimitBytes: 2e9 })
  cluster.attach('b', { memoryLimitBytes: 1e9 })
  cluster.attach('c', { memoryLimitBytes: 4e9, slots: 1 })
  const other = cluster.run('y', [single])
  const job = cluster.run('x', [single])
  expect(cluster.takePlaces().toSorted()).toEqual(['a 1/0/1', 'b 1/0/1'])
  cluster.fail(job, '1/0', 'OUT_OF_MEMORY')
  cluster.fire(retry(job, 1))
  expect(cluster.takePlaces()).toEqual(['c 1/0/2'])
  cluster.attach('d', { memoryLimitBytes: 8e9 })
  cluster.fail(job, '1/0', 'OUT_OF_MEMORY')
  cluster.fire(retry(job, 1))
  expect(cluster.takePlaces()).toEqual(['d 1/0/3'])
  cluster.succeed(job, '1/0')
  cluster.succeed(other, '1/0')
  expect([job.state, other.state]).toEqual(['succeeded', 'succeeded'])
})

test('what runs out of memory alone makes its job begin anew with more partitions, and fails it in the end', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const reader = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }], output: 'result' })
  const job = cluster.run('x', [scans, reader])
  const times: unknown[] = []
  for (let first = 1; job.state === 'running'; first += 2) {
    if (first > 1) cluster.plan(job, [renumbered(scans, first - 1), renumbered(reader, first - 1)])
    cluster.fail(job, `${first}/0`, 'OUT_OF_MEMORY')
    cluster.fire(retry(job, first))
    cluster.succeed(job, `${first}/1`)
    expect(cluster.attempts(job, `${first}/0`)).toEqual(['failed', 'placed'])
    cluster.take('plan-rest')
    cluster.fail(job, `${first}/0`, 'OUT_OF_MEMORY')
    for (const { request } of cluster.take('plan-rest')) {
      expect(request.published).toEqual([])
      times.push(request.cluster.partitionsTimes)
    }
    expect(cluster.replayed().jobs.get(job.id)?.cluster).toEqual(job.cluster)
  }
  expect(times).toEqual([4, 16])
  expect([job.state, job.error?.code]).toEqual(['failed', 'OUT_OF_MEMORY'])
  expect(job.decisions.map(({ choice }) => choice)).toEqual([
    'made anew for 4 times as many partitions', 'made anew for 16 times as many partitions',
  ])
})

test('after a crash of the engine its attempts run one by one, alone; a second crash alone is the end', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 3, output: 'result' })])
  const other = cluster.run('y', [single])
  cluster.takeLaunches()
  cluster.fail(job, '1/0', 'ENGINE_CRASHED')
  cluster.fail(job, '1/1', 'ENGINE_CRASHED')
  cluster.fire(retry(job, 1, 0))
  cluster.fire(retry(job, 1, 1))
  cluster.succeed(job, '1/2')
  expect(cluster.takePlaces()).toEqual([])
  cluster.succeed(other, '1/0')
  expect(cluster.takePlaces()).toEqual(['a 1/0/2'])
  cluster.succeed(job, '1/0')
  expect(cluster.takePlaces()).toEqual(['a 1/1/2'])
  cluster.fail(job, '1/1', 'ENGINE_CRASHED')
  expect(job.error?.code).toBe('ENGINE_CRASHED')
})

test('a query that crashes two engines in which nobody else had anything is taken for the cause', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 2 })
  cluster.attach('b', { slots: 2 })
  const poison = cluster.run('x', [stageSpec({ id: 1, tasks: 4, scan: 'split', output: 'result' })])
  cluster.fail(poison, '1/0', 'ENGINE_CRASHED')
  cluster.fail(poison, '1/2', 'ENGINE_CRASHED')
  expect(poison.state).toBe('running')
  expect([...cluster.replayed().jobs.get(poison.id)!.stages.values()][0]!.crashedAloneOn.size).toBe(1)
  cluster.fail(poison, '1/1', 'ENGINE_CRASHED')
  expect([poison.state, poison.error?.code]).toEqual(['failed', 'ENGINE_CRASHED'])
})

test('who was beside it goes on, and so does who has succeeded before', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 2 })
  cluster.attach('b', { slots: 2 })
  const two = [stageSpec({ id: 1, tasks: 2, scan: 'split', output: 'result' })]
  const [poison, victim] = [cluster.run('x', two), cluster.run('y', two)]
  for (const where of ['1/0', '1/1']) for (const job of [poison!, victim!]) cluster.fail(job, where, 'ENGINE_CRASHED')
  expect([poison!.state, victim!.state]).toEqual(['running', 'running'])
  const other = new TestCluster()
  other.attach('a', { slots: 1 })
  other.attach('b', { slots: 1 })
  const unlucky = other.run('x', [stageSpec({ id: 1, tasks: 4, scan: 'split', output: 'result' })])
  other.succeed(unlucky, '1/0')
  for (const where of ['1/1', '1/2']) other.fail(unlucky, where, 'ENGINE_CRASHED')
  expect(unlucky.state).toBe('running')
})

test('a lost executor: its attempts and its needed outputs run again, and nothing of the others', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const job = cluster.run('x', [scans, middle, last])
  for (const where of ['1/0', '1/1']) cluster.succeed(job, where)
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'b 1/1/1', 'a 2/0/1', 'b 2/1/1'])
  cluster.succeed(job, '2/0')
  cluster.lose('b')
  expect(cluster.stages(job)).toEqual(['running', 'running', 'waiting'])
  expect(cluster.takePlaces()).toEqual(['a 1/1/2'])
  expect(cluster.attempts(job, '1/0')).toEqual(['succeeded'])
  expect(cluster.attempts(job, '2/1')).toEqual(['lost', 'waiting'])
  cluster.succeed(job, '1/1')
  expect(cluster.takePlaces()).toEqual(['a 2/1/2'])
  cluster.succeed(job, '2/1')
  cluster.succeed(job, '3/0')
  expect(job.state).toBe('succeeded')
})

test('outputs whose readers are done, and inline ones, are not computed again', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const broadcast = stageSpec({ id: 1, tasks: 2 })
  const reader = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }] })
  const end = stageSpec({ id: 3, tasks: 2, reads: [{ stage: 2, mode: 'all' }], output: 'result' })
  const job = cluster.run('x', [broadcast, reader, end])
  cluster.succeed(job, '1/0')
  cluster.succeed(job, '1/1')
  cluster.succeed(job, '2/0', 'AAAA')
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'b 1/1/1', 'a 2/0/1', 'a 3/0/1', 'b 3/1/1'])
  cluster.lose('a')
  expect(cluster.takeLaunches().map(({ id, spec }) => [id.slice(18), JSON.stringify(spec).includes('AAAA')]))
    .toEqual([['3/0/2', true]])
  expect(cluster.attempts(job, '1/0')).toEqual(['lost'])
  expect(cluster.stages(job)).toEqual(['succeeded', 'succeeded', 'running'])
})

test('a lost output whose reader ends well before its turn is not computed again', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 1 })
  cluster.attach('b', { slots: 1 })
  const reader = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }], output: 8 })
  const job = cluster.run('x', [scans, reader, last])
  for (const where of ['1/0', '1/1']) cluster.succeed(job, where)
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'b 1/1/1', 'a 2/0/1'])
  cluster.lose('b')
  expect(cluster.attempts(job, '1/1')).toEqual(['lost', 'waiting'])
  cluster.succeed(job, '2/0')
  expect(cluster.takePlaces()).toEqual(['a 3/0/1'])
  expect(cluster.attempts(job, '1/1')).toEqual(['lost', 'cancelled'])
  expect(cluster.stages(job)).toEqual(['succeeded', 'succeeded', 'running'])
  cluster.lose('a')
  cluster.attach('b')
  for (const where of ['1/0', '1/1', '2/0', '3/0']) cluster.succeed(job, where)
  expect(job.state).toBe('succeeded')
})

test('an executor that comes back with outputs saves those that were to be computed for them', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const job = cluster.run('x', [scans, middle, last])
  for (const where of ['1/0', '1/1']) cluster.succeed(job, where)
  const heldOutputs = ['2/0', '2/1'].map((where) => cluster.succeed(job, where))
  cluster.takeLaunches()
  cluster.lose('a')
  expect(cluster.stages(job)).toEqual(['ready', 'waiting', 'waiting'])
  cluster.attach('a', { slots: 4, heldOutputs })
  expect(cluster.takePlaces()).toEqual(['a 3/0/2'])
})

test('losses go back through all stages that are needed again', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [scans, middle, last])
  for (const where of ['1/0', '1/1', '2/0', '2/1']) cluster.succeed(job, where)
  cluster.lose('a')
  expect(cluster.stages(job)).toEqual(['ready', 'waiting', 'waiting'])
  cluster.attach('b')
  for (const where of ['1/0', '1/1', '2/0', '2/1', '3/0']) cluster.succeed(job, where)
  expect(job.state).toBe('succeeded')
})

test('a lost input is computed again, exactly, while its reader waits uncounted', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const job = cluster.run('x', [scans, middle, last])
  const lostInput = cluster.succeed(job, '1/0')
  cluster.succeed(job, '1/1')
  cluster.takeLaunches()
  cluster.fail(job, '2/0', 'SHUFFLE_FETCH_FAILED', [lostInput])
  expect(cluster.takePlaces()).toEqual(['a 1/0/2'])
  expect(cluster.attempts(job, '1/1')).toEqual(['succeeded'])
  cluster.succeed(job, '1/0')
  expect(cluster.takePlaces()).toEqual(['a 2/0/2'])
  expect(cluster.current(job, '2/0').task.failures).toBe(0)
})

test('a fetch that fails without naming what is lost counts as a failure', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [single])
  cluster.fail(job, '1/0', 'SHUFFLE_FETCH_FAILED')
  expect(cluster.current(job, '1/0').task.failures).toBe(1)
})

test('inputs on a suspect executor are waited for, not computed again', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const job = cluster.run('x', [scans, middle, last])
  const kept = [cluster.succeed(job, '1/0'), cluster.succeed(job, '1/1')]
  cluster.takeLaunches()
  cluster.detach('a')
  cluster.fail(job, '2/1', 'SHUFFLE_FETCH_FAILED', [kept[0]!])
  expect(cluster.takePlaces()).toEqual([])
  const running = [cluster.current(job, '2/0').attempt.id]
  cluster.attach('a', { heldOutputs: kept.slice(0, 1), runningAttempts: running })
  expect(cluster.takePlaces()).toEqual(['b 2/1/2'])
  expect(cluster.attempts(job, '1/0')).toEqual(['succeeded'])
})

test('an output that is lost again and again fails the job', () => {
  const cluster = new TestCluster({ recomputationsPerStageMax: 1 })
  cluster.attach('a', { slots: 8 })
  const job = cluster.run('x', [scans, middle, last])
  cluster.succeed(job, '1/1')
  cluster.fail(job, '2/0', 'SHUFFLE_FETCH_FAILED', [cluster.succeed(job, '1/0')])
  cluster.fail(job, '2/1', 'SHUFFLE_FETCH_FAILED', [cluster.succeed(job, '1/0')])
  expect(job.error?.code).toBe('TOO_MANY_FAILURES')
})

test('a task under which executors die again and again fails its job', () => {
  const cluster = new TestCluster({ lossesPerTaskMax: 2 })
  const job = cluster.submit('x')
  for (const letter of ['a', 'b', 'c']) {
    cluster.attach(letter)
    if (job.planning) cluster.plan(job, [single])
    cluster.lose(letter)
  }
  expect(job.error?.code).toBe('TOO_MANY_FAILURES')
})

test('a lost part of an indeterminate stage that was read makes it and its readers start again', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const random = { ...scans, indeterminate: true }
  const job = cluster.run('x', [random, middle, last])
  for (const where of ['1/0', '1/1']) cluster.succeed(job, where)
  const late = cluster.current(job, '2/0').attempt.id
  cluster.takeLaunches()
  cluster.lose('b')
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'placed'])
  expect(cluster.attempts(job, '2/0')).toEqual(['cancelled', 'waiting'])
  expect(cluster.take('cancel-attempts')).toMatchObject([{ attemptIds: [late] }])
  cluster.report(late, { kind: 'cancelled', attemptId: late })
  for (const where of ['1/0', '1/1', '2/0', '2/1', '3/0']) cluster.succeed(job, where)
  expect(job.state).toBe('succeeded')
})

test('of what starts again with an indeterminate stage only that runs which is still needed', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const job = cluster.submit('x')
  cluster.plan(job, [{ ...scans, indeterminate: true }, middle], false)
  for (const where of ['1/0', '1/1', '2/0', '2/1']) cluster.succeed(job, where)
  cluster.lose('b')
  cluster.takeLaunches()
  const other = stageSpec({ id: 3, tasks: 1, reads: [{ stage: 1, mode: 'all' }] })
  cluster.plan(job, [other], false)
  expect(cluster.takePlaces()).toEqual(['a 1/0/2', 'a 1/1/2'])
  expect(cluster.attempts(job, '2/0')).toEqual(['lost'])
  for (const where of ['1/0', '1/1', '3/0']) cluster.succeed(job, where)
  const reads = [{ stage: 2, mode: 'all' }, { stage: 3, mode: 'all' }] as const
  cluster.plan(job, [stageSpec({ id: 4, reads, output: 'result' })])
  expect(cluster.takePlaces()).toEqual(expect.arrayContaining(['a 2/0/2', 'a 2/1/2']))
  for (const where of ['2/0', '2/1', '4/0']) cluster.succeed(job, where)
  expect(job.state).toBe('succeeded')
})

test('a lost part of an indeterminate stage that nobody has read is computed alone', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const job = cluster.run('x', [{ ...scans, indeterminate: true }, middle, last])
  cluster.succeed(job, '1/0')
  cluster.lose('a')
  expect(cluster.attempts(job, '1/0')).toEqual(['lost', 'placed'])
  expect(cluster.attempts(job, '1/1')).toEqual(['placed'])
})

test('an attempt given up by a leaving executor is not counted', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  const job = cluster.run('x', [single])
  cluster.send({ kind: 'executor-draining', executorId: executorId('a') })
  const { attempt, task } = cluster.current(job, '1/0')
  cluster.report(attempt.id, { kind: 'cancelled', attemptId: attempt.id })
  expect([task.failures, cluster.takePlaces()]).toEqual([0, ['a 1/0/1', 'b 1/0/2']])
  const error = queryError('EXECUTOR_LOST', { executorId: 'b', reason: 'drained' }).toWire()
  const again = cluster.current(job, '1/0').attempt.id
  cluster.report(again, { kind: 'failed', attemptId: again, error, lostInputs: [] })
  expect(task.failures).toBe(0)
})

test('outputs in a shared directory outlive their executor, until a reader does not find them', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const job = cluster.run('x', [scans, middle, last])
  for (const task of ['1/0', '1/1']) {
    const { attempt, stage } = cluster.current(job, task)
    const report = { ...reportFor(stage.spec), store: 'shared' }
    cluster.report(attempt.id, { kind: 'succeeded', attemptId: attempt.id, report })
  }
  cluster.takeLaunches()
  cluster.attach('b')
  cluster.lose('a')
  const launches = cluster.takeLaunches()
  expect(launches.map(({ on, id }) => `${on} ${id.slice(18)}`)).toEqual(['b 2/0/2', 'b 2/1/2'])
  const [lost] = launches[0]!.spec.inputs.flatMap((input) => (input.kind === 'shuffle' ? input.pieces : []))
  expect(lost).toMatchObject({ store: 'shared' })
  cluster.fail(job, '2/0', 'SHUFFLE_FETCH_FAILED', [lost!.attemptId])
  expect(cluster.takePlaces()).toEqual([`b ${lost!.attemptId.slice(18, -1)}2`])
})
