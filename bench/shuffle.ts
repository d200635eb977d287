/**
 * `npm run bench -- shuffle`: rows divided anew between executors, beside a plain copy of as many bytes
 * from file to file over node:http, from one process to another, in the same run.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startBenchCluster } from './bench-cluster.js'
import { circumstances, keepFigures, print } from './circumstances.js'
import { generateTable } from './generated-table.js'

export interface ShuffleOptions {
  readonly rows: number
  readonly runs: number
  readonly executors: number
  readonly threads: number
  readonly output: string | undefined
}

/** What the front tells of a stage's attempts, as far as it is of use here. */
interface StageView {
  readonly name: string
  readonly output_rows: number
  readonly output_bytes: number
  readonly tasks: readonly TaskView[]
}

interface TaskView {
  readonly state: string
  readonly start_exec_time: number
  readonly end_fetch_time: number
  readonly fetched_bytes: number
}

interface RunFigures {
  readonly totalMs: number
  readonly shuffledRows: number
  readonly shuffledBytes: number
  /** What crossed between executors; the rest was read where it lay. */
  readonly fetchedBytes: number
  readonly fetchMs: number
  readonly fetchMbPerSecond: number
  readonly copyMs: number
  readonly copyMbPerSecond: number
  readonly ratio: number
}

const columns =
  'SELECT CAST(hash(i) % 1000000007 AS BIGINT) AS key, i AS number, CAST(i % 10007 AS DOUBLE) AS price FROM series'

/** Rows meet their keys, so that all rows go to the partition of their key, and so do the keys. */
const sql = `SELECT count(*) AS n, sum(number) AS numbers, sum(price) AS prices
FROM rows WHERE key IN (SELECT key FROM rows)`
const settings = { 'arbalest.distribute': 'always', 'arbalest.broadcast_threshold_bytes': 0 }

export async function shuffle(options: ShuffleOptions): Promise<boolean> {
  const { rows, executors, threads } = options
  const taken = circumstances('shuffle', options)
  const table = await generateTable('rows', columns, rows)
  const runs: RunFigures[] = []
  try {
    const tables = [{ name: 'rows', location: table.file, files: [table.file] }]
    const cluster = await startBenchCluster({ executors, threads, tables, dataDir: table.directory })
    try {
      const { context } = cluster
      for (const [name, value] of Object.entries(settings)) await context.set(name, value)
      for (let run = 0; run < options.runs; run++) {
        const start = performance.now()
        const { rows: [answer], jobId } = await (await context.sql(sql)).collectText()
        const totalMs = performance.now() - start
        if (answer?.[0] !== String(rows)) throw new Error(`${answer?.[0] ?? 'no'} rows were counted, not ${rows}`)
        const stages = await stagesOf(cluster.url, jobId ?? '')
        runs.push(await figuresOf(stages, totalMs, table.directory))
      }
    } finally {
      await cluster.close()
    }
  } finally {
    await table.remove()
  }
  for (const run of runs) report(run)
  keepFigures(options.output, taken, { runs })
  return true
}

async function stagesOf(url: string, jobId: string): Promise<readonly StageView[]> {
  const response = await fetch(`${url.replace(/^df:/, 'http:')}/api/job/${jobId}/stages`)
  const { stages } = (await response.json()) as { readonly stages: readonly StageView[] }
  return stages
}

async function figuresOf(stages: readonly StageView[], totalMs: number, directory: string): Promise<RunFigures> {
  const divided = stages.toSorted((a, b) => b.output_bytes - a.output_bytes)[0]
  const readers = stages.flatMap(({ tasks }) => tasks)
    .filter(({ state, fetched_bytes: bytes }) => state === 'succeeded' && bytes > 0)
  if (divided === undefined || readers.length === 0) throw new Error('no bytes crossed between executors')
  const fetchedBytes = readers.reduce((sum, task) => sum + task.fetched_bytes, 0)
  const fetchMs = fetchTime(readers)
  const copyMs = await copyOverHttp(directory, fetchedBytes)
  const [fetchRate, copyRate] = [fetchedBytes / fetchMs / 1e3, fetchedBytes / copyMs / 1e3]
  return {
    totalMs,
    shuffledRows: divided.output_rows,
    shuffledBytes: divided.output_bytes,
    fetchedBytes,
    fetchMs,
    fetchMbPerSecond: fetchRate,
    copyMs,
    copyMbPerSecond: copyRate,
    ratio: fetchRate / copyRate,
  }
}

/** The time in which at least one attempt fetched: from its start until all its inputs lie there. */
function fetchTime(readers: readonly TaskView[]): number {
  let end = 0
  let ms = 0
  for (const { start_exec_time: from, end_fetch_time: to } of readers
    .toSorted((a, b) => a.start_exec_time - b.start_exec_time)) {
    ms += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return ms
}

const serve = `const [source] = process.argv.slice(1)
const server = require('node:http').createServer((_, response) =>
  require('node:fs').createReadStream(source, { highWaterMark: 1024 * 1024 }).pipe(response))
server.listen(0, '127.0.0.1', () => console.log(server.address().port))`
const copy = `const [port, target] = process.argv.slice(1)
const startedMs = performance.now()
require('node:http').get({ host: '127.0.0.1', port }, (response) =>
  response.pipe(require('node:fs').createWriteStream(target, { highWaterMark: 1024 * 1024 }))
    .on('finish', () => console.log(performance.now() - startedMs)))`

/** Milliseconds to copy a file of so many bytes by one request, the median of three. */
async function copyOverHttp(directory: string, bytes: number): Promise<number> {
  const [source, target] = [join(directory, 'copy-source'), join(directory, 'copy-target')]
  const file = await open(source, 'w')
  const block = Buffer.alloc(1024 * 1024, 'arbalest')
  for (let at = 0; at < bytes; at += block.length) await file.write(block, 0, Math.min(block.length, bytes - at))
  await file.close()
  const server = runNode(serve, source)
  try {
    const port = await lineOf(server)
    const taken: number[] = []
    for (let time = 0; time < 3; time++) {
      const client = runNode(copy, port, target)
      taken.push(Number(await lineOf(client)))
    }
    return taken.toSorted((a, b) => a - b)[1] ?? NaN
  } finally {
    server.kill()
    await Promise.all([source, target].map((path) => rm(path, { force: true })))
  }
}

const runNode = (program: string, ...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ['-e', program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })

/** What the process says first. */
async function lineOf(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(() => [''])
  const [said] = (await Promise.race([once(child.stdout ?? child, 'data'), ended])) as readonly unknown[]
  const line = String(said).trim()
  if (line === '') throw new Error('the plain copy ended early')
  return line
}

function report(run: RunFigures): void {
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  const seconds = (run.totalMs / 1e3).toFixed(2)
  print(`${run.shuffledRows} rows, ${mb(run.shuffledBytes)} written, ${mb(run.fetchedBytes)} fetched: ${seconds} s`)
  print(`  fetching        ${run.fetchMbPerSecond.toFixed(0)} MB/s in ${run.fetchMs.toFixed(0)} ms`)
  const copy = `${run.copyMbPerSecond.toFixed(0)} MB/s in ${run.copyMs.toFixed(0)} ms`
  print(`  node:http copy  ${copy}, ratio ${run.ratio.toFixed(2)}`)
}
