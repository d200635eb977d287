/** Executors that an operator sets aside, sends home and takes back. */
import { expect, test } from 'vitest'
import type { ExecutorAction } from './executor-action.js'
import { executorId, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const scans = stageSpec({ id: 1, tasks: 4, scan: 'split' })
const last = stageSpec({ id: 2, reads: [{ stage: 1, mode: 'all' }], output: 'result' })

function order(cluster: TestCluster, letter: string, action: ExecutorAction): void {
  cluster.send({ kind: 'executor-ordered', executorId: executorId(letter), action })
}

const executorOf = (cluster: TestCluster, letter: string) => cluster.state.executors.get(executorId(letter))!

test('who is set aside finishes what it runs, keeps its outputs and gets nothing new until it is taken back', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 1 })
  cluster.attach('b', { slots: 1 })
  const job = cluster.run('x', [scans, last])
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'b 1/1/1'])
  order(cluster, 'a', 'set-aside')
  cluster.succeed(job, '1/0')
  expect(cluster.takePlaces()).toEqual([])
  for (const [where, next] of [['1/1', 'b 1/2/1'], ['1/2', 'b 1/3/1'], ['1/3', 'b 2/0/1']] as const) {
    cluster.succeed(job, where)
    expect(cluster.takePlaces()).toEqual([next])
  }
  cluster.succeed(job, '2/0')
  expect([job.state, cluster.take('shut-down')]).toEqual(['succeeded', []])
  order(cluster, 'a', 'take-back')
  cluster.run('y', [scans, last])
  expect(cluster.takePlaces()).toContain('a 1/0/1')
})

test('an ordered drain ends the executor when nothing on it is needed, and can be taken back before', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 1 })
  cluster.attach('b', { slots: 4 })
  const job = cluster.run('x', [scans, last])
  order(cluster, 'a', 'drain')
  order(cluster, 'a', 'drain')
  expect(executorOf(cluster, 'a').state).toBe('draining')
  order(cluster, 'a', 'take-back')
  expect(executorOf(cluster, 'a').state).toBe('active')
  order(cluster, 'a', 'drain')
  for (const where of ['1/0', '1/1', '1/2', '1/3']) cluster.succeed(job, where)
  expect(cluster.take('shut-down')).toEqual([])
  cluster.succeed(job, '2/0')
  cluster.send({ kind: 'result-released', jobId: job.id })
  expect(cluster.take('shut-down')).toMatchObject([{ executorId: executorId('a') }])
  order(cluster, 'a', 'take-back')
  expect(executorOf(cluster, 'a').state).toBe('draining')
})

test('who leaves by itself is not taken back', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.run('x', [scans, last])
  order(cluster, 'a', 'drain')
  cluster.send({ kind: 'executor-draining', executorId: executorId('a') })
  order(cluster, 'a', 'take-back')
  expect(executorOf(cluster, 'a').state).toBe('draining')
})

test('with all set aside jobs wait for executors, and not for ever', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  order(cluster, 'a', 'set-aside')
  const job = cluster.submit('x')
  expect([...cluster.timers.keys()]).toContain(`no-executor ${job.id}`)
  order(cluster, 'a', 'take-back')
  expect([...cluster.timers.keys()]).not.toContain(`no-executor ${job.id}`)
  expect(cluster.take('plan-rest')).toHaveLength(1)
})

test('orders outlive the stream and the scheduler', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  cluster.attach('b')
  order(cluster, 'a', 'set-aside')
  order(cluster, 'b', 'drain')
  cluster.run('x', [scans, last])
  cluster.restart()
  cluster.attach('a')
  cluster.attach('b')
  expect([executorOf(cluster, 'a').isCordoned, executorOf(cluster, 'b').state]).toEqual([true, 'draining'])
})
