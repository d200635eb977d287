/**
 * `npm run bench -- planning`: from a statement's text to its first task, on a warm cluster: the time from the
 * client's call until the first attempt was sent to an executor. No text is asked twice, so that all of it is planned.
 */
import type { SessionContext } from '@arbalest/client'
import type { DistributeMode } from '@arbalest/common'
import { startBenchCluster } from './bench-cluster.js'
import { suiteOf, suiteQueries, type BenchQuery } from './bench-queries.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { distributionOf, distributionText, type Distribution } from './distribution.js'
import { generateFiles } from './generated-table.js'
import { placeMessageProbe, type MessageSizes } from './message-sizes.js'
import { tablesIn, type TableFiles } from './oracle/table-files.js'
import { cpuSeconds } from './process-cpu.js'

export interface PlanningOptions {
  readonly data: string
  readonly queries: readonly number[] | undefined
  readonly runs: number
  /** Instead of the queries: a table of so many files. */
  readonly files: number | undefined
  readonly executors: number
  readonly threads: number
  readonly distribute: DistributeMode
  readonly output: string | undefined
}

interface QueryFigures {
  readonly name: string
  readonly ms: Distribution
}

export async function planning(options: PlanningOptions): Promise<boolean> {
  const taken = circumstances('planning', options)
  const figures = options.files === undefined
    ? await suiteFigures(options)
    : await manyFilesFigures(options, options.files)
  const { all, queries, firstMs, cpuMs, messageBytes } = figures
  for (const { name, ms } of queries.toSorted((a, b) => b.ms.median - a.ms.median).slice(0, slowestShown)) {
    print(`  ${name.padEnd(8)} ${distributionText(ms)}`)
  }
  print(`all        ${distributionText(all)}`)
  print(`best runs  ${distributionText(distributionOf(queries.map(({ ms }) => ms.min)))}`)
  print(`the very first statement ${firstMs.toFixed(0)} ms`)
  print(`CPU of scheduler, front and planner ${cpuMs.toFixed(1)} ms a statement`)
  const sizes = Object.entries(messageBytes).map(([channel, bytes]) => `${channel} ${(bytes / 1024).toFixed(1)}`)
  print(`largest messages in KiB: ${sizes.join(', ')}`)
  keepFigures(options.output, taken, { all, firstMs, cpuMs, messageBytes, queries })
  return true
}

interface Measured {
  /** Times of each query, by run. */
  readonly times: readonly (readonly number[])[]
  /** Of the very first statement, which finds nothing cached. */
  readonly firstMs: number
  /** CPU time of scheduler, front and planner for a whole statement. */
  readonly cpuMs: number
  readonly messageBytes: MessageSizes
}

interface Figures extends Omit<Measured, 'times'> {
  readonly all: Distribution
  readonly queries: readonly QueryFigures[]
}

const slowestShown = 10

async function suiteFigures(options: PlanningOptions): Promise<Figures> {
  const tables = tablesIn(options.data)
  const queries = suiteQueries(suiteOf(tables), options.queries)
  const { times, ...measured } = await measure({ tables, queries, options, dataDir: options.data })
  const perQuery = queries.map(({ name }, at) => ({ name, ms: distributionOf(times[at] ?? []) }))
  print(`${queries.length} queries, ${options.runs} runs: ms until the first task, below of the queries' medians`)
  return { ...measured, all: distributionOf(perQuery.map(({ ms }) => ms.median)), queries: perQuery }
}

async function manyFilesFigures(options: PlanningOptions, files: number): Promise<Figures> {
  const select = 'SELECT i AS k, i % 7 AS g, i * 0.5 AS v FROM series'
  const generated = await generateFiles('many', select, { files, rowsPerFile: 100 })
  try {
    const tables = [{ name: 'many', location: generated.location, files: [] }]
    const sql = 'SELECT g, count(*) AS n, sum(v) AS s, max(k) AS k FROM many GROUP BY g'
    const queries = [{ name: 'many', sql, ordered: false }]
    const { times, ...measured } = await measure({ tables, queries, options, dataDir: generated.directory })
    const ms = distributionOf(times[0] ?? [])
    print(`a table of ${files} files, ${options.runs} runs: ms until the first task`)
    return { ...measured, all: ms, queries: [{ name: 'many', ms }] }
  } finally {
    await generated.remove()
  }
}

interface Work {
  readonly tables: readonly TableFiles[]
  readonly queries: readonly BenchQuery[]
  readonly options: PlanningOptions
  readonly dataDir: string
}

/** Rounds that are not counted: code and connections get warm. */
const warmUps = 2

async function measure({ tables, queries, options, dataDir }: Work): Promise<Measured> {
  const { executors, threads, runs, distribute } = options
  const probe = placeMessageProbe()
  try {
    const bench = await startBenchCluster({ executors, threads, tables, dataDir })
    try {
      await bench.context.set('arbalest.distribute', distribute)
      const planners = bench.processes().filter(({ name }) => ['scheduler', 'front', 'planner'].includes(name))
      const pids = planners.map(({ pid }) => pid)
      const times = queries.map((): number[] => [])
      let firstMs = NaN
      let cpuBefore = 0
      for (let run = -warmUps; run < runs; run++) {
        if (run === 0) cpuBefore = cpuSeconds(pids)
        for (const [at, { sql }] of queries.entries()) {
          const ms = await untilFirstTask(bench.context, bench.cluster.scheduler.port, anew(sql, run + warmUps))
          if (Number.isNaN(firstMs)) firstMs = ms
          if (run >= 0) times[at]?.push(ms)
        }
      }
      const cpuMs = ((cpuSeconds(pids) - cpuBefore) * 1000) / (runs * queries.length)
      return { times, firstMs, cpuMs, messageBytes: await probe.largest(bench.processes()) }
    } finally {
      await bench.close()
    }
  } finally {
    probe.remove()
  }
}

/** The same text to a reader, another one to whoever keeps texts: behind its first word stands a remark. */
const anew = (sql: string, run: number): string => sql.replace(/\b(?=\s)/, ` /* run ${run} */`)

interface StagesAnswer {
  readonly stages: readonly { readonly tasks: readonly { readonly launch_time?: number }[] }[]
}

/** The scheduler's clock counts whole milliseconds. */
async function untilFirstTask(context: SessionContext, port: number, sql: string): Promise<number> {
  const startedMs = performance.timeOrigin + performance.now()
  const { jobId } = await context.execute(sql)
  const response = await fetch(`http://127.0.0.1:${port}/api/job/${jobId}/stages`)
  const { stages } = (await response.json()) as StagesAnswer
  const launched = stages.flatMap(({ tasks }) => tasks.flatMap(({ launch_time: time }) => time ?? []))
  return Math.min(...launched) - startedMs
}
