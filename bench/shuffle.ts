/**
 * `npm run bench -- shuffle`: rows divided anew between executors, beside a plain copy of as many bytes
 * from file to file over node:http in the same run.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createServer, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
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
  const from = Math.min(...readers.map((task) => task.start_exec_time))
  const to = Math.max(...readers.map((task) => task.end_fetch_time))
  const copyMs = await copyOverHttp(directory, fetchedBytes)
  const [fetchRate, copyRate] = [fetchedBytes / (to - from) / 1e3, fetchedBytes / copyMs / 1e3]
  return {
    totalMs,
    shuffledRows: divided.output_rows,
    shuffledBytes: divided.output_bytes,
    fetchedBytes,
    fetchMs: to - from,
    fetchMbPerSecond: fetchRate,
    copyMs,
    copyMbPerSecond: copyRate,
    ratio: fetchRate / copyRate,
  }
}

/** Milliseconds to copy a file of so many bytes by one request. */
async function copyOverHttp(directory: string, bytes: number): Promise<number> {
  const source = join(directory, 'copy-source')
  const file = await open(source, 'w')
  const block = Buffer.alloc(1024 * 1024, 'arbalest')
  for (let at = 0; at < bytes; at += block.length) await file.write(block, 0, Math.min(block.length, bytes - at))
  await file.close()
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': bytes })
    pipeline(createReadStream(source, { highWaterMark: block.length }), response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const start = performance.now()
    const { port } = server.address() as AddressInfo
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ host: '127.0.0.1', port }, resolve).on('error', reject)
    })
    await pipeline(response, createWriteStream(join(directory, 'copy-target'), { highWaterMark: block.length }))
    return performance.now() - start
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

function report(run: RunFigures): void {
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
  const seconds = (run.totalMs / 1e3).toFixed(2)
  print(`${run.shuffledRows} rows, ${mb(run.shuffledBytes)} written, ${mb(run.fetchedBytes)} fetched: ${seconds} s`)
  print(`  fetching        ${run.fetchMbPerSecond.toFixed(0)} MB/s in ${run.fetchMs.toFixed(0)} ms`)
  const copy = `${run.copyMbPerSecond.toFixed(0)} MB/s in ${run.copyMs.toFixed(0)} ms`
  print(`  node:http copy  ${copy}, ratio ${run.ratio.toFixed(2)}`)
}
