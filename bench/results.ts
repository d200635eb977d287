/** `npm run bench -- results`: a large result through `stream()`; how fast it comes, and what it costs. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startBenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { placeLoopProbe, type LoopDelay, type LoopProbe } from './event-loop-delay.js'
import { generateTable } from './generated-table.js'
import { cpuSeconds } from './process-cpu.js'
import { memoryTable, watchMemory, type MemoryGrowth, type NamedProcess } from './process-memory.js'
import type { ReaderFigures, ReaderTask } from './results-reader.js'

export interface ResultsOptions {
  readonly rows: number
  readonly runs: number
  readonly executors: number
  readonly threads: number
  readonly output: string | undefined
}

/** Int, bigint, both widths of decimals, date and two strings. */
const columns = `SELECT
  CAST(i % 1000003 AS INTEGER) AS part,
  CAST(i * 7919 AS BIGINT) AS number,
  CAST((i % 9999991) / 100 AS DECIMAL(15, 2)) AS price,
  CAST((i % 99999989) / 1000 AS DECIMAL(38, 4)) AS total,
  DATE '1992-01-01' + CAST(i % 2557 AS INTEGER) AS shipped,
  'Customer#' || lpad(CAST(i % 150000 AS VARCHAR), 9, '0') AS customer,
  concat('carefully ', i % 977, ' final ', i % 89, ' deposits') AS remark
FROM series`

interface RunFigures extends ReaderFigures {
  readonly rowsPerSecond: number
  readonly mbPerSecond: number
  /** The same, from the first batch on: without the time that the query took. */
  readonly streamRowsPerSecond: number
  readonly streamMbPerSecond: number
  readonly processSeconds: Readonly<Record<string, number>>
  readonly memory: readonly MemoryGrowth[]
  readonly loopDelays: Readonly<Record<string, LoopDelay>>
}

export async function results(options: ResultsOptions): Promise<boolean> {
  const { rows, executors, threads } = options
  const taken = circumstances('results', options)
  const table = await generateTable('rows', columns, rows)
  const probe = placeLoopProbe()
  const reader = fork(fileURLToPath(new URL('./results-reader.js', import.meta.url)))
  const runs: RunFigures[] = []
  try {
    const tables = [{ name: 'rows', location: table.file, files: [table.file] }]
    const cluster = await startBenchCluster({ executors, threads, tables, dataDir: table.directory })
    try {
      const { url } = cluster
      await cluster.context.close()
      const processes = [{ name: 'client', pid: reader.pid ?? 0 }, ...cluster.processes()]
      const sql = `SELECT * FROM ${JSON.stringify(table.file).replaceAll('"', "'")}`
      await ask(reader, { url, sql: `${sql} LIMIT 500000` })
      for (let run = 0; run < options.runs; run++) runs.push(await measure(reader, { url, sql }, processes, probe))
    } finally {
      await cluster.close()
    }
  } finally {
    reader.kill()
    probe.remove()
    await table.remove()
  }
  for (const run of runs) report(run)
  keepFigures(options.output, taken, { runs })
  return runs.every((run) => run.rows === rows)
}

async function measure(
  reader: ChildProcess,
  task: ReaderTask,
  processes: readonly NamedProcess[],
  probe: LoopProbe,
): Promise<RunFigures> {
  const loops = probe.watch(processes.filter(({ name }) => ['client', 'scheduler', 'front'].includes(name)))
  const before = processes.map(({ pid }) => cpuSeconds([pid]))
  const watch = watchMemory(processes)
  const figures = await ask(reader, task)
  const memory = watch.stop()
  const processSeconds = Object.fromEntries(
    processes.map(({ name, pid }, at) => [name, Number((cpuSeconds([pid]) - (before[at] ?? 0)).toFixed(2))]),
  )
  const loopDelays = await loops.stop()
  const { rows, bytes, firstMs, totalMs } = figures
  return {
    ...figures,
    rowsPerSecond: (rows / totalMs) * 1e3,
    mbPerSecond: bytes / totalMs / 1e3,
    streamRowsPerSecond: (rows / (totalMs - firstMs)) * 1e3,
    streamMbPerSecond: bytes / (totalMs - firstMs) / 1e3,
    processSeconds,
    memory,
    loopDelays,
  }
}

async function ask(reader: ChildProcess, task: ReaderTask): Promise<ReaderFigures> {
  reader.send(task)
  const [answer] = (await once(reader, 'message')) as [
    { kind: 'read'; figures: ReaderFigures } | { kind: 'failed'; reason: string },
  ]
  if (answer.kind === 'failed') throw new Error(answer.reason)
  return answer.figures
}

function report(run: RunFigures): void {
  const millions = (value: number): string => `${(value / 1e6).toFixed(2)} M rows/s`
  print(`${run.rows} rows, ${(run.bytes / 1e6).toFixed(0)} MB in ${run.batches} batches: `
    + `${(run.totalMs / 1e3).toFixed(2)} s, first batch after ${(run.firstMs / 1e3).toFixed(2)} s`)
  print(`  whole statement  ${millions(run.rowsPerSecond)}, ${run.mbPerSecond.toFixed(0)} MB/s`)
  print(`  stream alone     ${millions(run.streamRowsPerSecond)}, ${run.streamMbPerSecond.toFixed(0)} MB/s`)
  const cpu = Object.entries(run.processSeconds).map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`)
  print(`  CPU seconds      ${cpu.join(', ')}`)
  const delays = Object.entries(run.loopDelays).map(([name, { p99Ms, maxMs }]) =>
    `${name} ${p99Ms.toFixed(1)} (${maxMs.toFixed(1)})`)
  print(`  event loop, ms   p99 (longest): ${delays.join(', ')}`)
  print(memoryTable(run.memory))
}
