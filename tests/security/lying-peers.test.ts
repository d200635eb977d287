/**
 * Peers that lie: what they send is refused with a code, the executor goes on, and nothing is read or written outside
 * its work directory.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:http2'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { version, type AttemptId, type ExecutorId, type JobId } from '@arbalest/common'
import { createEngine } from '@arbalest/engine'
import { createExecutor, type ExecutorHandle } from '@arbalest/executor'
import type { AttemptSpec, ShufflePiece } from '@arbalest/plan'
import {
  inProcessSchedulerLink, startGrpcControlServer, type AttemptUpdate, type ExecutorMessage, type MessageStream,
  type SchedulerMessage,
} from '@arbalest/protocol'
import { createScheduler } from '@arbalest/scheduler'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
const otherJob = 'jbbbbbbbbbbbbbbbb' as JobId
const refused = { kind: 'failed', error: { code: 'SHUFFLE_FETCH_FAILED' }, lostInputs: [`${jobId}/1/0/1`] }

let root: string
let rows: Buffer
let executor: ExecutorHandle
let scheduler: MessageStream<SchedulerMessage, ExecutorMessage>
let peer: Server
let answer: (socket: Socket, head: string) => void
let attempts = 0
const sockets = new Set<Socket>()
const updates: AttemptUpdate[] = []

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-liars-'))
  for (const name of ['work', 'outside']) await mkdir(join(root, name))
  await writeFile(join(root, 'outside', 'secret'), 'secret')
  rows = await parquetOf('SELECT range AS c0 FROM range(1000)')
  peer = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (head) => answer(socket, head.toString('latin1')))
  })
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve))
  const link = inProcessSchedulerLink((stream) => {
    scheduler = stream
    stream.onMessage((message) => {
      if (message.kind === 'register') stream.send({ kind: 'registered' })
      if (message.kind === 'updates') updates.push(...message.updates)
    })
  })
  const limits = { threads: 1, memoryLimitBytes: 256 * 1024 ** 2, workDir: join(root, 'work'), dataDirs: [] }
  executor = createExecutor({
    ...limits, link, engine: createEngine(limits), slots: 2, version,
    fetch: { retries: 1, backoffMs: 1, timeoutMs: 200 },
  })
  await executor.start()
  await executor.registered
})
afterAll(async () => {
  await executor?.close()
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => peer.close(resolve))
  await rm(root, { recursive: true, force: true })
})
afterEach(async () => {
  expect(await readdir(root, { recursive: true }).then((names) => names.filter((name) => !name.startsWith('work'))))
    .toEqual(['outside', join('outside', 'secret')])
  expect((await readdir(root)).toSorted()).toEqual(['outside', 'work'])
  const fetched = await readdir(join(root, 'work', 'jobs', jobId, 'fetched')).catch(() => [])
  expect(fetched).toEqual([])
  answer = (socket) => socket.end(whole(rows))
  expect(await read([piece()])).toMatchObject({ kind: 'succeeded', report: { rows: 1000 } })
  scheduler.send({ kind: 'forget-job', jobId })
  await expect.poll(() => readdir(join(root, 'work', 'jobs'))).toEqual([])
})

describe('a peer that serves files is not believed', () => {
  const wrongBytes = (): Buffer => Buffer.from(rows.map((byte, at) => (at === 500 ? byte ^ 1 : byte)))
  test.each<[string, (socket: Socket, head: string) => void]>([
    ['when the checksum is wrong', (socket) => socket.end(whole(wrongBytes()))],
    ['when the body ends too early', (socket) => socket.end(whole(rows).subarray(0, rows.length - 10))],
    ['when the body is shorter', (socket) => socket.end(whole(rows.subarray(0, 100)))],
    ['when it announces 2 GiB', (socket) => void socket.write(head(200, 2 ** 31))],
    ['when it announces more than numbers hold', (socket) => void socket.write(head(200, '9'.repeat(400)))],
    ['when it announces two lengths', (socket) =>
      void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${rows.length}\r\nContent-Length: 5\r\n\r\n`)],
    ['when it sends garbage', (socket) => void socket.write(Buffer.alloc(100_000, 0xfe))],
    ['when its head never ends', (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(1_000_000)}`)],
    ['when it says nothing', () => undefined],
    ['when it hangs up', (socket) => void socket.destroy()],
    ['when it sends readers elsewhere', (socket) =>
      void socket.write('HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n')],
    ['when it has not the file', (socket) => void socket.write(head(404, 0))],
    ['when it refuses the token', (socket) => void socket.write(head(403, 0))],
  ])('%s', async (_what, lie) => {
    answer = lie
    expect(await read([piece()])).toMatchObject(refused)
  })

  test.each<[string, string]>([
    ['of another file', '100 5 0 3\n20 7  '],
    ['with holes before the beginning', '-5 0 0 3'],
    ['that is garbage', '\0\0\0\0'],
    ['that is empty', ''],
  ])('when a file has an index %s', async (_what, index) => {
    answer = (socket, asked) => socket.end(asked.includes('/1 HTTP') ? whole(Buffer.from(index)) : whole(rows))
    const lying = { ...piece(), index: { bytes: index.length } }
    expect(await read([lying], [1])).toMatchObject(refused)
  })

  test('when it sends another range, or the whole file for a part', async () => {
    const index = Buffer.from(`${rows.length - 10}  0 9\n10   `)
    const other = Buffer.from('HTTP/1.1 206 OK\r\nContent-Range: bytes 7-9/10\r\nContent-Length: 3\r\n\r\nabc')
    for (const lie of [whole(rows), other]) {
      answer = (socket, asked) => socket.end(asked.includes('/1 HTTP') ? whole(index) : lie)
      expect(await read([{ ...piece(), index: { bytes: index.length } }], [1])).toMatchObject(refused)
    }
  })

  test('when an index is said to have 2 GiB', async () => {
    answer = (socket) => socket.end(whole(rows))
    expect(await read([{ ...piece(), index: { bytes: 2 ** 31 } }], [1])).toMatchObject(refused)
  })
})

describe('a launch', () => {
  test('may not name what another job has made', async () => {
    answer = (socket) => socket.end(whole(rows))
    const foreign = { ...piece(), attemptId: `${otherJob}/1/0/1` as AttemptId }
    expect(await read([foreign])).toMatchObject({ kind: 'failed', error: { code: 'PERMISSION_DENIED' } })
  })

  test.each([
    ['../../outside/secret', 0],
    [`${jobId}/../../0/1`, 0],
    [`${jobId}/1/0/1/../../../../outside`, 0],
    [`${jobId}/1/0/1`, '../../../../outside/secret'],
    [`${jobId}/1/0/1`, -1],
    [`${jobId}/1/0/1`, 0.5],
  ])('may not leave the work directory by piece %s, file %s', async (attemptId, file) => {
    answer = (socket) => socket.end(whole(rows))
    for (const executorId of [piece().executorId, executor.id]) {
      const lying = { ...piece(), executorId, attemptId: attemptId as AttemptId, file: file as number }
      const ended = await read([lying])
      expect(['INVALID_ID', 'INVALID_REQUEST']).toContain(ended.kind === 'failed' ? ended.error.code : ended.kind)
    }
  })

  test('of an attempt that has no proper name is ignored', async () => {
    for (const attemptId of ['../../outside', `${jobId}/../../x`, '', 'x']) {
      const spec = { ...specOf([]), attemptId: attemptId as AttemptId }
      scheduler.send({ kind: 'launch', jobToken: 't', attempts: [spec] })
    }
    expect(await read([])).toMatchObject({ kind: 'succeeded' })
  })
})

test('the control port refuses a frame of 2 GiB, and garbage, and goes on', async () => {
  const core = createScheduler()
  const control = await startGrpcControlServer({
    host: '127.0.0.1', port: 0, onExecutor: (stream) => core.attachExecutor(stream), service: core.service,
  })
  const statusOf = (frame: Buffer): Promise<string> => new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${control.port}`)
    session.on('error', reject)
    const call = session.request({
      ':method': 'POST', ':path': attachPath, 'content-type': 'application/grpc', te: 'trailers',
    })
    call.on('trailers', (trailers) => {
      session.close()
      resolve(String(trailers['grpc-status']))
    })
    call.on('error', reject)
    call.resume()
    call.write(frame)
  })
  // A length in four bytes behind a flag, as gRPC has it; 8 is RESOURCE_EXHAUSTED.
  expect(await statusOf(Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]))).toBe('8')
  expect(Number(await statusOf(Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff])))).toBeGreaterThan(0)
  expect(await core.service.executors()).toEqual([])
  await control.close()
  await core.close()
})

const attachPath = '/arbalest.v1.Control/Attach'

const head = (status: number, length: number | string): string =>
  `HTTP/1.1 ${status} X\r\nContent-Length: ${length}\r\n\r\n`
const whole = (body: Buffer): Buffer => Buffer.concat([Buffer.from(head(200, body.length)), body])

const piece = (): ShufflePiece => ({
  executorId: 'eaaaaaaaaaaaaaaaa' as ExecutorId, host: '127.0.0.1', port: (peer.address() as AddressInfo).port,
  attemptId: `${jobId}/1/0/1` as AttemptId, file: 0, rows: 1000, bytes: rows.length, crc32: crc32(rows),
})

function specOf(pieces: readonly ShufflePiece[], only?: readonly number[]): AttemptSpec {
  attempts += 1
  const columns = [{ name: 'c0', type: { kind: 'simple', name: 'BIGINT' } }] as const
  return {
    attemptId: `${jobId}/2/0/${attempts}` as AttemptId, sql: 'SELECT c0 FROM input_0', slice: [0], columns,
    inputs: [{ kind: 'shuffle', name: 'input_0', columns, pieces, ...(only === undefined ? {} : { only }) }],
    output: { kind: 'single' }, settings: {}, compression: 'none', checksum: true,
  }
}

async function read(
  pieces: readonly ShufflePiece[], only?: readonly number[],
): Promise<Exclude<AttemptUpdate, { kind: 'running' }>> {
  const spec = specOf(pieces, only)
  scheduler.send({ kind: 'launch', jobToken: 'token', attempts: [spec] })
  const ended = () => updates.find((update) => update.kind !== 'running' && update.attemptId === spec.attemptId)
  await expect.poll(ended, { timeout: 10_000, interval: 5 }).toBeDefined()
  return ended() as Exclude<AttemptUpdate, { kind: 'running' }>
}

async function parquetOf(query: string): Promise<Buffer> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const path = join(root, 'rows.parquet')
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
  const bytes = await readFile(path)
  await rm(path)
  return bytes
}
