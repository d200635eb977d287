/**
 * `npm run bench -- clients`: many sessions at once, each running TPC-H queries in an order of its own;
 * every answer is compared. Memory is looked at over the whole time.
 */
import { SessionContext } from '@arbalest/client'
import type { DistributeMode } from '@arbalest/common'
import { startBenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { distributionOf, distributionText } from './distribution.js'
import { answerDifference, type Answer } from './oracle/compare-answers.js'
import { openPlainDuckdb } from './oracle/plain-duckdb.js'
import { tablesIn } from './oracle/table-files.js'
import { residentMib, type NamedProcess } from './process-memory.js'
import { tpchQueries, type BenchQuery } from './bench-queries.js'

export interface ClientsOptions {
  readonly data: string
  readonly clients: number
  readonly minutes: number
  readonly executors: number
  readonly threads: number
  readonly distribute: DistributeMode
  readonly output: string | undefined
}

interface Outcome {
  readonly times: number[]
  readonly wrong: string[]
  readonly errors: string[]
}

interface Workload {
  readonly url: string
  readonly queries: readonly BenchQuery[]
  readonly expected: ReadonlyMap<string, Answer>
  readonly distribute: DistributeMode
  readonly endsAt: number
}

/** Resident MiB: what only warms up is flat from the first third of the time on. */
interface MemoryOverTime {
  readonly name: string
  readonly start: number
  readonly third: number
  readonly end: number
}

export async function clients(options: ClientsOptions): Promise<boolean> {
  const { data, executors, threads, distribute, minutes } = options
  const taken = circumstances('clients', options)
  const tables = tablesIn(data)
  const queries = tpchQueries()
  const oracle = await openPlainDuckdb(tables, threads)
  const expected = new Map<string, Answer>()
  for (const query of queries) expected.set(query.name, await oracle.answer(query.sql))
  oracle.close()
  const cluster = await startBenchCluster({ executors, threads, tables, dataDir: data })
  const outcome: Outcome = { times: [], wrong: [], errors: [] }
  let memory: readonly MemoryOverTime[] = []
  try {
    const processes = [...cluster.processes(), { name: 'clients', pid: process.pid }]
    const span = minutes * 60_000
    const watch = watchThirds(processes, span)
    const workload: Workload = { url: cluster.url, queries, expected, distribute, endsAt: performance.now() + span }
    await Promise.all(Array.from({ length: options.clients }, (_, at) => runClient(at, workload, outcome)))
    memory = watch.stop()
  } finally {
    await cluster.close()
  }
  const { times, wrong, errors } = outcome
  const milliseconds = distributionOf(times)
  const counts = `${times.length} answers, ${wrong.length} wrong, ${errors.length} errors`
  print(`${options.clients} clients, ${minutes} min: ${counts}`)
  print(`ms: ${distributionText(milliseconds)}`)
  for (const text of [...wrong, ...errors].slice(0, 10)) print(text)
  print('RSS, MiB         start  third    end')
  for (const { name, start, third, end } of memory) {
    print(`${name.padEnd(14)}${[start, third, end].map((value) => value.toFixed(0).padStart(7)).join('')}`)
  }
  keepFigures(options.output, taken, { answers: times.length, wrong, errors, milliseconds, memory })
  return times.length > 0 && wrong.length + errors.length === 0
}

async function runClient(at: number, workload: Workload, outcome: Outcome): Promise<void> {
  const { url, queries, expected, distribute, endsAt } = workload
  const context = await SessionContext.remote(url, { settings: { 'arbalest.distribute': distribute } })
  try {
    // Steps of 7 through 22 queries meet each of them, and every client begins elsewhere.
    for (let turn = at; performance.now() < endsAt; turn += 7) {
      const query = queries[turn % queries.length]
      const answer = query === undefined ? undefined : expected.get(query.name)
      if (query === undefined || answer === undefined) continue
      await runQuery(context, query, answer, outcome)
    }
  } finally {
    await context.close()
  }
}

async function runQuery(context: SessionContext, query: BenchQuery, expected: Answer, outcome: Outcome): Promise<void> {
  const start = performance.now()
  try {
    const actual = await (await context.sql(query.sql)).collectText()
    outcome.times.push(performance.now() - start)
    const difference = answerDifference(actual, expected, query.ordered)
    if (difference !== undefined) outcome.wrong.push(`${query.name}: ${difference}`)
  } catch (error) {
    outcome.errors.push(`${query.name}: ${String(error)}`)
  }
}

function watchThirds(processes: readonly NamedProcess[], spanMs: number): { stop(): readonly MemoryOverTime[] } {
  const look = (): readonly number[] => processes.map(({ pid }) => residentMib(pid))
  const start = look()
  let third: readonly number[] = start
  const timer = setTimeout(() => { third = look() }, spanMs / 3)
  return {
    stop() {
      clearTimeout(timer)
      const end = look()
      return processes.map(({ name }, at) => {
        return { name, start: start[at] ?? 0, third: third[at] ?? 0, end: end[at] ?? 0 }
      })
    },
  }
}
