/** What an executor has memory for: several small tasks at once, large ones after each other, and nobody starves. */
import { expect, test } from 'vitest'
import type { StageSpec } from '@arbalest/plan'
import { memoryOf } from './memory.js'
import type { Job } from './state.js'
import { reportFor, stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

/** Two tasks that read so many bytes each. */
const readers = [
  stageSpec({ id: 1, scan: 'split', output: 8 }),
  stageSpec({ id: 2, tasks: 2, reads: [{ stage: 1, mode: 'partition' }], output: 'result' }),
]

test('what a task takes are the bytes and values of the partitions that it reads', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const [first, second] = readers
  const columns = [1, 2].map((n) => ({ name: `c${n}`, type: { kind: 'simple', name: 'BIGINT' } })) as never
  const wide = { ...second!, inputs: second!.inputs.map((input) => ({ ...input, columns })) as StageSpec['inputs'] }
  const job = cluster.run('x', [first!, wide])
  expect(taken(job, 1)).toBe(0)
  write(cluster, job, 1_000)
  // Four files of 1,000 bytes with 10 rows of two values.
  expect(taken(job, 2)).toBe(4 * (1_000 + 10 * 2 * 8))
})

test('tasks that do not fit together run one after the other, and one always runs', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4, memoryLimitBytes: 7_000 })
  const job = cluster.run('x', readers)
  write(cluster, job, 1_000)
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'a 2/0/1'])
  cluster.succeed(job, '2/0')
  expect(cluster.takePlaces()).toEqual(['a 2/1/1'])
  const large = cluster.run('y', readers)
  write(cluster, large, 1_000_000)
  cluster.takePlaces()
  cluster.succeed(job, '2/1')
  expect(cluster.takePlaces()).toEqual(['a 2/0/1'])
})

test('scans run beside whatever there is', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4, memoryLimitBytes: 5_000 })
  const job = cluster.run('x', readers)
  write(cluster, job, 1_000)
  cluster.run('y', [stageSpec({ id: 1, tasks: 2, output: 'result' })])
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'a 2/0/1', 'a 1/0/1', 'a 1/1/1'])
})

test('a task that waits for memory keeps others from filling it', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4, memoryLimitBytes: 10_000 })
  const small = cluster.run('x', readers)
  write(cluster, small, 1_000)
  const large = cluster.run('y', readers)
  write(cluster, large, 2_000)
  const later = cluster.run('z', readers)
  write(cluster, later, 250)
  cluster.takePlaces()
  const runs = () => [small, large, later].map((job) => job.stages.size > 0 ? placed(job) : 0)
  expect(runs()).toEqual([2, 0, 0])
  cluster.succeed(small, '2/0')
  expect(runs()).toEqual([1, 0, 0])
  cluster.succeed(small, '2/1')
  expect(runs()).toEqual([0, 1, 1])
})

/** Lets the first stage end with files of so many bytes. */
function write(cluster: TestCluster, job: Job, bytes: number): void {
  const { attempt } = cluster.current(job, '1/0')
  const report = reportFor(readers[0]!)
  const files = report.files.map((file) => ({ ...file, bytes }))
  const sized = { ...report, bytes: 8 * bytes, files }
  cluster.report(attempt.id, { kind: 'succeeded', attemptId: attempt.id, report: sized })
}

function taken(job: Job, id: number): number {
  const stage = [...job.stages.values()][id - 1]!
  return memoryOf(job, stage, stage.tasks[0]!)
}

const placed = (job: Job): number =>
  [...job.stages.values()].flatMap(({ tasks }) => tasks).filter(({ current }) => current?.state === 'placed').length
