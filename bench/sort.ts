/**
 * `npm run bench -- sort`: a large table in order, by executors with little memory, beside one DuckDB that
 * sorts and writes the same rows with as many threads and as much memory in all.
 */
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { quoteLiteral } from '@arbalest/common'
import { startBenchCluster, type BenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { generateTable, type GeneratedTable } from './generated-table.js'
import { cpuSeconds } from './process-cpu.js'
import { memoryTable, watchMemory, type MemoryGrowth } from './process-memory.js'

export interface SortOptions {
  readonly rows: number
  readonly runs: number
  readonly executors: number
  readonly threads: number
  /** Of each executor. */
  readonly memoryMib: number
  readonly output: string | undefined
}

interface Times { readonly seconds: number; readonly cpuSeconds: number }

interface ClusterTimes extends Times {
  /** Until the first rows came: everything is sorted and written then. */
  readonly sortedSeconds: number
  readonly memory: readonly MemoryGrowth[]
}

interface RunFigures { readonly cluster: ClusterTimes; readonly duckdb: Times; readonly ratio: number }

const columns =
  'SELECT CAST(hash(i) % 1000000007 AS BIGINT) AS key, i AS number, CAST(i % 10007 AS DOUBLE) AS price FROM series'
const ordered = (table: string): string => `SELECT key, number, price FROM ${table} ORDER BY key, number DESC`

/** Whether all rows came, and in order. */
export async function sort(options: SortOptions): Promise<boolean> {
  const { executors, threads, memoryMib } = options
  const taken = circumstances('sort', options)
  const table = await generateTable('rows', columns, options.rows)
  const runs: RunFigures[] = []
  try {
    for (let run = 0; run < options.runs; run++) {
      const tables = [{ name: 'rows', location: table.file, files: [table.file] }]
      const cluster = await startBenchCluster({
        executors, threads, tables, memoryLimitBytes: memoryMib * 2 ** 20, dataDir: table.directory,
      })
      const ours = await sortOnCluster(cluster, options.rows).finally(() => cluster.close())
      const duckdb = await sortOnDuckdb(table, executors * threads, executors * memoryMib)
      runs.push({ cluster: ours, duckdb, ratio: ours.sortedSeconds / duckdb.seconds })
    }
  } finally {
    await table.remove()
  }
  for (const run of runs) report(run)
  keepFigures(options.output, taken, { runs })
  return true
}

async function sortOnCluster({ context, pids, processes }: BenchCluster, rows: number): Promise<ClusterTimes> {
  await context.set('arbalest.distribute', 'always')
  const cpuBefore = cpuSeconds(pids())
  const watch = watchMemory(processes())
  const start = performance.now()
  const since = (): number => (performance.now() - start) / 1e3
  let [count, sortedSeconds] = [0, 0]
  let last = { key: -1n, number: -1n }
  for await (const batch of (await context.sql(ordered('rows'))).stream()) {
    if (count === 0) sortedSeconds = since()
    count += batch.numRows
    const [keys, numbers] = [0, 1].map((column) => batch.getChildAt(column)?.toArray() as BigInt64Array)
    if (keys !== undefined && numbers !== undefined) last = checkOrder(last, keys, numbers)
  }
  const seconds = since()
  const memory = watch.stop()
  if (count !== rows) throw new Error(`${count} rows came, not ${rows}`)
  return { seconds, sortedSeconds, cpuSeconds: cpuSeconds(pids()) - cpuBefore, memory }
}

interface Place { readonly key: bigint; readonly number: bigint }

/** By key, and where keys are equal by number, descending. Gives the last row. @throws Error where it is not so */
function checkOrder(before: Place, keys: BigInt64Array, numbers: BigInt64Array): Place {
  let { key: lastKey, number: lastNumber } = before
  for (let at = 0; at < keys.length; at++) {
    const key = keys[at] ?? 0n
    const number = numbers[at] ?? 0n
    if (key < lastKey || (key === lastKey && number > lastNumber)) throw new Error(`${key} came after ${lastKey}`)
    lastKey = key
    lastNumber = number
  }
  return { key: lastKey, number: lastNumber }
}

async function sortOnDuckdb(table: GeneratedTable, threads: number, memoryMib: number): Promise<Times> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads),
    memory_limit: `${memoryMib}MiB`,
    temp_directory: join(table.directory, 'duckdb-spill'),
  })
  const connection = await instance.connect()
  try {
    const before = process.cpuUsage()
    const start = performance.now()
    const target = quoteLiteral(join(table.directory, 'sorted.parquet'))
    await connection.run(`COPY (${ordered(quoteLiteral(table.file))}) TO ${target} (FORMAT parquet)`)
    const used = process.cpuUsage(before)
    return { seconds: (performance.now() - start) / 1e3, cpuSeconds: (used.user + used.system) / 1e6 }
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function report({ cluster, duckdb, ratio }: RunFigures): void {
  const seconds = (value: number): string => `${value.toFixed(2)} s`
  const { sortedSeconds, cpuSeconds: cpu } = cluster
  print(`sorted in ${seconds(sortedSeconds)}, read by ${seconds(cluster.seconds)}, CPU ${seconds(cpu)}`)
  print(`  DuckDB, sorted and written: ${seconds(duckdb.seconds)}, CPU ${seconds(duckdb.cpuSeconds)}`)
  print(`  ratio ${ratio.toFixed(2)}`)
  print(memoryTable(cluster.memory))
}
