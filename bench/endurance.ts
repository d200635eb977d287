/**
 * `npm run bench -- endurance`: TPC-H in a loop while executors are killed and replaced, one after the other. Every
 * answer is compared; memory is looked at each second; in the end nothing may be left over.
 */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SessionContext } from '@arbalest/client'
import { grpcSchedulerClient } from '@arbalest/protocol'
import { tpchQueries, type BenchQuery } from './bench-queries.js'
import { startBenchCluster, type BenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { distributionOf, distributionText } from './distribution.js'
import { expectAnswer, type ExpectedAnswer } from './oracle/expected-answer.js'
import { openPlainDuckdb } from './oracle/plain-duckdb.js'
import { tablesIn } from './oracle/table-files.js'
import { residentMib } from './process-memory.js'

export interface EnduranceOptions {
  readonly data: string
  readonly minutes: number
  readonly executors: number
  readonly threads: number
  readonly clients: number
  /** Time between two kills. */
  readonly killSeconds: number
  readonly output: string | undefined
}

interface Outcome {
  readonly times: number[]
  readonly wrong: string[]
  readonly errors: string[]
}

/** Mean resident MiB of the first and of the last third of the time. */
interface MemoryOverTime {
  readonly name: string
  readonly first: number
  readonly last: number
}

const settleMs = 60_000
const growthMax = 1.05

export async function endurance(options: EnduranceOptions): Promise<boolean> {
  const { data, executors, threads, minutes, clients } = options
  const taken = circumstances('endurance', options)
  const root = await mkdtemp(join(tmpdir(), 'arbalest-endurance-'))
  process.env['TMPDIR'] = join(root, 'tmp')
  await mkdir(process.env['TMPDIR'])
  const tables = tablesIn(data)
  const oracle = await openPlainDuckdb(tables, threads)
  const queries = tpchQueries()
  const expected = new Map<string, ExpectedAnswer>()
  for (const { name, sql } of queries) expected.set(name, await expectAnswer((text) => oracle.answer(text), sql))
  const bench = await startBenchCluster({ executors, threads, tables, dataDir: data })
  const outcome: Outcome = { times: [], wrong: [], errors: [] }
  const endsAt = performance.now() + minutes * 60_000
  try {
    const memory = watchMemory(bench)
    const run = (at: number): Promise<void> => runClient(at, { bench, queries, expected, endsAt }, outcome)
    const [kills] = await Promise.all([
      killInTurn(bench, options.killSeconds * 1_000, endsAt),
      ...Array.from({ length: clients }, (_, at) => run(at)),
    ])
    const thirds = memory.stop()
    const left = await leftAfter(bench, join(root, 'tmp'))
    return report(options, { taken, outcome, kills, thirds, left })
  } finally {
    oracle.close()
    await bench.close()
    await rm(root, { recursive: true, force: true })
  }
}

interface Workload {
  readonly bench: BenchCluster
  readonly queries: readonly BenchQuery[]
  readonly expected: ReadonlyMap<string, ExpectedAnswer>
  readonly endsAt: number
}

async function runClient(at: number, { bench, queries, expected, endsAt }: Workload, outcome: Outcome): Promise<void> {
  const session = await SessionContext.remote(bench.url, { settings: { 'arbalest.distribute': 'always' } })
  // Steps of 7 through 22 queries meet each of them, and every client begins elsewhere.
  for (let turn = at; performance.now() < endsAt; turn += 7) {
    const query = queries[turn % queries.length]
    if (query === undefined) continue
    const start = performance.now()
    try {
      const answer = await (await session.sql(query.sql)).collectText()
      outcome.times.push(performance.now() - start)
      const difference = await expected.get(query.name)?.difference(answer)
      if (difference !== undefined) outcome.wrong.push(`${query.name}: ${difference}`)
    } catch (error) {
      outcome.errors.push(`${query.name}: ${String(error)}`)
    }
  }
  await session.close()
}

/** Kills the executor that is there longest and starts another one; gives how many. */
async function killInTurn({ cluster }: BenchCluster, everyMs: number, endsAt: number): Promise<number> {
  const alive = [...cluster.executors]
  let kills = 0
  for (let dueAt = performance.now() + everyMs; dueAt < endsAt; dueAt += everyMs) {
    await wait(Math.max(0, dueAt - performance.now()))
    const victim = alive.shift()
    if (victim === undefined) continue
    process.kill(victim.pid, 'SIGKILL')
    kills += 1
    alive.push(await cluster.addExecutor())
  }
  return kills
}

/** The scheduler, the front, and the mean of all supervisors that live. */
function watchMemory({ cluster }: BenchCluster): { stop(): readonly MemoryOverTime[] } {
  const { scheduler } = cluster
  const names = ['scheduler', 'front', 'supervisor']
  const samples: (readonly number[])[] = []
  const timer = setInterval(() => {
    const supervisors = cluster.executors.map(({ pid }) => residentMib(pid)).filter((mib) => mib > 0)
    samples.push([residentMib(scheduler.pid), residentMib(scheduler.frontPid), mean(supervisors)])
  }, 1_000)
  return {
    stop() {
      clearInterval(timer)
      const third = Math.floor(samples.length / 3)
      const of = (part: typeof samples, at: number): number => mean(part.map((sample) => sample[at] ?? 0))
      const [first, last] = [samples.slice(0, third), samples.slice(-third)]
      return names.map((name, at) => ({ name, first: of(first, at), last: of(last, at) }))
    },
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Files of jobs and attempts that are still there when everything has had its time to go. */
async function leftAfter({ cluster }: BenchCluster, directory: string): Promise<readonly string[]> {
  await wait(settleMs)
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => /\/(jobs|spill)\//.test(file) && !file.includes('/state/'))
  const service = grpcSchedulerClient({ host: '127.0.0.1', port: cluster.scheduler.controlPort })
  const attempts = (await service.executors()).flatMap(({ state, registration, runningAttempts }) =>
    state === 'active' && runningAttempts > 0 ? [`${registration.executorId} runs ${runningAttempts} attempts`] : [])
  service.close()
  return [...files.map((file) => file.slice(directory.length)), ...attempts]
}

interface Findings {
  readonly taken: ReturnType<typeof circumstances>
  readonly outcome: Outcome
  readonly kills: number
  readonly thirds: readonly MemoryOverTime[]
  readonly left: readonly string[]
}

function report(options: EnduranceOptions, { taken, outcome, kills, thirds, left }: Findings): boolean {
  const { times, wrong, errors } = outcome
  const milliseconds = distributionOf(times)
  print(`${options.minutes} min, ${kills} executors killed: ${times.length} answers, ${wrong.length} wrong, ` +
    `${errors.length} errors, ${left.length} left over`)
  print(`ms: ${distributionText(milliseconds)}`)
  for (const text of [...wrong, ...errors, ...left].slice(0, 20)) print(text)
  print('mean RSS, MiB  first third  last third')
  for (const { name, first, last } of thirds) {
    print(`${name.padEnd(14)}${[first, last].map((value) => value.toFixed(1).padStart(12)).join('')}`)
  }
  const figures = { answers: times.length, kills, wrong, errors, left, milliseconds, memory: thirds }
  keepFigures(options.output, taken, figures)
  const isFlat = thirds.every(({ first, last }) => last <= first * growthMax)
  return times.length > 0 && wrong.length + errors.length + left.length === 0 && isFlat
}
