/**
 * `npm run bench -- tpch | tpcds`: each query on one DuckDB in this process and on a local cluster, alternating
 * in one run, so that both see the same machine. Figures are ratios of totals, median of the runs.
 */
import type { DistributeMode } from '@arbalest/common'
import { startBenchCluster, type BenchCluster } from './bench-cluster.js'
import { suiteQueries, type BenchQuery, type Suite } from './bench-queries.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { expectAnswer } from './oracle/expected-answer.js'
import { openPlainDuckdb, type PlainDuckdb } from './oracle/plain-duckdb.js'
import { tablesIn } from './oracle/table-files.js'
import { cpuSeconds } from './process-cpu.js'

export interface QueryTimesOptions {
  readonly suite: Suite
  readonly data: string
  readonly queries: readonly number[] | undefined
  readonly executors: number
  readonly threads: number
  readonly distribute: DistributeMode
  readonly runs: number
  readonly output: string | undefined
}

interface QueryFigures {
  readonly query: string
  readonly duckdbMs: number
  readonly arbalestMs: number
  readonly duckdbCpuSeconds: number
  readonly arbalestCpuSeconds: number
  readonly stages: number
  readonly rows: number
  readonly equal: boolean
}

interface RunFigures {
  readonly queries: readonly QueryFigures[]
  readonly wallRatio: number
  readonly cpuRatio: number
}

/** Prints the table of the median run and writes everything as JSON; false when an answer was wrong. */
export async function queryTimes(options: QueryTimesOptions): Promise<boolean> {
  const tables = tablesIn(options.data)
  const queries = suiteQueries(options.suite, options.queries)
  const { executors, threads } = options
  const duckdbThreads = options.distribute === 'auto' ? threads : executors * threads
  const taken = circumstances(options.suite, { ...options, duckdbThreads })
  const oracle = await openPlainDuckdb(tables, duckdbThreads)
  const cluster = await startBenchCluster({ executors, threads, tables, dataDir: options.data })
  const runs: RunFigures[] = []
  try {
    await cluster.context.set('arbalest.distribute', options.distribute)
    for (let run = 0; run < options.runs; run++) runs.push(await runAll(queries, oracle, cluster))
  } finally {
    oracle.close()
    await cluster.close()
  }
  const median = runs.toSorted((a, b) => a.wallRatio - b.wallRatio)[Math.floor(runs.length / 2)]
  if (median === undefined) return false
  printTable(median)
  const wall = runs.map((run) => run.wallRatio.toFixed(2)).join(' ')
  const cpu = runs.map((run) => run.cpuRatio.toFixed(2)).join(' ')
  print(`wall ${median.wallRatio.toFixed(3)} × DuckDB (runs: ${wall})`)
  print(`CPU  ${median.cpuRatio.toFixed(3)} × DuckDB (runs: ${cpu})`)
  keepFigures(options.output, taken, { runs })
  return runs.every((run) => run.queries.every((query) => query.equal))
}

async function runAll(queries: readonly BenchQuery[], oracle: PlainDuckdb, cluster: BenchCluster): Promise<RunFigures> {
  const figures: QueryFigures[] = []
  for (const query of queries) figures.push(await runOne(query, oracle, cluster))
  const total = (value: (query: QueryFigures) => number) => figures.reduce((sum, query) => sum + value(query), 0)
  return {
    queries: figures,
    wallRatio: total((query) => query.arbalestMs) / total((query) => query.duckdbMs),
    cpuRatio: total((query) => query.arbalestCpuSeconds) / total((query) => query.duckdbCpuSeconds),
  }
}

async function runOne(
  { name, sql }: BenchQuery,
  oracle: PlainDuckdb,
  cluster: BenchCluster,
): Promise<QueryFigures> {
  const ownCpu = process.cpuUsage()
  const duckdbStart = performance.now()
  const expected = await expectAnswer((text) => oracle.answer(text), sql)
  const duckdbMs = performance.now() - duckdbStart
  const used = process.cpuUsage(ownCpu)
  const pids = cluster.pids()
  const cpuBefore = cpuSeconds(pids)
  const start = performance.now()
  const answer = await (await cluster.context.sql(sql)).collectText()
  const arbalestMs = performance.now() - start
  const difference = await expected.difference(answer)
  if (difference !== undefined) print(`${name}: ${difference}`)
  return {
    query: name,
    duckdbMs,
    arbalestMs,
    duckdbCpuSeconds: (used.user + used.system) / 1e6,
    arbalestCpuSeconds: cpuSeconds(pids) - cpuBefore,
    stages: answer.stages,
    rows: answer.rowCount,
    equal: difference === undefined,
  }
}

function printTable({ queries }: RunFigures): void {
  print('query  DuckDB ms  Arbalest ms   ratio     CPU  stages     rows  equal')
  for (const { query, duckdbMs, arbalestMs, duckdbCpuSeconds, arbalestCpuSeconds, stages, rows, equal } of queries) {
    const ratio = (arbalestMs / duckdbMs).toFixed(2)
    const cpuRatio = (arbalestCpuSeconds / duckdbCpuSeconds).toFixed(2)
    const cells = [
      query.padEnd(5), duckdbMs.toFixed(0).padStart(10), arbalestMs.toFixed(0).padStart(12), ratio.padStart(7),
      cpuRatio.padStart(7), String(stages).padStart(7), String(rows).padStart(8), equal ? '  yes' : '  NO',
    ]
    print(cells.join(' '))
  }
}
