import { connect } from 'node:net'
import selfsigned from 'selfsigned'
import { afterEach, describe, expect, test } from 'vitest'
import { limits, queryError, type ExecutorId, type JobId, type StageId } from '@arbalest/common'
import type { UnfoldStep } from '@arbalest/plan'
import { startGrpcControlServer, type ControlServerOptions } from './grpc-control-server.js'
import { grpcSchedulerLink } from './grpc-executor-link.js'
import { grpcSchedulerClient } from './grpc-scheduler-client.js'
import { GrpcCaller } from './grpc-calls.js'
import { ControlService } from './generated/arbalest.js'
import { Metadata } from '@grpc/grpc-js'
import { largestMessages } from './message-pieces.js'
import { protocolVersion } from './messages.js'
import type {
  ExecutorMessage, ExecutorOrder,
  JobStatus,
  JobSubmission,
  MessageStream,
  Registration,
  SchedulerMessage,
  SchedulerService,
  UnfoldingPlanner,
  UnfoldRequest,
} from './messages.js'

const jobId = 'jaaaaaaaaaaaaaaaa' as JobId
const status: JobStatus = {
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
const registration: Registration = {
  protocolVersion,
  executorId: 'eaaaaaaaaaaaaaaaa' as ExecutorId,
  host: '127.0.0.1',
  port: 50051,
  slots: 2,
  threads: 1,
  memoryLimitBytes: 1e9,
  engineFingerprint: 'f',
  version: '0.1.0',
  pid: 1,
  heldOutputs: [],
  runningAttempts: [],
}
const step: UnfoldStep = {
  mode: 'whole',
  modeReason: 'small',
  stages: [],
  decisions: [],
  finished: true,
}

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})
const never = (): AbortSignal => new AbortController().signal

class FakeService implements SchedulerService {
  planner: UnfoldingPlanner | undefined
  onPlanner: () => void = () => undefined
  watchEnded: () => void = () => undefined
  offerPlanner(planner: UnfoldingPlanner) {
    this.planner = planner
    this.onPlanner()
  }
  submit = () => Promise.resolve(jobId)
  async *watch(_: JobId, signal: AbortSignal) {
    try {
      yield status
      yield { ...status, revision: 2 }
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    } finally {
      this.watchEnded()
    }
  }
  cancel = () => Promise.reject(queryError('UNKNOWN_JOB', { jobId }))
  releaseResult = () => Promise.resolve()
  details = () => Promise.resolve({ status, sql: 'SELECT 1', stages: [], decisions: [] })
  jobs = () => Promise.resolve([status])
  executors = () =>
    Promise.resolve([
      {
        registration,
        state: 'active' as const,
        standing: 'trusted' as const,
        isCordoned: false,
        lastSeenMs: 1,
        health: undefined,
        runningAttempts: 0,
      },
    ])
  orderExecutor = async ({ action }: ExecutorOrder) => {
    const [executor] = await this.executors()
    return { executor: { ...executor!, isCordoned: action === 'set-aside' }, jobs: 1, outputs: 2 }
  }
  inspect = () => Promise.resolve([{ kind: 'unchanged' as const }])
}

async function control(options: Partial<ControlServerOptions> = {}) {
  const service = new FakeService()
  const arrivals: MessageStream<SchedulerMessage, ExecutorMessage>[] = []
  let arrived: () => void = () => undefined
  const first = new Promise<void>((resolve) => (arrived = resolve))
  const server = await startGrpcControlServer({
    host: '127.0.0.1',
    port: 0,
    service,
    onExecutor: (stream) => {
      arrivals.push(stream)
      arrived()
    },
    ...options,
  })
  cleanups.push(() => server.close())
  const stream = async () => {
    await first
    return arrivals[0]!
  }
  return { server, service, stream, target: { host: '127.0.0.1', port: server.port } }
}

const messageOf = <In>(stream: MessageStream<never, In>): Promise<In> =>
  new Promise((resolve) => stream.onMessage(resolve))
const closeOf = (stream: MessageStream<never, unknown>): Promise<string> =>
  new Promise((resolve) => stream.onClose(resolve))

describe('an executor on the control port', () => {
  test('attaches, and both sides speak', async () => {
    const { target, stream } = await control()
    const executor = await grpcSchedulerLink(target).attach(never())
    executor.send({ kind: 'register', registration })
    const scheduler = await stream()
    expect(await messageOf(scheduler)).toEqual({ kind: 'register', registration })
    scheduler.send({ kind: 'registered' })
    expect(await messageOf(executor)).toEqual({ kind: 'registered' })
    const closed = closeOf(scheduler)
    executor.close('done')
    expect(await closed).toMatch(/ended|gone/)
  })

  test('learns when the scheduler ends the stream, after the last message', async () => {
    const { target, stream } = await control()
    const executor = await grpcSchedulerLink(target).attach(never())
    const got = messageOf(executor)
    const closed = closeOf(executor)
    const scheduler = await stream()
    const error = queryError('PROTOCOL_MISMATCH', { theirs: 2, ours: 1 }).toWire()
    scheduler.send({ kind: 'refused', error })
    scheduler.close('refused')
    expect(await got).toEqual({ kind: 'refused', error })
    await closed
  })

  test('is refused without the token', async () => {
    const { target } = await control({ tokens: ['secret'] })
    for (const token of [undefined, 'wrong']) {
      await expect(grpcSchedulerLink({ ...target, token }).attach(never())).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      })
    }
    const stream = await grpcSchedulerLink({ ...target, token: 'secret' }).attach(never())
    stream.close('done')
  })

  test('finds nobody', async () => {
    const { target, server } = await control()
    await server.close()
    await expect(grpcSchedulerLink(target).attach(never())).rejects.toMatchObject({
      code: 'SCHEDULER_UNREACHABLE',
    })
  })

  test('is cut off when it sends what is no message', async () => {
    const { target, stream } = await control()
    const caller = new GrpcCaller(target)
    cleanups.push(() => caller.close())
    for (const json of [
      '{',
      '{"kind":"nonsense"}',
      '{"kind":"register","registration":{"host":5}}',
      '[]',
      'null',
    ]) {
      const call = caller.duplex(ControlService.attach)
      const ended = new Promise((resolve) => call.once('status', resolve))
      call.on('error', () => undefined)
      call.on('data', () => undefined)
      call.write({ kind: 'register', json: Buffer.from(json), more: false })
      await ended
    }
    expect(await closeOf(await stream())).toMatch(/no message/)
  })

  test('works over TLS with client certificates', async () => {
    const { cert, private: key } = selfsigned.generate(
      [{ name: 'commonName', value: 'localhost' }],
      {
        keySize: 2048,
        extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
      },
    )
    const { target } = await control({ tls: { cert, key, clientCa: cert } })
    const secure = { ...target, host: 'localhost' }
    await expect(
      grpcSchedulerLink({ ...secure, tls: { ca: cert } }).attach(never()),
    ).rejects.toMatchObject({
      code: 'SCHEDULER_UNREACHABLE',
    })
    const stream = await grpcSchedulerLink({ ...secure, tls: { ca: cert, cert, key } }).attach(
      never(),
    )
    stream.close('done')
  })
})

describe('the control port', () => {
  test('survives garbage and says when it is taken', async () => {
    const { target, server } = await control()
    for (const bytes of [
      '\x16\x03\x01',
      'GET / HTTP/1.1\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n',
      '\0'.repeat(100),
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(target.port, target.host, () => socket.write(bytes))
        socket
          .on('error', () => undefined)
          .on('close', () => resolve())
          .resume()
      })
    }
    const caller = new GrpcCaller(target)
    cleanups.push(() => caller.close())
    const garbage = {
      ...ControlService.attach,
      requestSerialize: () => Buffer.from([0x0a, 0xff, 0xff, 0xff]),
    }
    const call = caller.client.makeBidiStreamRequest(
      garbage.path,
      garbage.requestSerialize,
      garbage.responseDeserialize,
      new Metadata(),
    )
    call.on('error', () => undefined).on('data', () => undefined)
    call.write({ kind: '', json: Buffer.alloc(0) })
    await new Promise((resolve) => call.once('status', resolve))
    await expect(
      startGrpcControlServer({
        host: target.host,
        port: server.port,
        onExecutor: () => undefined,
        service: new FakeService(),
      }),
    ).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    const stream = await grpcSchedulerLink(target).attach(never())
    stream.close('done')
  })

  test('is not opened beyond this host without a token', async () => {
    await expect(control({ host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'ADDRESS_NEEDS_TOKEN',
    })
  })
})

describe('the scheduler as the front sees it', () => {
  test('answers every call', async () => {
    const { target } = await control()
    const client = grpcSchedulerClient(target)
    cleanups.push(() => client.close())
    const submission = {
      sql: 'SELECT 1',
      jobName: undefined,
      sessionId: undefined,
      preparedQuery: '{}',
      settings: { TimeZone: 'UTC' },
      compression: 'none' as const,
      timeoutMs: undefined,
      pool: undefined,
      priority: 0,
    }
    expect(await client.submit(submission)).toBe(jobId)
    await client.releaseResult(jobId)
    expect(await client.jobs()).toEqual([JSON.parse(JSON.stringify(status))])
    expect((await client.details(jobId)).sql).toBe('SELECT 1')
    expect(await client.executors()).toMatchObject([{ state: 'active', registration }])
    const order = { executorId: registration.executorId, action: 'set-aside', isDryRun: false } as const
    expect(await client.orderExecutor(order)).toMatchObject({ executor: { isCordoned: true }, jobs: 1, outputs: 2 })
    expect(await client.inspect([], never())).toEqual([{ kind: 'unchanged' }])
    await expect(client.cancel(jobId, 'why')).rejects.toMatchObject({
      code: 'UNKNOWN_JOB',
      fields: { jobId },
    })
  })

  test('a watch ends on both sides when the watcher leaves', async () => {
    const { target, service } = await control()
    const client = grpcSchedulerClient(target)
    cleanups.push(() => client.close())
    const ended = new Promise<void>((resolve) => (service.watchEnded = resolve))
    for await (const { revision } of client.watch(jobId, never())) if (revision === 2) break
    await ended
    const controller = new AbortController()
    const reading = (async () => {
      for await (const { revision } of client.watch(jobId, controller.signal))
        if (revision === 2) controller.abort(new Error('enough'))
    })()
    await expect(reading).rejects.toThrow('enough')
  })

  test('a planner is offered, asked, taken back, and lost', async () => {
    const { target, service } = await control()
    const client = grpcSchedulerClient(target)
    const offered = new Promise<void>((resolve) => (service.onPlanner = resolve))
    const asked: string[] = []
    client.offerPlanner({
      unfold(request, signal) {
        asked.push(request.preparedQuery)
        if (request.preparedQuery === 'bad')
          return Promise.reject(queryError('BINDER_ERROR', { reason: 'no' }))
        if (request.preparedQuery === 'good') return Promise.resolve(step)
        return new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        )
      },
    })
    await offered
    const planner = service.planner!
    // A job has one query.
    const ask = (preparedQuery: string, signal = never()) =>
      planner.unfold(unfoldRequest(`j${preparedQuery.padEnd(16, 'a')}` as JobId, preparedQuery), signal)
    expect(await ask('good')).toEqual(step)
    await expect(ask('bad')).rejects.toMatchObject({ code: 'BINDER_ERROR' })
    const controller = new AbortController()
    const slow = ask('slow', controller.signal)
    controller.abort(new Error('taken back'))
    await expect(slow).rejects.toThrow('taken back')
    const lost = ask('lost')
    client.close()
    await expect(lost).rejects.toMatchObject({ code: 'FRONT_LOST' })
    await expect(ask('late')).rejects.toMatchObject({ code: 'FRONT_LOST' })
  })

  test('a front that has submitted a job is not sent its query; one that forgot it asks for it', async () => {
    const { target, service } = await control()
    const asked: string[] = []
    const client = async () => {
      const front = grpcSchedulerClient(target)
      cleanups.push(() => front.close())
      const offered = new Promise<void>((resolve) => (service.onPlanner = resolve))
      front.offerPlanner({
        unfold(request) {
          asked.push(request.preparedQuery)
          return Promise.resolve(step)
        },
      })
      await offered
      return front
    }
    const first = await client()
    const long = 'x'.repeat(3 * limits.messageBytesMax)
    expect(await first.submit({ ...submission, preparedQuery: long })).toBe(jobId)
    await service.planner?.unfold(unfoldRequest(jobId, 'not what is sent'), never())
    await client()
    await service.planner?.unfold(unfoldRequest(jobId, long), never())
    expect(asked.map((text) => text === long)).toEqual([true, true])
    expect(Math.max(...Object.values(largestMessages()))).toBeLessThanOrEqual(limits.messageBytesMax)
  })
})

const submission: JobSubmission = {
  sql: '', jobName: undefined, sessionId: undefined, preparedQuery: '', settings: {}, compression: 'none',
  timeoutMs: undefined,
  pool: undefined,
  priority: 0,
}

const unfoldRequest = (id: JobId, preparedQuery: string): UnfoldRequest => ({
  jobId: id,
  preparedQuery,
  cluster: { executors: 1, slots: 2, threadsPerExecutor: 1 },
  published: [],
  nextStageId: 1 as StageId,
})
