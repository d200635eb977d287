/** A front port over a backend that makes everything up: for the tests of the network side. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { Int32, Table, tableToIPC, vectorFromArray } from 'apache-arrow'
import {
  queryError,
  type AttemptId,
  type ExecutorId,
  type JobId,
  type SessionId,
} from '@arbalest/common'
import { GrpcCaller, type GrpcTarget, type JobStatus } from '@arbalest/protocol'
import type { FrontBackend } from '../front-backend.js'
import { startFrontServer, type FrontServerOptions } from '../one-port.js'

export const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
const running: JobStatus = {
  jobId,
  state: 'running',
  name: undefined,
  pool: undefined,
  priority: 0,
  revision: 1,
  stagesDone: 0,
  stagesKnown: 1,
  attemptsRunning: 1,
  submittedMs: 1,
  startedMs: undefined,
  endedMs: undefined,
  mode: undefined,
  modeReason: undefined,
}
const progress = {
  jobId,
  state: 'running' as const,
  stagesDone: 0,
  stagesKnown: 1,
  attemptsRunning: 1,
}
const ipc = Buffer.from(
  tableToIPC(new Table({ n: vectorFromArray([1, 2, 3], new Int32()) }), 'stream'),
)
/** Its bytes come from `fetchPart`. */
const fetched = {
  executorId: 'eaaaaaaaaaaaaaaaa' as ExecutorId,
  host: 'h',
  port: 1,
  attemptId: `${jobId}/1/0/1` as AttemptId,
  rows: 3,
  bytes: ipc.length,
}
const part = { ...fetched, inline: ipc.toString('base64') }

function fakeBackend() {
  const seen = { outcomes: [] as string[], aborted: false, executors: 1 }
  const backend: FrontBackend = {
    openSession: () => Promise.resolve('saaaaaaaaaaaaaaaa' as SessionId),
    closeSession: () => Promise.resolve(),
    async *execute(request, signal) {
      yield { kind: 'accepted', jobId }
      yield { kind: 'progress', progress }
      if (request.sql === 'bad')
        throw queryError('UNKNOWN_TABLE', { reason: 'no such table' }, { position: 3 })
      if (request.sql === 'slow') {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        seen.aborted = true
        return
      }
      yield {
        kind: 'result',
        result: {
          columns: [{ name: 'n', type: 'INTEGER' }],
          rowCount: 3,
          data: { kind: 'ticket', ticket: Buffer.from('good') },
          jobId,
          mode: 'whole',
          modeReason: 'small',
          stages: 1,
        },
      }
    },
    submit: () => Promise.resolve(jobId),
    status: () => Promise.resolve({ progress, error: undefined, result: undefined }),
    cancel: () =>
      Promise.resolve({
        progress: { ...progress, state: 'cancelled' },
        error: undefined,
        result: undefined,
      }),
    split: (text) => Promise.resolve([{ sql: text, start: 0, kind: 'query' }]),
    result: (ticket) =>
      ['good', 'fetched'].includes(Buffer.from(ticket).toString())
        ? Promise.resolve({
            jobId,
            parts: [Buffer.from(ticket).toString() === 'good' ? part : fetched],
            jobToken: 't',
            done: (outcome) => void seen.outcomes.push(outcome),
          })
        : Promise.reject(queryError('RESULT_EXPIRED', { jobId })),
    controlAddress: () => ({ host: '', port: 4711 }),
    state: () =>
      Promise.resolve({
        version: '0.1.0',
        engineVersion: 'v1',
        startedMs: 1,
        executorsActive: seen.executors,
        executorsRequired: 1,
        plannerUp: true,
        schedulingPolicy: 'push' as const,
      }),
    jobs: () => Promise.resolve([running]),
    details: (id) =>
      id === jobId
        ? Promise.resolve({ status: running, sql: 'SELECT 1', stages: [], decisions: [] })
        : Promise.reject(queryError('UNKNOWN_JOB', { jobId: id })),
    executors: () => Promise.resolve([]),
    orderExecutor: ({ executorId }) =>
      Promise.reject(queryError('INVALID_REQUEST', { reason: `there is no executor ${executorId}` })),
  }
  return { backend, seen }
}

const cleanups: (() => unknown)[] = []
/** To be done when the test ends. */
export const atEnd = (clean: () => unknown): void => void cleanups.push(clean)

export async function closeFronts(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) await clean()
}

export async function front(options: Partial<FrontServerOptions> = {}) {
  const { backend, seen } = fakeBackend()
  const server = await startFrontServer({ host: '127.0.0.1', port: 0, backend, ...options })
  cleanups.push(() => server.close())
  return { server, seen, target: { host: '127.0.0.1', port: server.port } }
}

export function caller(target: GrpcTarget): GrpcCaller {
  const made = new GrpcCaller(target)
  cleanups.push(() => made.close())
  return made
}

export function fetchText(
  target: GrpcTarget,
  path: string,
  options: RequestOptions & { ca?: string; cert?: string; key?: string } = {},
) {
  const { host, port } = target
  const send = options.ca === undefined ? httpRequest : httpsRequest
  return new Promise<{ status: number; body: string; headers: IncomingMessage['headers'] }>(
    (resolve, reject) => {
      const sent = send({ host, port, path, agent: false, ...options }, (response) => {
        let body = ''
        response.on('data', (chunk) => (body += String(chunk)))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers }),
        )
      })
      sent.on('error', reject)
      sent.end()
    },
  )
}

export async function all<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const message of messages) list.push(message)
  return list
}

export const request = (sql: string) => ({
  sessionId: '', requestId: 'r', sql, textResult: false, parameters: Buffer.alloc(0),
})

/** Sends the bytes and waits for the other side to close. */
export const closedAfter = (target: GrpcTarget, bytes: string | Buffer) =>
  new Promise<void>((resolve) => {
    const socket = connect(target.port, target.host, () => socket.write(bytes))
    socket
      .on('error', () => undefined)
      .on('close', () => resolve())
      .resume()
  })
