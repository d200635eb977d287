/** Where attempts go and what they are sent. */
import { expect, test } from 'vitest'
import { stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'

const result = (id: number, reads: number, mode: 'partition' | 'task' | 'all', tasks = 1) =>
  stageSpec({ id, tasks, reads: [{ stage: reads, mode }], output: 'result' })

test('scan tasks alternate over executors although one would have room for all', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 8 })
  cluster.attach('b', { slots: 8 })
  cluster.run('x', [stageSpec({ id: 1, tasks: 4, scan: 'split', output: 'result' })])
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'b 1/1/1', 'a 1/2/1', 'b 1/3/1'])
})

test('a scan waits for its share of a busy executor instead of crowding a free one', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 1 })
  cluster.attach('b', { slots: 4 })
  const busy = cluster.run('x', [stageSpec({ id: 1, output: 'result' })])
  expect(cluster.takePlaces()).toEqual(['b 1/0/1'])
  const other = cluster.run('y', [stageSpec({ id: 1, tasks: 2, output: 'result' })])
  expect(cluster.takePlaces()).toEqual(['b 1/0/1', 'a 1/1/1'])
  cluster.run('z', [stageSpec({ id: 1, tasks: 2, scan: 'split', output: 'result' })])
  expect(cluster.takePlaces()).toEqual(['b 1/0/1'])
  cluster.succeed(busy, '1/0')
  expect(cluster.takePlaces()).toEqual([])
  cluster.succeed(other, '1/1')
  expect(cluster.takePlaces()).toEqual(['a 1/1/1'])
})

test('jobs take turns', () => {
  const cluster = new TestCluster()
  const jobs = ['x', 'y'].map((letter) => cluster.submit(letter))
  cluster.attach('a', { slots: 3 })
  cluster.plan(jobs[0]!, [stageSpec({ id: 1, tasks: 9, output: 'result' })])
  cluster.takeLaunches()
  cluster.plan(jobs[1]!, [stageSpec({ id: 1, tasks: 9, output: 'result' })])
  const served: string[] = []
  for (const where of ['1/0', '1/1', '1/2']) {
    cluster.succeed(jobs[0]!, where)
    served.push(...cluster.takeLaunches().map(({ id }) => id.charAt(1)))
  }
  expect(served).toEqual(['y', 'x', 'y'])
})

test('a single reader goes where most of its input lies', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  cluster.attach('b', { slots: 5 })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 3 }), result(2, 1, 'all')])
  expect(cluster.takePlaces()).toEqual(['b 1/0/1', 'a 1/1/1', 'b 1/2/1'])
  for (const where of ['1/0', '1/1', '1/2']) cluster.succeed(job, where)
  expect(cluster.takePlaces()).toEqual(['b 2/0/1'])
})

test('a reader of one task goes to the executor that wrote it', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 2 })
  cluster.attach('b', { slots: 3 })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 3 }), result(2, 1, 'task', 3)])
  expect(cluster.takePlaces()).toEqual(['b 1/0/1', 'a 1/1/1', 'b 1/2/1'])
  for (const where of ['1/0', '1/1', '1/2']) cluster.succeed(job, where)
  const launches = cluster.takeLaunches()
  expect(launches.map(({ on, id }) => `${on} ${id.slice(18)}`)).toEqual(['b 2/0/1', 'a 2/1/1', 'b 2/2/1'])
  expect(launches[1]?.spec.inputs).toMatchObject([{ pieces: [{ host: 'host-a', file: 0 }] }])
})

test('a reader of partitions gets its slice from every task, by place and file number', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const job = cluster.run('x', [stageSpec({ id: 1, tasks: 2, output: 8 }), result(2, 1, 'partition', 4)])
  cluster.takeLaunches()
  const writers = [cluster.succeed(job, '1/0'), cluster.succeed(job, '1/1')]
  const { spec } = cluster.takeLaunches()[1]!
  expect(spec).toMatchObject({ slice: [1, 5], settings: { TimeZone: 'UTC' }, checksum: false })
  expect(spec.inputs[0]).toMatchObject({
    kind: 'shuffle',
    pieces: [1, 5].flatMap((file) => writers.map((attemptId) => ({ attemptId, file }))),
  })
})

test('split scans get their files, whole scans all of them', () => {
  for (const mode of ['split', 'all'] as const) {
    const cluster = new TestCluster()
    cluster.attach('a')
    cluster.attach('b')
    cluster.run('x', [stageSpec({ id: 1, tasks: 2, scan: mode, output: 'result' })])
    const { spec } = cluster.takeLaunches()[1]!
    const file = (n: number) => ({
      file: { path: `/data/${n}.parquet`, sizeBytes: 100, mtimeNs: '1', footerHash: 'f' },
    })
    expect(spec.inputs[0]).toMatchObject({ splits: mode === 'split' ? [file(1)] : [file(0), file(1)] })
    expect(spec.checksum).toBe(true)
  }
})

test('inline outputs travel to other executors, up to a limit', () => {
  const cluster = new TestCluster({ inlineInputBytesMax: 10 })
  cluster.attach('a', { slots: 1 })
  const producers = stageSpec({ id: 1, tasks: 3 })
  const job = cluster.run('x', [producers, result(2, 1, 'all')])
  for (const where of ['1/0', '1/1', '1/2']) cluster.succeed(job, where, 'AAAAAAAA')
  const [own] = cluster.takeLaunches().filter(({ id }) => id.includes('/2/'))
  expect(JSON.stringify(own?.spec)).not.toContain('AAAAAAAA')
  cluster.attach('b')
  cluster.fail(job, '2/0', 'IO_ERROR')
  cluster.fire({ kind: 'retry', jobId: job.id, stageId: producers.stageId + 1 as never, task: 0 })
  const [other] = cluster.takeLaunches()
  expect(other?.on).toBe('b')
  expect(JSON.stringify(other?.spec).match(/AAAAAAAA/g)).toHaveLength(1)
})

test('empty files are not sent along', () => {
  const cluster = new TestCluster()
  cluster.attach('a')
  const job = cluster.run('x', [stageSpec({ id: 1 }), result(2, 1, 'all')])
  const { attempt } = cluster.current(job, '1/0')
  const metrics = {
    startedMs: 0, fetchedMs: 0, computedMs: 0, committedMs: 0, inputRows: 0, inputBytes: 0,
    fetchedBytes: 0, cpuMs: 0, spilledBytes: 0, peakMemoryBytes: 0,
  }
  const files = [{ partition: 0, rows: 0, bytes: 50 }]
  const report = { files, rows: 0, bytes: 50, metrics }
  cluster.takeLaunches()
  cluster.report(attempt.id, { kind: 'succeeded', attemptId: attempt.id, report })
  expect(cluster.takeLaunches()[0]?.spec.inputs).toMatchObject([{ kind: 'shuffle', pieces: [] }])
})

test('jobs that ask for labels run where all of them are, and anywhere when nobody has them', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 9 })
  cluster.attach('b', { slots: 2, labels: ['ssd', 'large'] })
  cluster.attach('c', { slots: 9, labels: ['ssd'] })
  cluster.run('x', [stageSpec({ id: 1, tasks: 3, scan: 'split', output: 'result' })], { labels: ['ssd', 'large'] })
  expect(cluster.takePlaces()).toEqual(['b 1/0/1', 'b 1/1/1'])
  cluster.run('y', [stageSpec({ id: 1, tasks: 2, output: 'result' })], { labels: ['gpu'] })
  expect(cluster.takePlaces()).toEqual(['a 1/0/1', 'c 1/1/1'])
})

test('bias fills an executor before the next, round-robin goes on whatever lies where', () => {
  const writers = stageSpec({ id: 1, tasks: 3 })
  const readers = result(2, 1, 'task', 3)
  const placesBy = (distribution: 'locality' | 'bias' | 'round-robin') => {
    const cluster = new TestCluster({}, new Map(), distribution)
    cluster.attach('a', { slots: 2 })
    cluster.attach('b', { slots: 3 })
    const job = cluster.run('x', [writers, readers])
    const places = [...cluster.takePlaces()]
    for (const where of ['1/1', '1/0', '1/2']) cluster.succeed(job, where)
    return [...places, ...cluster.takePlaces()]
  }
  expect(placesBy('bias')).toEqual(['b 1/0/1', 'b 1/1/1', 'b 1/2/1', 'b 2/0/1', 'b 2/1/1', 'b 2/2/1'])
  expect(placesBy('locality')).toEqual(['b 1/0/1', 'a 1/1/1', 'b 1/2/1', 'b 2/0/1', 'a 2/1/1', 'b 2/2/1'])
  const [, , , ...read] = placesBy('round-robin')
  expect(read.map((place) => place.charAt(0)).toSorted()).toEqual(['a', 'b', 'b'])
})
