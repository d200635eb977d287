import { connect as tlsConnect } from 'node:tls'
import selfsigned from 'selfsigned'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { FrontService, discoverControl, flightService, grpcSchedulerLink } from '@arbalest/protocol'
import {
  all,
  caller,
  closeFronts,
  closedAfter,
  fetchText,
  front,
  jobId,
  request,
} from './testing/invented-front.js'

afterEach(closeFronts)

/** Loaded machines are slow. */
const patient = { timeout: 20_000 }

describe('one plain port', () => {
  test('speaks gRPC, Flight and HTTP', async () => {
    const { target, seen } = await front()
    expect(await fetchText(target, '/healthz')).toMatchObject({ status: 200, body: 'ok' })
    const events = await all(caller(target).stream(FrontService.execute, request('SELECT')))
    expect(events.map(({ body }) => body?.$case)).toEqual(['accepted', 'progress', 'result'])
    const data = await all(
      caller(target).stream(flightService.doGet, { ticket: Buffer.from('good') }),
    )
    expect(data).toHaveLength(2)
    expect(seen.outcomes).toEqual(['read'])
  })

  test('errors cross with code and position', async () => {
    const { target } = await front()
    const execute = (sql: string) => all(caller(target).stream(FrontService.execute, request(sql)))
    await expect(execute('bad')).rejects.toMatchObject({ code: 'UNKNOWN_TABLE', position: 3 })
    await expect(execute('x'.repeat(17 * 1024 * 1024))).rejects.toMatchObject({
      code: 'STATEMENT_TOO_LONG',
    })
    await expect(
      all(caller(target).stream(flightService.doGet, { ticket: Buffer.from('old') })),
    ).rejects.toMatchObject({ code: 'RESULT_EXPIRED' })
    await expect(
      caller(target).unary(FrontService.status, { jobId: '../etc' }),
    ).rejects.toMatchObject({ code: 'INVALID_ID' })
    await expect(
      caller(target).unary(flightService.getSchema, { type: 0, cmd: Buffer.alloc(0), path: [] }),
    ).rejects.toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
  })

  test('a client that leaves aborts its statement', async () => {
    const { target, seen } = await front()
    for await (const { body } of caller(target).stream(FrontService.execute, request('slow')))
      if (body?.$case === 'progress') break
    await expect.poll(() => seen.aborted, patient).toBe(true)
  })

  test('tells executors where the scheduler is', async () => {
    const { target } = await front()
    expect(await discoverControl(target)).toMatchObject({ host: '127.0.0.1', port: 4711 })
    await expect(
      grpcSchedulerLink(target).attach(new AbortController().signal),
    ).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
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
    expect(
      (await fetchText(target, '/api/jobs', { headers: { authorization: 'Bearer secret' } }))
        .status,
    ).toBe(200)
    for (const token of [undefined, 'wrong']) {
      const client = caller({ ...target, token })
      await expect(client.unary(FrontService.openSession, { settings: {} })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      })
      await expect(
        all(client.stream(flightService.doGet, { ticket: Buffer.from('good') })),
      ).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    }
    expect(
      await caller({ ...target, token: 'secret' }).unary(FrontService.openSession, {
        settings: {},
      }),
    ).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
  })
})

describe('HTTP routes', () => {
  test('readiness follows executors and planner', async () => {
    const { target, seen } = await front()
    expect(await fetchText(target, '/readyz')).toMatchObject({
      status: 200,
      body: '1/1 required executors registered',
    })
    seen.executors = 0
    expect((await fetchText(target, '/readyz')).status).toBe(503)
  })

  test('jobs are shown with the words of old and new', async () => {
    const { target } = await front()
    expect(JSON.parse((await fetchText(target, '/api/jobs')).body)).toMatchObject([
      { job_id: jobId, status: 'Running', state: 'running' },
    ])
    expect(JSON.parse((await fetchText(target, `/api/job/${jobId}`)).body)).toMatchObject({
      sql: 'SELECT 1',
    })
    expect(
      JSON.parse((await fetchText(target, `/api/job/${jobId}`, { method: 'PATCH' })).body),
    ).toMatchObject({ cancelled: true })
    expect(JSON.parse((await fetchText(target, '/api/version')).body)).toMatchObject({
      version: '0.1.0',
    })
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
    expect(
      (await fetchText(target, '/api/jobs', { headers: { host: 'evil.example' } })).status,
    ).toBe(403)
    expect(
      (await fetchText(target, '/api/jobs', { headers: { host: `localhost:${target.port}` } }))
        .status,
    ).toBe(200)
  })
})

describe('TLS', () => {
  let cert = ''
  let key = ''
  beforeAll(() => {
    const made = selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048,
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    })
    cert = made.cert
    key = made.private
  })

  test('carries gRPC and HTTP by ALPN, and by first bytes without it', async () => {
    const { target } = await front({ tls: { cert, key } })
    const named = { ...target, host: 'localhost' }
    expect((await fetchText(named, '/healthz', { ca: cert })).body).toBe('ok')
    expect(
      await caller({ ...named, tls: { ca: cert } }).unary(FrontService.openSession, {
        settings: {},
      }),
    ).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
    const browserLike = await new Promise<string | false | null>((resolve) => {
      const socket = tlsConnect({ ...named, ca: cert, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
        resolve(socket.alpnProtocol)
        socket.destroy()
      })
    })
    expect(browserLike).toBe('http/1.1')
    const answer = await new Promise<string>((resolve) => {
      const socket = tlsConnect({ ...named, ca: cert }, () =>
        socket.write('GET /healthz HTTP/1.0\r\n\r\n'),
      )
      let text = ''
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 200 OK[^]*ok$/)
    await closedAfter(target, 'GET /healthz HTTP/1.1\r\n\r\n')
    await expect(
      caller(target).unary(FrontService.openSession, { settings: {} }),
    ).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
  })

  test('with client certificates lets nobody else in', async () => {
    const { target } = await front({ tls: { cert, key, clientCa: cert } })
    const named = { ...target, host: 'localhost' }
    await expect(fetchText(named, '/healthz', { ca: cert })).rejects.toThrow()
    expect((await fetchText(named, '/healthz', { ca: cert, cert, key })).body).toBe('ok')
    await expect(
      caller({ ...named, tls: { ca: cert } }).unary(FrontService.openSession, { settings: {} }),
    ).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
    expect(
      await caller({ ...named, tls: { ca: cert, cert, key } }).unary(FrontService.openSession, {
        settings: {},
      }),
    ).toEqual({ sessionId: 'saaaaaaaaaaaaaaaa' })
  })
})
