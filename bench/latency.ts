/**
 * `npm run bench -- latency`: small statements on a warm cluster, each run beside the same statement on
 * one DuckDB in this process. A run ends when all rows are there as values.
 */
import { availableParallelism } from 'node:os'
import type { DistributeMode } from '@arbalest/common'
import { startBenchCluster, type BenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { distributionOf, distributionText, type Distribution } from './distribution.js'
import { openPlainDuckdb, type PlainDuckdb } from './oracle/plain-duckdb.js'
import { tablesIn } from './oracle/table-files.js'

export interface LatencyOptions {
  readonly data: string
  readonly runs: number
  readonly executors: number
  readonly threads: number
  readonly output: string | undefined
}

interface SmallStatement {
  readonly name: string
  readonly sql: string
  readonly distribute: DistributeMode
}

const statements: readonly SmallStatement[] = [
  {
    name: 'point query, auto',
    sql: 'SELECT n_name FROM nation WHERE n_nationkey = 7',
    distribute: 'auto',
  },
  {
    name: 'two-stage aggregate, always',
    sql: 'SELECT l_returnflag, l_linestatus, count(*) AS n, sum(l_quantity) AS quantity '
      + 'FROM lineitem GROUP BY l_returnflag, l_linestatus',
    distribute: 'always',
  },
]

/** Runs before the measured ones: processes, connections and code get warm. */
const warmUps = 30

interface LatencyFigures extends SmallStatement {
  readonly duckdbMs: Distribution
  readonly arbalestMs: Distribution
  readonly medianDifferenceMs: number
}

export async function latency(options: LatencyOptions): Promise<boolean> {
  const { data, executors, threads, runs } = options
  const taken = circumstances('latency', options)
  const tables = tablesIn(data)
  const oracle = await openPlainDuckdb(tables, Math.min(executors * threads, availableParallelism()))
  const cluster = await startBenchCluster({ executors, threads, tables, dataDir: data })
  const figures: LatencyFigures[] = []
  try {
    for (const statement of statements) figures.push(await measure(statement, { oracle, cluster, runs }))
  } finally {
    oracle.close()
    await cluster.close()
  }
  for (const { name, duckdbMs, arbalestMs, medianDifferenceMs } of figures) {
    print(`${name}: ${runs} runs, ms`)
    print(`  DuckDB    ${distributionText(duckdbMs)}`)
    print(`  Arbalest  ${distributionText(arbalestMs)}`)
    print(`  median ${medianDifferenceMs.toFixed(1)} ms above DuckDB`)
  }
  keepFigures(options.output, taken, { statements: figures })
  return true
}

async function measure(
  statement: SmallStatement,
  run: { readonly oracle: PlainDuckdb; readonly cluster: BenchCluster; readonly runs: number },
): Promise<LatencyFigures> {
  const { sql, distribute } = statement
  const { oracle, cluster: { context }, runs } = run
  await context.set('arbalest.distribute', distribute)
  const duckdb: number[] = []
  const arbalest: number[] = []
  for (let turn = -warmUps; turn < runs; turn++) {
    const duckdbMs = await timed(() => oracle.run(sql))
    const arbalestMs = await timed(async () => (await context.sql(sql)).collect())
    if (turn < 0) continue
    duckdb.push(duckdbMs)
    arbalest.push(arbalestMs)
  }
  const [duckdbMs, arbalestMs] = [distributionOf(duckdb), distributionOf(arbalest)]
  return { ...statement, duckdbMs, arbalestMs, medianDifferenceMs: arbalestMs.median - duckdbMs.median }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
