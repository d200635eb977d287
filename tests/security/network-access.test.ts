/**
 * Who gets nothing over the network: fetches without or with another job's token, hostile addresses of
 * shuffle files, callers without the cluster's token on any of its ports, and ports open to other machines.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SessionContext } from '@arbalest/client'
import type { JobId } from '@arbalest/common'
import {
  checkBindAddress, flightService, FrontService, GrpcCaller, grpcSchedulerClient, grpcSchedulerLink,
  startGrpcControlServer,
} from '@arbalest/protocol'
import { createScheduler } from '@arbalest/scheduler'
import { startFrontServer } from '@arbalest/server'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

const token = 'the-token-of-the-cluster'
let cluster: TestCluster
let root: string
/** Two jobs whose results wait on the executors. */
let jobs: readonly HeldResult[]

interface HeldResult {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly jobToken: string
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-network-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT range AS n FROM range(60000)) TO '${join(root, 'numbers.parquet')}'`)
  connection.closeSync()
  instance.closeSync()
  cluster = await startTestCluster({ executors: 1, dataDirs: [root], tokens: [token] })
  const session = await cluster.session()
  await session.registerParquet('numbers', join(root, 'numbers.parquet'))
  jobs = [await heldResult(session), await heldResult(session)]
})

afterAll(async () => {
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

async function heldResult(session: SessionContext): Promise<HeldResult> {
  const { jobId } = await session.execute('SELECT n, repeat(n::VARCHAR, 9) AS t FROM numbers')
  const { status } = await cluster.service.details(jobId as JobId)
  const part = status.result!.parts[0]!
  return { host: part.host, port: part.port, path: `/shuffle/${part.attemptId}/0`, jobToken: status.result!.jobToken }
}

describe('shuffle files', () => {
  test('are given to the token of their job alone', async () => {
    const [one, other] = [jobs[0]!, jobs[1]!]
    expect(await get(one, one.path, one.jobToken)).toMatchObject({ status: 200 })
    expect(await get(one, one.path, undefined)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' })
    expect(await get(one, one.path, 'guess')).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
    expect(await get(one, one.path, other.jobToken)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
    expect(await get(one, one.path, token)).toMatchObject({ status: 403, code: 'PERMISSION_DENIED' })
    expect(await get(one, `${one.path}?token=${one.jobToken}`, undefined)).toMatchObject({ status: 404 })
  })

  test('are found by valid ids alone', async () => {
    const { path } = jobs[0]!
    const [job = '', stage, task, attempt] = path.split('/').slice(2)
    const rest = `${stage}/${task}/${attempt}/0`
    const hostile = [
      '/', '/shuffle', '/shuffle/', '/etc/passwd', '/shuffle/../../etc/passwd', `/shuffle/../${job}/${rest}`,
      `/shuffle/${job}/../../../etc/passwd`, `/shuffle/${job}/${stage}/${task}/${attempt}/../../../../etc/passwd`,
      `/shuffle/..%2f..%2fetc/${rest}`, `/shuffle/%2e%2e/${rest}`, `/shuffle/%2e%2e%2f${job}/${rest}`,
      `/shuffle/${job}%00/${rest}`, `/shuffle/${job}%20/${rest}`, `/shuffle//${job}/${rest}`,
      `/shuffle/${job}/${stage}/${task}/${attempt}/0/`, `/shuffle/${job}/${stage}/${task}/${attempt}/-1`,
      `/shuffle/${job}/${stage}/${task}/${attempt}/0.parquet`,
      `/shuffle/${job}/${stage}/${task}/${attempt}/99999999999`,
      `/shuffle/${job}/01/${task}/${attempt}/0`, `/shuffle/${job}/1e0/${task}/${attempt}/0`,
      `/shuffle/${job}\\..\\x/${rest}`,
      `/shuffle/${job.toUpperCase()}/${rest}`, `/shuffle/${'j'.repeat(4000)}/${rest}`, '//etc/passwd',
    ]
    for (const address of hostile) {
      const { status, code } = await get(jobs[0]!, address, jobs[0]!.jobToken)
      expect([address, status]).toEqual([address, code === 'INVALID_ID' ? 400 : 404])
    }
  })

  test('that nobody holds are not there', async () => {
    const held = jobs[0]!
    const [job, stage, task, attempt] = held.path.split('/').slice(2)
    for (const address of [
      `/shuffle/${job}/99/${task}/${attempt}/0`, `/shuffle/${job}/${stage}/9/${attempt}/0`,
      `/shuffle/${job}/${stage}/${task}/9/0`, `/shuffle/${job}/${stage}/${task}/${attempt}/7`,
    ]) expect(await get(held, address, held.jobToken)).toMatchObject({ status: 404, code: 'FILE_NOT_FOUND' })
    const unknown = held.path.replace(/\/j[a-z0-9]+/, `/j${'a'.repeat(job!.length - 1)}`)
    expect(await get(held, unknown, held.jobToken)).toMatchObject({ status: 404, code: 'UNKNOWN_JOB' })
  })

  test('are only read', async () => {
    const { path, jobToken } = jobs[0]!
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect(await get(jobs[0]!, path, jobToken, method)).toMatchObject({ status: 405, code: 'INVALID_REQUEST' })
    }
    expect(await get(jobs[0]!, path, jobToken)).toMatchObject({ status: 200 })
  })
})

describe('the port of the cluster', () => {
  const wrong = [undefined, 'wrong', `${token}x`, '']

  test.each(wrong)('refuses sessions, statements and rows with the token %s', async (given) => {
    const refused = { code: 'UNAUTHENTICATED' }
    await expect(SessionContext.remote(cluster.url, { token: given })).rejects.toMatchObject(refused)
    const caller = new GrpcCaller({ host: '127.0.0.1', port: cluster.port, token: given })
    try {
      const statement = { sessionId: '', requestId: '', sql: 'SELECT 1', textResult: true, parameters: Buffer.alloc(0) }
      await expect(all(caller.stream(FrontService.execute, statement))).rejects.toMatchObject(refused)
      const rows = caller.stream(flightService.doGet, { ticket: Buffer.alloc(32) })
      await expect(all(rows)).rejects.toMatchObject(refused)
    } finally {
      caller.close()
    }
  })

  test.each(wrong)('refuses HTTP with the token %s', async (given) => {
    const front = { host: '127.0.0.1', port: cluster.port }
    for (const path of ['/api/jobs', '/api/executors', '/api/state', '/api/job/jaaaaaaaaaaaaaaaa/stages']) {
      expect(await get(front, path, given)).toMatchObject({ status: 401 })
    }
    expect(await get(front, '/api/jobs', token)).toMatchObject({ status: 200 })
  })

  test('has no rows for tickets that it did not give', async () => {
    const caller = new GrpcCaller({ host: '127.0.0.1', port: cluster.port, token })
    const rows = caller.stream(flightService.doGet, { ticket: Buffer.alloc(32) })
    await expect(all(rows)).rejects.toMatchObject({ code: 'RESULT_EXPIRED' })
    caller.close()
  })
})

describe('the control port', () => {
  test('refuses executors and fronts without the token', async () => {
    const scheduler = createScheduler()
    const control = await startGrpcControlServer({
      host: '127.0.0.1',
      port: 0,
      tokens: [token],
      onExecutor: (stream) => scheduler.attachExecutor(stream),
      service: scheduler.service,
    })
    const front = grpcSchedulerClient({ host: '127.0.0.1', port: control.port, token: 'wrong' })
    const refused = { code: 'UNAUTHENTICATED' }
    await expect(front.jobs()).rejects.toMatchObject(refused)
    for (const given of [undefined, 'wrong']) {
      const link = grpcSchedulerLink({ host: '127.0.0.1', port: control.port, token: given })
      await expect(link.attach(AbortSignal.timeout(10_000))).rejects.toMatchObject(refused)
    }
    front.close()
    await control.close()
    await scheduler.close()
  })
})

describe('addresses that other machines reach', () => {
  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com'])('%s needs a token', async (host) => {
    const refusal = { code: 'ADDRESS_NEEDS_TOKEN' }
    const bind = { host, tokens: [], insecure: false }
    expect(() => checkBindAddress(bind)).toThrowError(expect.objectContaining(refusal))
    const backend = {} as Parameters<typeof startFrontServer>[0]['backend']
    await expect(startFrontServer({ host, port: 0, tokens: [], backend })).rejects.toMatchObject(refusal)
  })
})

/** A request exactly as written: no client tidies the path. */
function get(
  { host, port }: { readonly host: string; readonly port: number },
  path: string,
  given: string | undefined,
  method = 'GET',
): Promise<{ readonly status: number; readonly code: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = given === undefined ? {} : { authorization: `Bearer ${given}` }
    const sent = request({ host, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, code: codeIn(Buffer.concat(chunks)) }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

function codeIn(body: Buffer): string | undefined {
  return /"code":"([A-Z_]+)"/.exec(body.subarray(0, 2_000).toString('latin1'))?.[1]
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}
