/** The seven scenarios by which Ballista tries its scheduler, on our processes: answers are DuckDB's. */
import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobId } from '@arbalest/common'
import type { AttemptRecord, JobDetails } from '@arbalest/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerDifference, type Answer } from '../../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../../bench/oracle/plain-duckdb.js'
import { duckdbBug } from '../../../packages/engine/src/testing/duckdb-bug.js'
import { largerTpch } from '../larger-tpch.js'
import { engineOf } from '../processes.js'
import { startChaosCluster, type ChaosCluster } from './chaos-cluster.js'
import { expectNothingLeft } from './leftovers.js'
import { awaitMoment, type Moment } from './moment.js'
import { dataCopies, workQuery, type Position } from './statements.js'

let cluster: ChaosCluster
let expected: Answer

beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), 'arbalest-scenarios-'))
  await mkdir(join(root, 'data'))
  const tables = await largerTpch(join(root, 'data'), dataCopies)
  const oracle = await openPlainDuckdb(tables, 2)
  expected = await oracle.answer(workQuery(undefined))
  oracle.close()
  cluster = await startChaosCluster({ root, tables, executors: 3 })
})

afterAll(() => cluster?.close())

test('A: a fault that passes costs one more attempt', async () => {
  // An attempt that still fetches does not feel it.
  for (let isFelt = false; !isFelt;) {
    const { answer, details } = await hurt('leaf', ({ executor }) =>
      void process.kill(engineOf(executor.pid), 'SIGKILL'))
    expect(answerDifference(answer, expected, false)).toBeUndefined()
    for (const attempts of tasksOf(details).values()) {
      expect(attempts.length).toBeLessThanOrEqual(2)
      isFelt ||= attempts.length === 2
    }
    await expectNothingLeft(cluster)
  }
})

test('B: a fault that stays fails the job when its attempts are used up, and the cluster goes on', async () => {
  const killed = new Set<string>()
  const session = await cluster.session()
  const outcome = session.sql(workQuery('middle')).then(async (frame) => frame.collectText())
  let isOver = false
  const settled = outcome.catch(() => undefined).finally(() => (isOver = true))
  while (!isOver) {
    const moment = await awaitMoment(cluster, 'middle', () => isOver)
    if (moment === undefined || killed.has(moment.attempt.attemptId)) continue
    killed.add(moment.attempt.attemptId)
    process.kill(engineOf(moment.executor.pid), 'SIGKILL')
  }
  await settled
  await expect(outcome).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
  await expectNothingLeft(cluster)
  expect((await answerTo('SELECT count(*) FROM nation')).rows).toEqual([['25']])
  await session.close()
})

test('C: a statement that breaks its engine fails alone, those beside it do not', async () => {
  const session = await cluster.session()
  const beside = answerTo(workQuery(undefined))
  await expect(session.sql(`FROM nation JOIN (${duckdbBug}) ON true`)
    .then(async (frame) => frame.collectText())).rejects.toMatchObject({ code: 'INTERNAL' })
  expect(answerDifference(await beside, expected, false)).toBeUndefined()
  await session.close()
  await expectNothingLeft(cluster)
})

test('D: an executor that dies in the middle of a stage is made up for by the others', async () => {
  const { answer, moment } = await hurt('leaf', killExecutor)
  expect(answerDifference(answer, expected, false)).toBeUndefined()
  await cluster.replace(moment.executor)
  await expectNothingLeft(cluster)
})

test('E: of an executor that dies after it has written, just what is still needed is computed again', async () => {
  const { answer, details, moment } = await hurt('middle', killExecutor)
  expect(answerDifference(answer, expected, false)).toBeUndefined()
  const isExcused = ({ executorId, error }: AttemptRecord): boolean =>
    executorId === moment.executor.executorId || error?.code === 'SHUFFLE_FETCH_FAILED'
  const repeated = [...tasksOf(details).values()].filter((attempts) => attempts.length > 1)
  expect(repeated.length).toBeGreaterThan(1)
  expect(repeated.filter((attempts) => !attempts.some(isExcused))).toEqual([])
  await cluster.replace(moment.executor)
  await expectNothingLeft(cluster)
})

test('F: an executor that starts again joins and gets work', async () => {
  const [first] = cluster.executors()
  process.kill(first!.pid, 'SIGKILL')
  await cluster.replace(first!)
  await expectNothingLeft(cluster)
  const answer = await answerTo(workQuery(undefined))
  expect(answerDifference(answer, expected, false)).toBeUndefined()
  const { stages } = await cluster.service().details(answer.jobId as JobId)
  const used = new Set(stages.flatMap(({ attempts }) => attempts.map(({ executorId }) => executorId)))
  expect(used).toContain(cluster.executors()[0]!.executorId)
  await expectNothingLeft(cluster)
})

test('G: when all executors die the job waits for others, and fails when none come', async () => {
  const all = [...cluster.executors()]
  const { answer } = await hurt('middle', async () => {
    for (const { pid } of all) process.kill(pid, 'SIGKILL')
    await Promise.all(all.map((executor) => cluster.replace(executor)))
  })
  expect(answerDifference(answer, expected, false)).toBeUndefined()
  await expectNothingLeft(cluster)

  const others = [...cluster.executors()]
  const failing = hurt('middle', () => others.forEach(({ pid }) => process.kill(pid, 'SIGKILL')))
  await expect(failing).rejects.toMatchObject({ code: 'NO_EXECUTORS' })
  await Promise.all(others.map((executor) => cluster.replace(executor)))
  await expectNothingLeft(cluster)
})

const killExecutor = ({ executor }: Moment): void => void process.kill(executor.pid, 'SIGKILL')

/** Runs the query and strikes while the stage runs. */
async function hurt(position: Position, strike: (moment: Moment) => void | Promise<void>) {
  let isOver = false
  const running = answerTo(workQuery(position)).finally(() => (isOver = true))
  running.catch(() => undefined)
  const moment = await awaitMoment(cluster, position, () => isOver)
  if (moment === undefined) throw new Error(`the query ended before its ${position} stage ran`)
  await strike(moment)
  const answer = await running
  return { answer, moment, details: await cluster.service().details(moment.jobId) }
}

async function answerTo(sql: string) {
  const session = await cluster.session()
  try {
    return await (await session.sql(sql)).collectText()
  } finally {
    await session.close()
  }
}

/** The attempt id without its last part. */
const taskOf = ({ attemptId }: AttemptRecord): string => attemptId.slice(0, attemptId.lastIndexOf('/'))

function tasksOf({ stages }: JobDetails): ReadonlyMap<string, readonly AttemptRecord[]> {
  const tasks = new Map<string, AttemptRecord[]>()
  for (const attempt of stages.flatMap(({ attempts }) => attempts)) {
    tasks.set(taskOf(attempt), [...tasks.get(taskOf(attempt)) ?? [], attempt])
  }
  return tasks
}
