/**
 * Shuffled files between two hosts beside a plain copy of as many bytes over node:http between the same
 * two, from file to file. Of the shuffle it is the transfer that is compared: from the start of an attempt
 * until all its inputs lie there, so asking, serving, sending, checking and writing, and neither the
 * producers' writing nor the readers' computing. Both hosts fetch from each other at once; the bar (three
 * fifths of the rate of the copy) is held against what one of them gets, in the time that it fetches, although the
 * copy has all cores for one direction. The figures are printed, the whole query among them, when
 * ARBALEST_SHUFFLE_ROWS asks for so many rows (the bar is told for 60000000); else few rows show that it
 * works. ARBALEST_SHUFFLE_PARTITIONS is how many partitions there are, above 100 in sorted files.
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
const partitions = process.env['ARBALEST_SHUFFLE_PARTITIONS']
const copies = wantedRows === undefined ? 1 : 3
const copyPort = 50060

const serve = `require('node:http').createServer((_, response) =>
  require('node:fs').createReadStream(process.argv[1]).pipe(response))
  .listen(${copyPort}, () => console.log('serving'))`
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
    await connection.run(`COPY (
        SELECT (i * 7919) % ${rows} AS k, hash(i + 7) AS a, i AS b FROM range(${rows}) r(i)
      ) TO '${target}' (ROW_GROUP_SIZE 122880)`)
    connection.closeSync()
    cluster = await startRemoteCluster({ executors: 2, dataDirs: [root], directory: root })
  }, 600_000)

  afterAll(async () => {
    await cluster?.close()
    await rm(root, { recursive: true, force: true })
  })

  test('shuffled rows arrive, all of them', async () => {
    const settings = {
      'arbalest.distribute': 'always',
      'arbalest.broadcast_threshold_bytes': 0,
      ...(partitions === undefined ? {} : { 'arbalest.target_partitions': partitions }),
    }
    const session = await cluster.session(settings)
    await session.registerParquet('facts', join(root, 'facts.parquet'))
    const query = await session.sql(`SELECT count(*), sum(b)
      FROM (SELECT k, max(a) AS a, max(b) AS b FROM facts GROUP BY k) WHERE a >= 0`)
    const startedMs = performance.now()
    const answer = await query.collectText()
    const queryMs = performance.now() - startedMs
    expect(answer.rows).toEqual([[String(rows), String((BigInt(rows) * BigInt(rows - 1)) / 2n)]])
    const fetched = fetches(await cluster.scheduler.details(answer.jobId as JobId))
    expect(fetched.bytes).toBeGreaterThan(0)
    const copied = await plainCopy(fetched.bytes)
    if (wantedRows === undefined) return
    const ratio = copied / fetched.executorMs
    const rate = (ms: number): number => fetched.bytes / 1e3 / ms
    const figures = (ms: number): string => `${Math.round(rate(ms))} MB/s in ${Math.round(ms)} ms`
    console.log([
      `${fetched.bytes} bytes fetched`,
      `an executor, while it fetches:   ${figures(fetched.executorMs)}`,
      `both together:                   ${figures(fetched.wallMs)}`,
      `plain copy, one way:             ${figures(copied)}`,
      `ratio: ${ratio.toFixed(2)} an executor, ${(copied / fetched.wallMs).toFixed(2)} both together`,
      `their attempts, to the commit:   ${figures(fetched.committedMs)}`,
      `the whole query:                 ${figures(queryMs)}`,
    ].join('\n'))
    expect(ratio).toBeGreaterThanOrEqual(0.6)
  }, 1_200_000)

  /** Milliseconds for a file from one executor's host to the other's, the median of some copies. */
  async function plainCopy(bytes: number): Promise<number> {
    const [from, to] = cluster.executors.map(({ host }) => host)
    const source = join(root, 'source')
    await writeFile(source, randomBytes(bytes))
    const server = from!.run(['-e', serve, source])
    await server.line(/^serving/)
    const taken: number[] = []
    for (let time = 0; time < copies; time += 1) {
      const line = await to!.run(['-e', copy, from!.address, join(root, 'target')]).line(/^took/)
      taken.push(Number(line.split(' ')[1]))
    }
    return taken.toSorted((a, b) => a - b)[copies >> 1]!
  }
})

interface Span {
  readonly executorId: string
  readonly from: number
  readonly to: number
}

/** Bytes that went over the network, and how long that took. */
function fetches({ stages }: JobDetails): {
  readonly bytes: number
  /** The time in which an executor fetched, of all executors added up. */
  readonly executorMs: number
  /** The time in which any executor fetched. */
  readonly wallMs: number
  /** The time in which any attempt ran that had fetched, with its computing. */
  readonly committedMs: number
} {
  const attempts = stages.flatMap((stage) => stage.attempts).filter((attempt) => bytesOf(attempt) > 0)
  const spans = attempts.map(({ executorId = '', report }): Span =>
    ({ executorId, from: report!.metrics.startedMs, to: report!.metrics.fetchedMs }))
  const executors = [...new Set(spans.map(({ executorId }) => executorId))]
  return {
    bytes: attempts.reduce((sum, attempt) => sum + bytesOf(attempt), 0),
    executorMs: executors
      .map((id) => covered(spans.filter(({ executorId }) => executorId === id)))
      .reduce((sum, ms) => sum + ms, 0),
    wallMs: covered(spans),
    committedMs: covered(
      spans.map((span, index) => ({ ...span, to: attempts[index]!.report!.metrics.committedMs })),
    ),
  }
}

/** The time that lies in at least one of the spans. */
function covered(spans: readonly Span[]): number {
  let end = 0
  let ms = 0
  for (const { from, to } of spans.toSorted((a, b) => a.from - b.from)) {
    ms += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return ms
}

const bytesOf = ({ report }: AttemptRecord): number => report?.metrics.fetchedBytes ?? 0
