/**
 * Shuffled files between two hosts beside a plain copy of a file over node:http between the same two. The
 * figures are printed when ARBALEST_SHUFFLE_ROWS asks for so many rows (the bar is told for 60000000); else
 * few rows show that it works.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobId } from '@arbalest/common'
import type { AttemptRecord, JobDetails } from '@arbalest/protocol'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { namespacesMissing } from './network-hosts.js'
import { startRemoteCluster, type RemoteCluster } from './remote-cluster.js'

const missing = namespacesMissing()
const wantedRows = process.env['ARBALEST_SHUFFLE_ROWS']
const rows = Number(wantedRows ?? 1_000_000)
const copyBytes = wantedRows === undefined ? 16 * 1024 ** 2 : 512 * 1024 ** 2
const copyPort = 50060

const serve = `require('node:http').createServer((_, response) => require('node:fs').createReadStream(process.argv[1])
  .pipe(response)).listen(${copyPort}, () => console.log('serving'))`
const copy = `const startedMs = performance.now()
require('node:http').get('http://' + process.argv[1] + ':${copyPort}', (response) =>
  response.pipe(require('node:fs').createWriteStream(process.argv[2]))
    .on('finish', () => console.log('took ' + (performance.now() - startedMs))))`

describe.skipIf(missing !== undefined)(`between hosts${missing === undefined ? '' : ` (${missing})`}`, () => {
  let root: string
  let cluster: RemoteCluster

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'arbalest-shuffle-'))
    const connection = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect()
    const target = join(root, 'facts.parquet')
    await connection.run(`COPY (SELECT (i * 7919) % ${rows} AS k, hash(i + 7) AS a, i AS b FROM range(${rows}) r(i))
      TO '${target}' (ROW_GROUP_SIZE 122880)`)
    connection.closeSync()
    cluster = await startRemoteCluster({ executors: 2, dataDirs: [root], directory: root })
  }, 600_000)

  afterAll(async () => {
    await cluster?.close()
    await rm(root, { recursive: true, force: true })
  })

  test('shuffled rows arrive, all of them', async () => {
    const settings = { 'arbalest.distribute': 'always', 'arbalest.broadcast_threshold_bytes': 0 }
    const session = await cluster.session(settings)
    await session.registerParquet('facts', join(root, 'facts.parquet'))
    const query = await session.sql(`SELECT count(*), sum(b)
      FROM (SELECT k, max(a) AS a, max(b) AS b FROM facts GROUP BY k) WHERE a >= 0`)
    const answer = await query.collectText()
    expect(answer.rows).toEqual([[String(rows), String((BigInt(rows) * BigInt(rows - 1)) / 2n)]])
    const fetched = fetches(await cluster.scheduler.details(answer.jobId as JobId))
    expect(fetched.bytes).toBeGreaterThan(0)
    const copied = await plainCopy()
    if (wantedRows === undefined) return
    const figures = (bytes: number, ms: number): string =>
      `${bytes} bytes in ${Math.round(ms)} ms, ${Math.round(bytes / 1e3 / ms)} MB/s`
    console.log(`shuffle: ${figures(fetched.bytes, fetched.ms)}`)
    console.log(`plain copy: ${figures(copyBytes, copied)}`)
  }, 1_200_000)

  /** Milliseconds for a file from one executor's host to the other's. */
  async function plainCopy(): Promise<number> {
    const [from, to] = cluster.executors.map(({ host }) => host)
    const source = join(root, 'source')
    await writeFile(source, randomBytes(copyBytes))
    const server = from!.run(['-e', serve, source])
    await server.line(/^serving/)
    const line = await to!.run(['-e', copy, from!.address, join(root, 'target')]).line(/^took/)
    return Number(line.split(' ')[1])
  }
})

/** Bytes that went over the network, and the time in which an executor did nothing but fetch them, added up. */
function fetches({ stages }: JobDetails): { readonly bytes: number; readonly ms: number } {
  const attempts = stages.flatMap((stage) => stage.attempts).filter((attempt) => bytesOf(attempt) > 0)
  const spans = attempts.map(({ executorId, report }) =>
    ({ executorId, from: report!.metrics.startedMs, to: report!.metrics.fetchedMs }))
    .sort((a, b) => a.from - b.from)
  const ends = new Map<string, number>()
  let ms = 0
  for (const { executorId = '', from, to } of spans) {
    const end = ends.get(executorId) ?? 0
    ms += Math.max(0, to - Math.max(from, end))
    ends.set(executorId, Math.max(end, to))
  }
  return { bytes: attempts.reduce((sum, attempt) => sum + bytesOf(attempt), 0), ms }
}

const bytesOf = ({ report }: AttemptRecord): number => report?.metrics.fetchedBytes ?? 0
