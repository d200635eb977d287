import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readlink, rm, unlink, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { idOf, jobA, jobB } from '../testing/builders.js'
import { OutputRegistry } from './output-registry.js'
import { startShuffleServer, type ShuffleServer } from './shuffle-server.js'

const content = 'abcdefghij'
const address = `/shuffle/${idOf(jobA, 1)}/0`
let directory: string
let registry: OutputRegistry
let server: ShuffleServer

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'arbalest-server-'))
  await writeFile(join(directory, 'data.parquet'), content)
  registry = new OutputRegistry()
  registry.setJobToken(jobA, 'token-a')
  registry.setJobToken(jobB, 'token-b')
  registry.add(idOf(jobA, 1), { directory, names: ['data.parquet'], bytes: [content.length] })
  server = await startShuffleServer({ host: '127.0.0.1', port: 0, registry })
})
afterEach(async () => {
  await server.close()
  await rm(directory, { recursive: true })
})

describe('a file is served', () => {
  test('whole', async () => {
    const answer = await get(address)
    expect(answer).toMatchObject({ status: 200, body: content })
    expect(answer.headers['content-length']).toBe('10')
  })

  test('in ranges', async () => {
    const answer = await get(address, { range: 'bytes=3-5' })
    expect(answer).toMatchObject({ status: 206, body: 'def' })
    expect(answer.headers['content-range']).toBe('bytes 3-5/10')
    expect(await get(address, { range: 'bytes=99-' })).toMatchObject({ status: 416 })
  })

  test('without its content to HEAD', async () => {
    const answer = await get(address, {}, 'HEAD')
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(answer.headers['content-length']).toBe('10')
  })
})

describe('refused is', () => {
  test('who shows no token', async () => {
    expect(await get(address, { authorization: undefined })).toMatchObject({
      status: 401,
      error: { code: 'UNAUTHENTICATED' },
    })
    expect(await get(address, { authorization: 'Basic token-a' })).toMatchObject({ status: 401 })
  })

  test.each(['token-b', 'token', 'token-aa', 'TOKEN-A'])('who shows the token %s', async (token) => {
    const answer = await get(address, { authorization: `Bearer ${token}` })
    expect(answer).toMatchObject({ status: 403, error: { code: 'PERMISSION_DENIED' } })
    expect(answer.body).not.toContain(content)
  })

  test.each([
    `/shuffle/${idOf(jobA, 1)}/1`,
    `/shuffle/${idOf(jobA, 2)}/0`,
    `/shuffle/${idOf(jobA, 1, 0, 2)}/0`,
    '/shuffle/',
    '/',
    `${address}?token=token-a`,
    `${address}/`,
  ])('an address that names nothing: %s', async (url) => {
    expect(await get(url)).toMatchObject({ status: 404 })
  })

  test('a job that is not known', async () => {
    const unknown = `/shuffle/${idOf('jcccccccccccccccc' as typeof jobA, 1)}/0`
    expect(await get(unknown)).toMatchObject({ status: 404, error: { code: 'UNKNOWN_JOB' } })
  })

  test.each([
    `/shuffle/${jobA}/1/0/../../../../etc/passwd`,
    `/shuffle/../${jobA}/1/0/1/0`,
    `/shuffle/${jobA}/../0/1/0`,
    `/shuffle/${jobA}/1/0/1/..%2f..%2fetc%2fpasswd`,
    `/shuffle/${jobA}/1/0/1/%2e%2e`,
    `/shuffle/${jobA}/1e0/0/1/0`,
    `/shuffle/${jobA}/-1/0/1/0`,
    '/shuffle/..%2f..%2fx/1/0/1/0',
  ])('an address that climbs: %s', async (url) => {
    const answer = await get(url)
    expect([400, 404]).toContain(answer.status)
    expect(answer.error?.code).toMatch(/INVALID_ID|INVALID_REQUEST/)
  })

  test.each(['POST', 'PUT', 'DELETE'])('%s', async (method) => {
    expect(await get(address, {}, method)).toMatchObject({ status: 405, error: { code: 'INVALID_REQUEST' } })
  })

  test('a header that is too long', async () => {
    expect((await get(address, { 'x-long': 'x'.repeat(10_000) })).status).toBe(431)
  })

  test('everything of a job that has been removed', async () => {
    registry.removeJob(jobA)
    expect(await get(address)).toMatchObject({ status: 404, error: { code: 'UNKNOWN_JOB' } })
  })
})

test('a file that has gone from the disk is not found', async () => {
  await unlink(join(directory, 'data.parquet'))
  expect(await get(address)).toMatchObject({ status: 404, error: { code: 'FILE_NOT_FOUND' } })
})

test('a client that leaves in the middle does no harm', async () => {
  const bytes = 16 * 1024 * 1024
  await writeFile(join(directory, 'big.parquet'), Buffer.alloc(bytes))
  registry.add(idOf(jobA, 2), { directory, names: ['big.parquet'], bytes: [bytes] })
  await new Promise<void>((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      const headers = 'Host: x\r\nAuthorization: Bearer token-a\r\n\r\n'
      socket.write(`GET /shuffle/${idOf(jobA, 2)}/0 HTTP/1.1\r\n${headers}`)
    })
    socket.once('data', () => socket.destroy())
    socket.once('close', () => resolve())
  })
  expect(await get(address)).toMatchObject({ status: 200, body: content })
})

test.runIf(existsSync('/proc/self/fd'))('no file stays open for who asks for much and leaves', async () => {
  const bytes = 64 * 1024 * 1024
  await writeFile(join(directory, 'big.parquet'), Buffer.alloc(bytes))
  registry.add(idOf(jobA, 2), { directory, names: ['big.parquet'], bytes: [bytes] })
  const asking = `GET /shuffle/${idOf(jobA, 2)}/0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token-a\r\n\r\n`
  await new Promise<void>((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => socket.write(asking.repeat(3)))
    socket.once('data', () => socket.destroy())
    socket.once('close', () => resolve())
  })
  await vi.waitFor(async () => {
    const open = await Promise.all((await readdir('/proc/self/fd')).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => '')))
    expect(open.filter((path) => path.endsWith('big.parquet'))).toEqual([])
  }, { timeout: 5_000 })
})

test('its health is told to everybody', async () => {
  expect(await get('/healthz', { authorization: undefined })).toMatchObject({ status: 200 })
})

test('a port that is taken is named', async () => {
  const second = startShuffleServer({ host: '127.0.0.1', port: server.port, registry })
  await expect(second).rejects.toMatchObject({ code: 'PORT_IN_USE', fields: { port: server.port } })
})

interface Answer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
  readonly error: { readonly code: string } | undefined
}

/** The path is sent as written: `fetch` would tidy it. */
function get(path: string, given: NodeJS.Dict<string> = {}, method = 'GET'): Promise<Answer> {
  const headers = Object.fromEntries(
    Object.entries({ authorization: 'Bearer token-a', ...given }).filter(([, value]) => value !== undefined),
  )
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => {
        const error = body.startsWith('{"code"') ? (JSON.parse(body) as Answer['error']) : undefined
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, error })
      })
    })
    asked.on('error', reject)
    asked.end()
  })
}
