/** Executors on which attempts fail while they succeed elsewhere. */
import { expect, test } from 'vitest'
import { executorId, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const one = [stageSpec({ id: 1, output: 'result' })]
const probation = { kind: 'probation', executorId: executorId('a') } as const

/** Executor a fails four attempts, of which each job has one. */
function failing(letters = 'wxyz', executors = 'ab') {
  const cluster = new TestCluster()
  for (const letter of executors) cluster.attach(letter, { slots: letter === 'a' ? 8 : 1 })
  for (const letter of letters) {
    const job = cluster.run(letter, one)
    if (cluster.current(job, '1/0').attempt.executorId === executorId('a')) cluster.fail(job, '1/0', 'IO_ERROR')
  }
  const standing = () => cluster.state.executors.get(executorId('a'))!.standing
  const placeOf = (letter: string) => cluster.run(letter, one) && cluster.takePlaces().at(-1)?.charAt(0)
  cluster.takeLaunches()
  return { cluster, standing, placeOf }
}

test('get nothing for a while, then one attempt, and all again after its success', () => {
  const { cluster, standing, placeOf } = failing('vwxyz')
  expect(standing()).toMatchObject({ state: 'aside', failures: 4 })
  const waiting = cluster.run('s', one)
  expect(waiting.slotsUsed).toBe(0)
  cluster.fire(probation)
  expect(cluster.takePlaces()).toEqual(['a 1/0/1'])
  expect(placeOf('t')).toBeUndefined()
  cluster.succeed(waiting, '1/0')
  expect(standing().state).toBe('trusted')
  expect(placeOf('u')).toBe('a')
  const kinds = cluster.log.map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'executor-set-aside' || kind === 'executor-trusted'))
    .toEqual(['executor-set-aside', 'executor-trusted'])
})

test('a failure on probation sets aside for twice as long', () => {
  const { cluster, standing } = failing('vwxyz')
  const waiting = cluster.run('s', one)
  cluster.fire(probation)
  const sinceMs = cluster.nowMs
  cluster.fail(waiting, '1/0', 'IO_ERROR')
  expect(standing().state).toBe('aside')
  cluster.fire(probation)
  expect(cluster.nowMs - sinceMs).toBe(60_000)
})

test('the end of the pause told twice leaves no timer running', () => {
  const { cluster, standing } = failing('vwxyz')
  cluster.send({ kind: 'timer-fired', timer: probation })
  expect(standing().state).toBe('probation')
  expect(cluster.timers.has(`probation ${executorId('a')}`)).toBe(false)
})

test('the attempts of one job say nothing about an executor', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 8 })
  cluster.attach('b', { slots: 1 })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 8, output: 'result' })])
  for (const [number, { current }] of job.stages.values().next().value!.tasks.entries()) {
    if (current?.executorId === executorId('a')) cluster.fail(job, `1/${number}`, 'IO_ERROR')
  }
  expect(cluster.state.executors.get(executorId('a'))?.standing.state).toBe('trusted')
})

test('who is alone is not set aside, and who becomes the last one gets attempts again', () => {
  expect(failing('wxyz', 'a').standing()).toMatchObject({ state: 'trusted', failures: 4 })
  const { cluster, placeOf } = failing('vwxyz')
  cluster.lose('b')
  expect(placeOf('u')).toBe('a')
})

test('one that was lost makes a new start', () => {
  const { cluster, standing } = failing('vwxyz')
  cluster.lose('a')
  cluster.attach('a')
  expect(standing()).toMatchObject({ state: 'trusted', failures: 0 })
  expect(cluster.timers.has('probation ' + executorId('a'))).toBe(false)
})
