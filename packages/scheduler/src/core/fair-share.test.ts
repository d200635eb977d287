/** Who gets a slot that falls free. */
import { expect, test } from 'vitest'
import { Random } from './testing/random.js'
import { stageSpec } from './testing/specs.js'
import { TestCluster } from './testing/test-cluster.js'
import type { Job } from './state.js'

const many = [stageSpec({ id: 1, tasks: 200, output: 'result' })]
const weights = (rules: Readonly<Record<string, number>>, slotsMax?: number) =>
  new Map(Object.entries(rules).map(([name, weight]) => [name, { weight, slotsMax }]))

/** Ends the oldest running attempt of the jobs in turn, so often; tells how many were placed of each job meanwhile. */
function churn(cluster: TestCluster, jobs: readonly Job[], times: number): readonly number[] {
  cluster.takeLaunches()
  const placed = jobs.map(() => 0)
  for (let n = 0; n < times; n++) {
    const job = jobs.filter(({ slotsUsed }) => slotsUsed > 0)[n % jobs.filter(({ slotsUsed }) => slotsUsed > 0).length]!
    const task = job.stages.values().next().value!.tasks.find(({ current }) => current?.state === 'placed')!
    cluster.succeed(job, `1/${task.spec.task}`)
    for (const { id } of cluster.takeLaunches()) placed[jobs.findIndex((one) => id.startsWith(one.id))]! += 1
  }
  return placed
}

test('two pools weighted 3 to 1 use slots 3 to 1', () => {
  const cluster = new TestCluster({}, weights({ reports: 3, loads: 1 }))
  cluster.attach('a', { slots: 8 })
  const loads = cluster.run('x', many, { pool: 'loads' })
  const reports = cluster.run('y', many, { pool: 'reports' })
  churn(cluster, [loads, reports], 30)
  expect([reports.slotsUsed, loads.slotsUsed]).toEqual([6, 2])
  expect(churn(cluster, [loads, reports], 20)).toEqual([10, 10])
})

test('over a long time of tasks of all lengths the slots of two pools are 3 to 1, within a tenth', () => {
  const cluster = new TestCluster({}, weights({ reports: 3, loads: 1 }))
  for (const letter of ['a', 'b', 'c']) cluster.attach(letter, { slots: 4 })
  const random = new Random(7)
  const long = [stageSpec({ id: 1, tasks: 800, output: 'result' })]
  const jobs = ['loads', 'reports'].map((pool, n) => cluster.run('xy'.charAt(n), long, { pool }))
  let [loads, reports] = [0, 0]
  for (let n = 0; n < 600; n++) {
    const running = jobs.flatMap((job) => [...job.stages.values()][0]!.tasks
      .filter(({ current }) => current?.state === 'placed').map(({ spec }) => ({ job, where: `1/${spec.task}` })))
    // Tasks of reports are over four times as soon.
    const ending = random.pick(running.filter(({ job }) => job === jobs[1] || random.chance(0.25)).concat(running[0]!))
    cluster.succeed(ending.job, ending.where)
    // Until then the job that was first has all slots.
    if (n < 200) continue
    loads += jobs[0]!.slotsUsed
    reports += jobs[1]!.slotsUsed
  }
  expect(reports / loads).toBeGreaterThan(2.7)
  expect(reports / loads).toBeLessThan(3.3)
})

test('what the weights give does not hang on the number of jobs in a pool', () => {
  const cluster = new TestCluster({}, weights({ one: 1, other: 1 }))
  cluster.attach('a', { slots: 6 })
  const jobs = ['u', 'v', 'w', 'x'].map((letter) => cluster.run(letter, many, { pool: 'one' }))
  const single = cluster.run('y', many, { pool: 'other' })
  churn(cluster, [...jobs, single], 60)
  expect(single.slotsUsed).toBe(3)
  expect(jobs.reduce((sum, { slotsUsed }) => sum + slotsUsed, 0)).toBe(3)
})

test('an idle pool leaves its slots to the others', () => {
  const cluster = new TestCluster({}, weights({ reports: 3, loads: 1 }))
  cluster.attach('a', { slots: 4 })
  expect(cluster.run('x', many, { pool: 'loads' }).slotsUsed).toBe(4)
})

test('a pool has no more slots than its limit, even when others are free', () => {
  const cluster = new TestCluster({}, weights({ loads: 1 }, 2))
  cluster.attach('a', { slots: 8 })
  const job = cluster.run('x', many, { pool: 'loads' })
  expect(job.slotsUsed).toBe(2)
  const other = cluster.run('y', many)
  expect([job.slotsUsed, other.slotsUsed]).toEqual([2, 6])
})

test('a small job beside a large one gets the next slot', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 4 })
  const large = cluster.run('x', many)
  cluster.run('y', [stageSpec({ id: 1, output: 'result' })])
  cluster.takeLaunches()
  cluster.succeed(large, '1/0')
  expect(cluster.takePlaces()).toEqual(['a 1/0/1'])
})

test('within a pool the higher priority goes first', () => {
  const cluster = new TestCluster()
  cluster.attach('a', { slots: 2 })
  const low = cluster.run('x', many)
  const high = cluster.run('y', many, { priority: 5 })
  churn(cluster, [low, high], 3)
  expect([low.slotsUsed, high.slotsUsed]).toEqual([0, 2])
})

test('a job of an unknown pool is refused by name', () => {
  const cluster = new TestCluster({}, weights({ loads: 1 }))
  expect(() => cluster.submit('x', { pool: 'nobody' })).toThrow()
  const [refused] = cluster.take('job-refused')
  expect(refused?.error).toMatchObject({ code: 'INVALID_SETTING', message: expect.stringContaining('default, loads') })
})

test('a restart keeps what the pools use; the jobs of a pool that is gone are in the default one', () => {
  const cluster = new TestCluster({}, weights({ loads: 1 }))
  cluster.attach('a', { slots: 2 })
  const job = cluster.run('x', many, { pool: 'loads' })
  const state = cluster.replayed()
  expect(state.jobs.get(job.id)).toMatchObject({ slotsUsed: 2, submission: { pool: 'loads' } })
  const other = new TestCluster()
  other.log = cluster.log
  other.restart()
  other.attach('b', { slots: 3 })
  expect(other.state.jobs.get(job.id)?.slotsUsed).toBe(5)
})
