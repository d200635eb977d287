import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { Client, credentials, status } from '@grpc/grpc-js'
import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import selfsigned from 'selfsigned'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { queryError, type AttemptId, type ExecutorId, type JobId, type SessionId } from '@arbalest/common'
import {
  FrontService, GrpcCaller, discoverControl, flightService, grpcSchedulerLink, type GrpcTarget, type JobStatus,
} from '@arbalest/protocol'
import type { FrontBackend } from './front-backend.js'
import { startFrontServer, type FrontServerOptions } from './one-port.js'

const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
const running: JobStatus = {
  jobId, state: 'running', revision: 1, stagesDone: 0, stagesKnown: 1, attemptsRunning: 1, submittedMs: 1,
  startedMs: undefined, endedMs: undefined, mode: undefined, modeReason: undefined,
}
const progress = { jobId, state: 'running' as const, stagesDone: 0, stagesKnown: 1, attemptsRunning: 1 }
const ipc = Buffer.from(tableToIPC(new Table({ n: vectorFromArray([1, 2, 3], new Int32()) }), 'stream'))
const part = {
  executorId: 'eaaaaaaaaaaaaaaaa' as ExecutorId, host: 'h', port: 1, attemptId: `${jobId}/1/0/1` as AttemptId,
  rows: 3, bytes: ipc.length, inline: ipc.toString('base64'),
}

function fakeBackend() {
  const seen = { outcomes: [] as string[], aborted: false, executors: 1 }
  const backend: FrontBackend = {
    openSession: () => Promise.resolve('saaaaaaaaaaaaaaaa' as SessionId),
    closeSession: () => Promise.resolve(),
    async *execute(request, signal) {
      yield { kind: 'accepted', jobId }
      yield { kind: 'progress', progress }
      if (request.sql === 'bad') throw queryError('UNKNOWN_TABLE', { reason: 'no such table' }, { position: 3 })
      if (request.sql === 'slow') {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        seen.aborted = true
        return
      }
      yield {
        kind: 'result',
        result: {
          columns: [{ name: 'n', type: 'INTEGER' }], rowCount: 3, data: { kind: 'ticket', ticket: Buffer.from('good') },
          jobId, mode: 'whole', modeReason: 'small', stages: 1,
        },
      }
    },
    submit: () => Promise.resolve(jobId),
    status: () => Promise.resolve({ progress, error: undefined, result: undefined }),
    cancel: () => Promise.resolve({ progress: { ...progress, state: 'cancelled' }, error: undefined, result: undefined }),
    split: (text) => Promise.resolve([{ sql: text, start: 0, kind: 'query' }]),
    result: (ticket) =>
      Buffer.from(ticket).toString() === 'good'
        ? Promise.resolve({ jobId, parts: [part], jobToken: 't', done: (outcome) => void seen.outcomes.push(outcome) })
        : Promise.reject(queryError('RESULT_EXPIRED', { jobId })),
    controlAddress: () => ({ host: '', port: 4711 }),
    state: () =>
      Promise.resolve({
        version: '0.1.0', engineVersion: 'v1', startedMs: 1, executorsActive: seen.executors, executorsRequired: 1,
        plannerUp: true, schedulingPolicy: 'push' as const,
      }),
    jobs: () => Promise.resolve([running]),
    details: (id) =>
      id === jobId ? Promise.resolve({ status: running, sql: 'SELECT 1', stages: [], decisions: [] }) : Promise.reject(queryError('UNKNOWN_JOB', { jobId: id })),
    executors: () => Promise.resolve([]),
  }
  return { backend, seen }
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function front(options: Partial<FrontServerOptions> = {}) {
  const { backend, seen } = fakeBackend()
  const server = await startFrontServer({ host: '127.0.0.1', port: 0, backend, ...options })
  cleanups.push(() => server.close())
  return { server, seen, target: { host: '127.0.0.1', port: server.port } }
}

function caller(target: GrpcTarget): GrpcCaller {
  const made = new GrpcCaller(target)
  cleanups.push(() => made.close())
  return made
}

function fetchText(target: GrpcTarget, path: string, options: RequestOptions & { ca?: string; cert?: string; key?: string } = {}) {
  const { host, port } = target
  const send = options.ca === undefined ? httpRequest : httpsRequest
  return new Promise<{ status: number; body: string; headers: IncomingMessage['headers'] }>((resolve, reject) => {
    const sent = send({ host, port, path, agent: false, ...options }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const message of messages) list.push(message)
  return list
}

const request = (sql: string) => ({ sessionId: '', requestId: 'r', sql, textResult: false })

/** Sends the bytes and waits for the other side to close. */
const closedAfter = (target: GrpcTarget, bytes: string | Buffer) =>
  new Promise<void>((resolve) => {
    const socket = connect(target.port, target.host, () => socket.write(bytes))
    socket.on('error', () => undefined).on('close', () => resolve()).resume()
  })

describe('one plain port', () => {
  test('speaks gRPC, Flight and HTTP', async () => {
    const { target, seen } = await front()
    expect(await fetchText(target, '/healthz')).toMatchObject({ status: 200, body: 'ok' })
    const events = await all(caller(target).stream(FrontService.execute, request('SELECT')))
    expect(events.map(({ body }) => body?.$case)).toEqual(['accepted', 'progress', 'result'])
    const data = await all(caller(target).stream(flightService.doGet, { ticket: Buffer.from('good') }))
    expect(data).toHaveLength(2)
    expect(seen.outcomes).toEqual(['read'])
  })

  test('errors cross with code and position', async () => {
    const { target } = await front()
    const execute = (sql: string) => all(caller(target).stream(FrontService.execute, request(sql)))
    await expect(execute('bad')).rejects.toMatchObject({ code: 'UNKNOWN_TABLE', position: 3 })
    await expect(execute('x'.repeat(17 * 1024 * 1024))).rejects.toMatchObject({ code: 'STATEMENT_TOO_LONG' })
    await expect(all(caller(target).stream(flightService.doGet, { ticket: Buffer.from('old') }))).rejects.toMatchObject({ code: 'RESULT_EXPIRED' })
    await expect(caller(target).unary(FrontService.status, { jobId: '../etc' })).rejects.toMatchObject({ code: 'INVALID_ID' })
    await expect(caller(target).unary(flightService.getSchema, { type: 0, cmd: Buffer.alloc(0), path: [] })).rejects.toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
  })

  test('a client that leaves aborts its statement', async () => {
    const { target, seen } = await front()
    for await (const { body } of caller(target).stream(FrontService.execute, request('slow'))) if (body?.$case === 'progress') break
    await expect.poll(() => seen.aborted).toBe(true)
  })

  test('tells executors where the scheduler is', async () => {
    const { target } = await front()
    expect(await discoverControl(target)).toMatchObject({ host: '127.0.0.1', port: 4711 })
    await expect(grpcSchedulerLink(target).attach(new AbortController().signal)).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
  })

  test('is refused where it is taken, or open without a token', async () => {
    const { target } = await front()
    await expect(front({ port: target.port })).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    await expect(front({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'ADDRESS_NEEDS_TOKEN' })
  })
})

describe('tokens', () => {
  test('are needed for gRPC and HTTP, but not for the sign of life', async () => {
    const { target } = await front({ tokens: ['secret'] })
    expect((await fetchText(target, '/healthz')).status).toBe(200)
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      expect((await fetchText(target, '/api/jobs', { headers })).status).toBe(401)
      expect((await fetchText(target, '/nowhere', { headers })).status).toBe(401)
    }
    expect((await fetchText(target, '/api/jobs', { headers: { authorization: 'Bearer secret' } })).status).toBe(200)
    for (const token of [undefined, 'wrong']) {
      const client = caller({ ...target, token })
      await expect(client.unary(FrontService.openSession, { settings: {} })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
      await expect(all(client.stream(flightService.doGet, { ticket: Buffer.from('good') }))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    expect(await caller({ ...target, token: 'secret' }).unary(FrontService.openSession, { settings: {} })).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
  })
})

describe('HTTP routes', () => {
  test('readiness follows executors and planner', async () => {
    const { target, seen } = await front()
    expect(await fetchText(target, '/readyz')).toMatchObject({ status: 200, body: '1/1 required executors registered' })
    seen.executors = 0
    expect((await fetchText(target, '/readyz')).status).toBe(503)
  })

  test('jobs are shown with the words of old and new', async () => {
    const { target } = await front()
    expect(JSON.parse((await fetchText(target, '/api/jobs')).body)).toMatchObject([{ job_id: jobId, status: 'Running', state: 'running' }])
    expect(JSON.parse((await fetchText(target, `/api/job/${jobId}`)).body)).toMatchObject({ sql: 'SELECT 1' })
    expect(JSON.parse((await fetchText(target, `/api/job/${jobId}`, { method: 'PATCH' })).body)).toMatchObject({ cancelled: true })
    expect(JSON.parse((await fetchText(target, '/api/version')).body)).toMatchObject({ version: '0.1.0' })
  })

  test.each([
    ['GET', '/nowhere', 404, 'INVALID_REQUEST'],
    ['POST', '/api/jobs', 404, 'INVALID_REQUEST'],
    ['GET', '/api/job/jbbbbbbbbbbbbbbbb', 404, 'UNKNOWN_JOB'],
    ['GET', '/api/job/..%2F..%2Fetc', 400, 'INVALID_ID'],
    ['GET', '/api/metrics', 501, 'NOT_IN_THIS_VERSION'],
    ['POST', '/api/statements', 501, 'NOT_IN_THIS_VERSION'],
  ])('%s %s answers %i %s', async (method, path, expected, code) => {
    const { target } = await front()
    const answer = await fetchText(target, path, { method })
    const { body, headers } = answer
    expect(answer.status).toBe(expected)
    expect(headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(JSON.parse(body)).toMatchObject({ status: expected, error: { code } })
  })

  test('without tokens, a name that is not ours is refused', async () => {
    const { target } = await front()
    expect((await fetchText(target, '/api/jobs', { headers: { host: 'evil.example' } })).status).toBe(403)
    expect((await fetchText(target, '/api/jobs', { headers: { host: `localhost:${target.port}` } })).status).toBe(200)
  })
})

describe('TLS', () => {
  let cert = ''
  let key = ''
  beforeAll(() => {
    const made = selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048, extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    })
    cert = made.cert
    key = made.private
  })

  test('carries gRPC and HTTP by ALPN, and by first bytes without it', async () => {
    const { target } = await front({ tls: { cert, key } })
    const named = { ...target, host: 'localhost' }
    expect((await fetchText(named, '/healthz', { ca: cert })).body).toBe('ok')
    expect(await caller({ ...named, tls: { ca: cert } }).unary(FrontService.openSession, { settings: {} })).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
    const answer = await new Promise<string>((resolve) => {
      const socket = tlsConnect({ ...named, ca: cert }, () => socket.write('GET /healthz HTTP/1.0\r\n\r\n'))
      let text = ''
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 200 OK[^]*ok$/)
    await closedAfter(target, 'GET /healthz HTTP/1.1\r\n\r\n')
    await expect(caller(target).unary(FrontService.openSession, { settings: {} })).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
  })

  test('with client certificates lets nobody else in', async () => {
    const { target } = await front({ tls: { cert, key, clientCa: cert } })
    const named = { ...target, host: 'localhost' }
    await expect(fetchText(named, '/healthz', { ca: cert })).rejects.toThrow()
    expect((await fetchText(named, '/healthz', { ca: cert, cert, key })).body).toBe('ok')
    await expect(caller({ ...named, tls: { ca: cert } }).unary(FrontService.openSession, { settings: {} })).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
    expect(await caller({ ...named, tls: { ca: cert, cert, key } }).unary(FrontService.openSession, { settings: {} })).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
  })
})

describe('hostile peers', () => {
  const quick = { limits: { firstBytesTimeoutMs: 200 } }
  test.each([
    ['nothing', ''],
    ['garbage', '\0\x01\x02garbage'],
    ['half a preface', 'PRI * HT'],
    ['a wrong preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r'],
    ['a preface and garbage', Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.alloc(100_000, 0xff)])],
    ['half a request', 'GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['an endless head', `GET /healthz HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`],
    ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('who sends %s is closed, and others are served', async (_, bytes) => {
    const { target } = await front(quick)
    await closedAfter(target, bytes)
    expect((await fetchText(target, '/healthz')).body).toBe('ok')
    expect(await caller(target).unary(FrontService.openSession, { settings: {} })).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
  })

  test('a message above the limit ends its call only', async () => {
    const { target } = await front()
    const client = caller(target)
    const unbounded = new Client(`127.0.0.1:${target.port}`, credentials.createInsecure())
    cleanups.push(() => unbounded.close())
    const { path, responseDeserialize } = FrontService.splitStatements
    const refused = new Promise((resolve) => {
      unbounded.makeUnaryRequest(path, () => Buffer.alloc(64 * 1024 * 1024 + 1), responseDeserialize, {}, (error) => resolve(error?.code))
    })
    expect(await refused).toBe(status.RESOURCE_EXHAUSTED)
    const broken = { ...FrontService.splitStatements, requestSerialize: () => Buffer.from([0x0a, 0xff, 0xff]) }
    await expect(client.unary(broken, { text: '' })).rejects.toMatchObject({ code: 'INTERNAL' })
    expect((await client.unary(FrontService.splitStatements, { text: 'a' })).statements).toHaveLength(1)
  })

  test('connections are counted', async () => {
    const { target } = await front({ limits: { connectionsMax: 2, firstBytesTimeoutMs: 10_000 } })
    const held = await Promise.all([1, 2].map(() => new Promise<ReturnType<typeof connect>>((resolve) => {
      const socket = connect(target.port, target.host, () => resolve(socket))
      cleanups.push(() => socket.destroy())
    })))
    await expect(fetchText(target, '/healthz')).rejects.toThrow()
    held[0]!.destroy()
    await expect.poll(() => fetchText(target, '/healthz').then((answer) => answer.status, () => 0)).toBe(200)
  })
})
