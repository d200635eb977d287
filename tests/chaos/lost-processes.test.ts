/**
 * Processes of a running cluster are killed in the middle of real queries: answers stay right, nothing
 * hangs, nothing is left behind. ARBALEST_TEST_DATA names a directory of TPC-H data to use instead of the
 * sample.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import type { JobId } from '@arbalest/common'
import {
  grpcSchedulerClient, type AttemptRecord, type JobDetails, type SchedulerClient, type StageRecord,
} from '@arbalest/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBenchCluster, type BenchCluster } from '../../bench/bench-cluster.js'
import { answerDifference, type Answer } from '../../bench/oracle/compare-answers.js'
import { openPlainDuckdb } from '../../bench/oracle/plain-duckdb.js'
import { cpuSeconds } from '../../bench/process-cpu.js'
import { tpchQueries } from '../../bench/bench-queries.js'
import { largerTpch } from './larger-tpch.js'
import { childOf, descendantsOf, engineOf, isAlive } from './processes.js'

const q9 = tpchQueries([9])[0]!.sql
/** Takes longer than any test: rows that no filter thins out. */
const endless = 'SELECT count(*) FROM lineitem a JOIN lineitem b ON a.l_quantity < b.l_quantity + a.l_tax'
/** Its constants keep the planner busy until it is stopped. */
const unplannable = "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))"
const patient = { timeout: 30_000, interval: 10 }

let root: string
let temporary: string
let usualTemporary: string | undefined
let bench: BenchCluster
let scheduler: SchedulerClient
let expected: Answer

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-chaos-'))
  temporary = join(root, 'tmp')
  await mkdir(join(root, 'data'))
  await mkdir(temporary)
  // All files of the cluster lie where they can be counted.
  usualTemporary = process.env['TMPDIR']
  process.env['TMPDIR'] = temporary
  const tables = await largerTpch(join(root, 'data'), 60)
  const oracle = await openPlainDuckdb(tables, 2)
  expected = await oracle.answer(q9)
  oracle.close()
  const dataDir = dirname(tables[0]!.location)
  bench = await startBenchCluster({ executors: 2, threads: 1, tables, dataDir })
  scheduler = grpcSchedulerClient({ host: '127.0.0.1', port: bench.cluster.scheduler.controlPort })
  await bench.context.set('arbalest.distribute', 'always')
})

afterAll(async () => {
  scheduler?.close()
  await bench?.close()
  if (usualTemporary === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = usualTemporary
  await rm(root, { recursive: true, force: true })
})

describe('in the middle of a distributed query', () => {
  test('an engine is killed: its attempts run again', async () => {
    // An attempt that still fetches does not feel it.
    for (let felt = 0; felt === 0;) {
      const { answer, attempts } = await disturbed((executorPid) => process.kill(engineOf(executorPid), 'SIGKILL'))
      expect(answerDifference(answer, expected, true)).toBeUndefined()
      felt = attempts.filter(({ error }) => error?.code === 'ENGINE_CRASHED').length
      await expectNothingLeft()
    }
  })

  test('an executor is killed: what it ran and held is computed elsewhere', async () => {
    let engine = 0
    const { answer, attempts } = await disturbed((executorPid) => {
      engine = engineOf(executorPid)
      process.kill(executorPid, 'SIGKILL')
    })
    expect(answerDifference(answer, expected, true)).toBeUndefined()
    expect(attempts.filter(({ state }) => state === 'lost').length).toBeGreaterThan(0)
    await expect.poll(() => isAlive(engine), patient).toBe(false)
    await bench.cluster.addExecutor()
    await expect.poll(async () => (await activeExecutors()).length, patient).toBe(2)
    await expectNothingLeft()
  })

  test('the caller aborts: the job ends within 5 s', async () => {
    const aborter = new AbortController()
    const run = bench.context.execute(endless, { signal: aborter.signal })
    run.catch(() => undefined)
    const job = await runningJob()
    aborter.abort()
    await expect(run).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    await expectCancelled(job)
    await expectNothingLeft()
  })

  test('the client goes away: its job ends', async () => {
    const leaving = await SessionContext.remote(bench.url, { settings: { 'arbalest.distribute': 'always' } })
    leaving.execute(endless).catch(() => undefined)
    const job = await runningJob()
    await leaving.close()
    await expectCancelled(job)
    await expectNothingLeft()
  })
})

describe('the front', () => {
  test('its planner is killed while it plans: that statement fails, the next works', async () => {
    const planner = plannerPid()
    const before = cpuSeconds([planner])
    const planning = bench.context.execute(unplannable)
    planning.catch(() => undefined)
    await expect.poll(() => cpuSeconds([planner]) - before, patient).toBeGreaterThan(0.3)
    process.kill(planner, 'SIGKILL')
    await expect(planning).rejects.toMatchObject({ code: 'PLANNER_CRASHED' })
    expect(await rowsOf(bench.context, 'SELECT count(*) FROM region')).toEqual([['5']])
  })

  test('a statement that plans for too long is stopped, the next works', async () => {
    const startedMs = performance.now()
    const planning = bench.context.execute(unplannable)
    await expect(planning).rejects.toMatchObject({ code: 'STATEMENT_TOO_COMPLEX' })
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    expect(await rowsOf(bench.context, 'SELECT count(*) FROM region')).toEqual([['5']])
  })

  test('it is killed: it starts again and takes new sessions', async () => {
    const front = frontPid()
    process.kill(front, 'SIGKILL')
    await expect.poll(() => isAlive(front), patient).toBe(false)
    let fresh: SessionContext | undefined
    await expect.poll(async () => {
      fresh = await SessionContext.remote(bench.url).catch(() => undefined)
      return fresh !== undefined
    }, patient).toBe(true)
    expect(frontPid()).not.toBe(front)
    expect(await rowsOf(fresh!, 'SELECT 42')).toEqual([['42']])
    await fresh!.close()
  })
})

test('the end of the cluster leaves no process and no file', async () => {
  const pids = descendantsOf(process.pid).filter(({ command }) => /main[.]js|planner-child/.test(command))
  expect(pids.length).toBeGreaterThanOrEqual(7)
  scheduler.close()
  await bench.close()
  await expect.poll(() => pids.filter(({ pid }) => isAlive(pid)), patient).toEqual([])
  expect(await readdir(temporary)).toEqual([])
})

/** Runs Q9 and strikes an executor while it computes the stage that takes longest: others join with `lineitem`. */
async function disturbed(strike: (executorPid: number) => void) {
  const running = (async () => (await bench.context.sql(q9)).collectText())()
  running.catch(() => undefined)
  const job = await runningJob(({ spec: { inputs } }) =>
    inputs.some(({ kind }) => kind === 'shuffle') &&
    inputs.some((input) => input.kind === 'scan' && input.table === 'lineitem'))
  const victim = runningAttempts(job).at(-1)?.executorId
  const executor = bench.cluster.executors.find(({ executorId }) => executorId === victim)
  strike(executor!.pid)
  const answer = await running
  const { stages } = await scheduler.details(answer.jobId as JobId)
  return { answer, attempts: stages.flatMap(({ attempts }) => attempts) }
}

/** The job that runs now, once an attempt of a stage as asked for is running. */
async function runningJob(wanted: (stage: StageRecord) => boolean = () => true): Promise<JobDetails> {
  for (const endMs = performance.now() + 30_000; performance.now() < endMs;) {
    const job = (await scheduler.jobs()).find(({ state }) => state === 'running')
    if (job === undefined) continue
    const details = await scheduler.details(job.jobId)
    const stages = details.stages.filter((stage) => wanted(stage))
    if (runningAttempts({ ...details, stages }).length > 0) return { ...details, stages }
  }
  throw new Error('no job came to run such a stage')
}

const runningAttempts = (job: JobDetails): readonly AttemptRecord[] =>
  job.stages.flatMap(({ attempts }) => attempts.filter(({ state }) => state === 'running'))

const activeExecutors = async () => (await scheduler.executors()).filter(({ state }) => state === 'active')

const busyAttempts = async (): Promise<number> =>
  (await activeExecutors()).reduce((sum, { runningAttempts: running }) => sum + running, 0)

/** Ended, and with all of its attempts, within five seconds. */
async function expectCancelled({ status: { jobId } }: JobDetails): Promise<void> {
  const soon = { timeout: 5_000, interval: 10 }
  await expect.poll(async () => (await scheduler.details(jobId)).status.state, soon).toBe('cancelled')
  await expect.poll(busyAttempts, soon).toBe(0)
}

/** No attempt runs, and the files of jobs are gone from the work directories of the living. */
async function expectNothingLeft(): Promise<void> {
  await expect.poll(busyAttempts, patient).toBe(0)
  await expect.poll(() => filesOfJobs(), patient).toEqual([])
}

async function filesOfJobs(): Promise<readonly string[]> {
  const entries = await readdir(temporary, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => /\/(jobs|spill)\//.test(file))
}

const frontPid = (): number => childOf(bench.cluster.scheduler.pid, 'role front')
const plannerPid = (): number => childOf(frontPid(), 'planner-child')

async function rowsOf(context: SessionContext, sql: string) {
  return (await (await context.sql(sql)).collectText()).rows
}
