/** Second attempts: who gets one and where, and what becomes of the two. */
import { expect, test } from 'vitest'
import type { StageSpec } from '@arbalest/plan'
import { executorId, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'
import type { Job, Task } from './state.js'

const four = stageSpec({ id: 1, tasks: 4, scan: 'split', output: 8 })
const last = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }], output: 'result' })

/** Task 0 still runs on executor a after `ms`, while the other three have ended in 1 s. */
function straggling({ ms = 6_000, first = four, speculation = true } = {}) {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 2 })
  cluster.attach('b', { slots: 2 })
  const job = cluster.run('x', [first, ...(first === four ? [last] : [])], { speculation })
  cluster.takePlaces()
  cluster.nowMs += 1_000
  for (const where of ['1/1', '1/2', '1/3']) cluster.succeed(job, where)
  cluster.nowMs += ms - 1_000
  beat(cluster)
  return { cluster, job }
}

test('a task that takes three times as long as its like, and five seconds, gets a second attempt elsewhere', () => {
  expect(straggling({ ms: 4_900 }).cluster.takePlaces()).toEqual([])
  const { cluster, job } = straggling()
  expect(cluster.takePlaces()).toEqual(['b 1/0/2'])
  cluster.nowMs += 60_000
  beat(cluster)
  expect(cluster.takePlaces()).toEqual([])
  expect(taskOf(job).attempts).toHaveLength(2)
})

test('what runs again and is needed no more gets no second attempt', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  cluster.attach('b', { slots: 4 })
  const reader = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }], output: 8 })
  const end = stageSpec({ id: 3, reads: [{ stage: 2, mode: 'all' }], output: 'result' })
  const job = cluster.run('x', [four, reader, end], { speculation: true })
  for (const where of ['1/0', '1/1', '1/2', '1/3']) cluster.succeed(job, where)
  cluster.lose(cluster.current(job, '2/0').attempt.executorId === executorId('a') ? 'b' : 'a')
  expect(cluster.stages(job)).toEqual(['running', 'running', 'waiting'])
  cluster.attach('c', { slots: 4 })
  cluster.succeed(job, '2/0')
  cluster.takePlaces()
  cluster.nowMs += 60_000
  cluster.send({ kind: 'client-left', jobId: job.id })
  expect(cluster.takePlaces()).toEqual([])
})

test('whoever succeeds first gives the output, and the other one is cancelled', () => {
  for (const winner of [0, 1]) {
    const { cluster, job } = straggling()
    const { attempts } = taskOf(job)
    const [ours, theirs] = winner === 0 ? [attempts[0]!, attempts[1]!] : [attempts[1]!, attempts[0]!]
    cluster.take('cancel-attempts')
    win(cluster, job, winner)
    expect([ours.state, theirs.state]).toEqual(['succeeded', 'cancelled'])
    expect(cluster.take('cancel-attempts')).toMatchObject([{ attemptIds: [theirs.id] }])
    expect(taskOf(job).output).toBe(ours)
    cluster.report(theirs.id, { kind: 'cancelled', attemptId: theirs.id })
    cluster.succeed(job, '2/0')
    expect(job.state).toBe('succeeded')
  }
})

test('when one of the two fails or is lost the other goes on, over a restart too', () => {
  for (const gone of ['a', 'b']) {
    const { cluster, job } = straggling()
    cluster.lose(gone)
    const [first, second] = taskOf(job).attempts
    const [lost, other] = gone === 'a' ? [first, second] : [second, first]
    expect([lost!.state, other!.state]).toEqual(['lost', 'placed'])
    expect([taskOf(job).current, taskOf(job).twin]).toEqual([other, undefined])
    expect(cluster.replayed().jobs.get(job.id)?.stages.get(1 as never)?.tasks[0]).toMatchObject({
      current: { id: other!.id }, twin: undefined, losses: 1,
    })
  }
  const { cluster, job } = straggling()
  expect(cluster.replayed().jobs.get(job.id)?.stages.get(1 as never)?.tasks[0]?.twin?.executorId)
    .toBe(executorId('b'))
  cluster.fail(job, '1/0', 'IO_ERROR')
  expect(taskOf(job)).toMatchObject({ failures: 1, current: { state: 'placed' }, twin: undefined })
  expect(cluster.take('launch').filter(({ attempts }) => attempts[0]?.attemptId.endsWith('/3'))).toEqual([])
})

test('more to read is a reason to take longer', () => {
  const files = four.inputs.map((input) => input.kind === 'scan'
    ? { ...input, files: input.files.map((file, n) => (n === 0 ? { ...file, rows: 1_000 } : file)) } : input)
  expect(straggling({ first: { ...four, inputs: files, output: { kind: 'result' } } }).cluster.takePlaces()).toEqual([])
})

test('there is no second attempt where files of a user are written, nor where it is not wanted', () => {
  const outputs: readonly StageSpec['output'][] = [
    { kind: 'table', directory: '/t' },
    { kind: 'files', directory: '/t', format: 'csv', options: {}, partitionBy: [] },
  ]
  for (const output of outputs) expect(straggling({ first: { ...four, output } }).cluster.takePlaces()).toEqual([])
  expect(straggling({ first: { ...four, output: { kind: 'result' } } }).cluster.takePlaces()).toEqual(['b 1/0/2'])
  expect(straggling({ speculation: false }).cluster.takePlaces()).toEqual([])
})

test('those who wait for a slot go before second attempts', () => {
  const { cluster } = straggling({ ms: 3_000 })
  cluster.run('y', [stageSpec({ id: 1, tasks: 9, output: 'result' })])
  cluster.takePlaces()
  cluster.nowMs += 10_000
  beat(cluster)
  expect(cluster.takePlaces()).toEqual([])
})

function beat(cluster: TestCluster): void {
  const vitals = { runningAttempts: 0, residentBytes: 0, cpuMs: 0, workDirBytes: 0 }
  for (const letter of ['a', 'b']) cluster.send({ kind: 'heartbeat', executorId: executorId(letter), vitals })
}

const taskOf = (job: Job): Task => [...job.stages.values()][0]!.tasks[0]!

/** Lets the first or the second attempt of the straggler succeed. */
function win(cluster: TestCluster, job: Job, position: number): void {
  const { attempts } = taskOf(job)
  const { report } = [...job.stages.values()][0]!.tasks[1]!.output!
  const attemptId = attempts[position]!.id
  cluster.report(attemptId, { kind: 'succeeded', attemptId, report: report! })
}
