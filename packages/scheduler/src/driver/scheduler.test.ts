/** The scheduler with executors and a planner made by hand, over in-process streams. */
import { type AttemptId, type ExecutorId, type JobId, queryError, type StageId } from '@arbalest/common'
import type { AttemptReport, AttemptSpec, StageSpec, UnfoldStep } from '@arbalest/plan'
import {
  type ExecutorMessage, type JobStatus, type JobSubmission, type MessageStream, messageStreamPair,
  protocolVersion, type Registration, type SchedulerMessage, type UnfoldingPlanner,
} from '@arbalest/protocol'
import { afterEach, expect, test } from 'vitest'
import { HandClock } from '../testing/hand-clock.js'
import { createScheduler, type SchedulerHandle, type SchedulerOptions } from './scheduler.js'

let scheduler: SchedulerHandle
afterEach(() => scheduler.close())

test('a job is planned, runs stage by stage, and its last status carries the result', async () => {
  start()
  const executor = await attach('a')
  scheduler.service.offerPlanner(twoSteps)
  const jobId = await scheduler.service.submit(submission)
  const last = await lastStatus(jobId)
  expect(last.state).toBe('succeeded')
  expect(last.result?.parts.map(({ executorId }) => executorId)).toEqual([executor.id])
  expect(last.result?.jobToken).toMatch(/^[0-9a-f]{64}$/)
  expect(executor.launched.map(({ sql }) => sql)).toEqual(['stage 1', 'stage 1', 'stage 2'])
  const { stages } = await scheduler.service.details(jobId)
  expect(stages.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
  expect(scheduler.jobLog(jobId).map(({ kind }) => kind)).toContain('job-ended')
})

test('a released result lets executors remove the files', async () => {
  start()
  const executor = await attach('a')
  scheduler.service.offerPlanner(twoSteps)
  const jobId = await scheduler.service.submit(submission)
  await lastStatus(jobId)
  await scheduler.service.releaseResult(jobId)
  await executor.received('forget-job')
})

test('an executor of another protocol is refused and its stream ends', async () => {
  start()
  const executor = connect(registration('a', { protocolVersion: 99 }))
  expect((await executor.received('refused')).error.code).toBe('PROTOCOL_MISMATCH')
  await executor.closed
})

test('a job without any executor fails after its grace', async () => {
  start({ limits: { noExecutorGraceMs: 5 } })
  scheduler.service.offerPlanner(twoSteps)
  const last = await lastStatus(await scheduler.service.submit(submission))
  expect(last.error?.code).toBe('NO_EXECUTORS')
})

test('a job that no planner comes to plan fails with a reason', async () => {
  start({ limits: { noExecutorGraceMs: 5 } })
  await attach('a')
  const last = await lastStatus(await scheduler.service.submit(submission))
  expect(last.error?.code).toBe('PLANNER_CRASHED')
})

test('a cancelled job is cancelled at once and its attempts are told', async () => {
  start()
  const executor = await attach('a', 'silent')
  scheduler.service.offerPlanner(twoSteps)
  const jobId = await scheduler.service.submit(submission)
  await executor.received('launch')
  expect((await scheduler.service.cancel(jobId, 'not wanted')).state).toBe('cancelled')
  expect((await executor.received('cancel')).attemptIds).toHaveLength(2)
  expect((await lastStatus(jobId)).error?.code).toBe('JOB_CANCELLED')
})

test('a job that ends with its client goes on while somebody waits or asks for it, and then for a while', async () => {
  const clock = new HandClock()
  start({ clock, executorTimeoutMs: 1e9, limits: { abandonedJobMs: 1_000 } })
  const executor = await attach('a', 'silent')
  scheduler.service.offerPlanner(twoSteps)
  const jobId = await scheduler.service.submit({ ...submission, endsWithClient: true })
  await executor.received('launch')
  const leaving = new AbortController()
  const watching = (async () => {
    for await (const status of scheduler.service.watch(jobId, leaving.signal)) void status
  })()
  const stateAt = async (ms: number) => {
    await scheduler.service.jobs()
    clock.moveTo(ms)
    return (await scheduler.service.details(jobId)).status.state
  }
  expect(await stateAt(5_000)).toBe('running')
  leaving.abort()
  await watching
  for (const ms of [5_900, 6_800, 7_700]) expect(await stateAt(ms)).toBe('running')
  await stateAt(8_800)
  await executor.received('cancel')
  expect(await stateAt(8_800)).toBe('cancelled')
})

test('an executor of the version before is taken', async () => {
  start()
  const executor = connect(registration('a', { protocolVersion: protocolVersion - 1 }))
  await executor.received('registered')
  const refused = connect(registration('b', { protocolVersion: protocolVersion - 2 }))
  expect((await refused.received('refused')).error.code).toBe('PROTOCOL_MISMATCH')
})

test('a job survives an executor whose stream breaks', async () => {
  start({ limits: { reattachGraceMs: 5 } })
  const doomed = await attach('a', 'silent')
  scheduler.service.offerPlanner(twoSteps)
  const jobId = await scheduler.service.submit(submission)
  await doomed.received('launch')
  const heir = await attach('b')
  doomed.stream.close('killed')
  expect((await lastStatus(jobId)).state).toBe('succeeded')
  expect(heir.launched.length).toBe(3)
})

test('an executor that stays silent is lost', async () => {
  start({ executorTimeoutMs: 5 })
  const executor = await attach('a', 'silent')
  await executor.closed
  expect((await scheduler.service.executors())[0]?.state).toBe('lost')
})

test('an inspection goes to another executor when the first is lost', async () => {
  start()
  const first = await attach('a', 'silent')
  const second = await attach('b')
  const replies = scheduler.service.inspect([], new AbortController().signal)
  await first.received('inspect')
  first.stream.close('killed')
  expect(await replies).toEqual([{ kind: 'unchanged' }])
  expect(second.inspections).toBe(1)
})

test('an inspection ends with what the executor found, and is not tried elsewhere', async () => {
  start()
  const executor = await attach('a', 'silent')
  await attach('b')
  const replies = scheduler.service.inspect([], new AbortController().signal)
  const { callId } = await executor.received('inspect')
  const error = queryError('FILE_NOT_FOUND', { path: '/nowhere' }).toWire()
  executor.stream.send({ kind: 'inspect-failed', callId, error })
  await expect(replies).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
})

test('an inspection that is given up ends at once', async () => {
  start()
  const executor = await attach('a', 'silent')
  const abort = new AbortController()
  const replies = scheduler.service.inspect([], abort.signal)
  await executor.received('inspect')
  abort.abort()
  await expect(replies).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
})

test('who watches a scheduler that ends is told so', async () => {
  start()
  const jobId = await scheduler.service.submit(submission)
  const watching = lastStatus(jobId)
  await scheduler.close()
  await expect(watching).rejects.toMatchObject({ code: 'SCHEDULER_UNREACHABLE' })
})

test('a newer stream of an executor takes the place of the older', async () => {
  start()
  const older = await attach('a', 'silent')
  const newer = await attach('a')
  await older.closed
  scheduler.service.offerPlanner(twoSteps)
  expect((await lastStatus(await scheduler.service.submit(submission))).state).toBe('succeeded')
  expect(newer.launched).toHaveLength(3)
})

test('a stream that does not begin with a registration is closed', async () => {
  start()
  const [stream, schedulerEnd] = messageStreamPair<ExecutorMessage, SchedulerMessage>()
  const closed = new Promise<string>((resolve) => stream.onClose(resolve))
  scheduler.attachExecutor(schedulerEnd)
  stream.send({ kind: 'draining' })
  expect(await closed).toContain('registration')
})

test('an inspection without executors says so', async () => {
  start()
  await expect(scheduler.service.inspect([], new AbortController().signal)).rejects.toMatchObject({
    code: 'NO_EXECUTORS',
  })
})

test('an unknown job is an error for watch, cancel and details', async () => {
  start()
  const unknown = 'j0000000000000000' as JobId
  await expect(lastStatus(unknown)).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
  await expect(scheduler.service.cancel(unknown, '')).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
  await expect(scheduler.service.details(unknown)).rejects.toMatchObject({ code: 'UNKNOWN_JOB' })
})

test('a submission beyond the limit of jobs is refused', async () => {
  start({ limits: { jobsMax: 1 } })
  await scheduler.service.submit(submission)
  await expect(scheduler.service.submit(submission)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
})

// ---- builders ----------------------------------------------------------------------------------------

function start(options: SchedulerOptions = {}): void {
  scheduler = createScheduler(options)
}

const submission: JobSubmission = {
  sql: 'SELECT 1',
  jobName: undefined,
  sessionId: undefined,
  preparedQuery: '{}',
  settings: {},
  compression: 'none',
  timeoutMs: undefined,
  pool: undefined,
  priority: 0,
}

function stage(id: number, reads: number | undefined, tasks: number): StageSpec {
  const stageId = reads as StageId
  const read = { kind: 'shuffle', name: 'input_0', stageId, mode: 'all', columns: [] } as const
  return {
    stageId: id as StageId,
    key: `stage ${id}`,
    exchange: 'gather',
    reason: '',
    sql: `stage ${id}`,
    inputs: reads === undefined ? [] : [read],
    output: reads === undefined ? { kind: 'single' } : { kind: 'result' },
    columns: [],
    tasks: Array.from({ length: tasks }, (_, task) => ({ task, partitions: [], splits: {} })),
    estimatedRows: 1,
    indeterminate: false,
  }
}

/** Two stages, the second planned when the first has been measured. */
const twoSteps: UnfoldingPlanner = {
  unfold({ published }) {
    const common = { mode: 'distributed', modeReason: 'test', decisions: [] } as const
    const step: UnfoldStep =
      published.length === 0
        ? { ...common, stages: [stage(1, undefined, 2)], finished: false }
        : { ...common, stages: [stage(2, 1, 1)], finished: true }
    return Promise.resolve(step)
  },
}

const report: AttemptReport = {
  files: [{ partition: 0, rows: 1, bytes: 10 }],
  rows: 1,
  bytes: 10,
  metrics: {
    startedMs: 0, fetchedMs: 0, computedMs: 0, committedMs: 0, inputRows: 0, inputBytes: 0,
    fetchedBytes: 0, cpuMs: 0, spilledBytes: 0, peakMemoryBytes: 0,
  },
}

function registration(letter: string, more: Partial<Registration> = {}): Registration {
  return {
    protocolVersion,
    executorId: `e${letter.repeat(16)}` as ExecutorId,
    host: '127.0.0.1',
    port: 50051,
    slots: 4,
    threads: 2,
    memoryLimitBytes: 1,
    engineFingerprint: 'duckdb',
    version: '0',
    pid: 1,
    heldOutputs: [],
    runningAttempts: [],
    ...more,
  }
}

interface FakeExecutor {
  readonly id: ExecutorId
  readonly stream: MessageStream<ExecutorMessage, SchedulerMessage>
  readonly launched: readonly AttemptSpec[]
  readonly inspections: number
  readonly closed: Promise<void>
  received<K extends SchedulerMessage['kind']>(kind: K): Promise<SchedulerMessage & { kind: K }>
}

/** `willing` ones finish every attempt and inspection at once, `silent` ones never answer. */
function connect(announced: Registration, manner: 'willing' | 'silent' = 'willing'): FakeExecutor {
  const [stream, schedulerEnd] = messageStreamPair<ExecutorMessage, SchedulerMessage>()
  const messages: SchedulerMessage[] = []
  const launched: AttemptSpec[] = []
  const listeners = new Set<() => void>()
  let inspections = 0
  stream.onMessage((message) => {
    messages.push(message)
    for (const listener of listeners) listener()
    if (message.kind === 'launch') {
      launched.push(...message.attempts)
      if (manner === 'willing') succeed(stream, message.attempts.map(({ attemptId }) => attemptId))
    }
    if (message.kind === 'inspect' && manner === 'willing') {
      inspections += 1
      stream.send({ kind: 'inspected', callId: message.callId, replies: [{ kind: 'unchanged' }] })
    }
  })
  const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()))
  scheduler.attachExecutor(schedulerEnd)
  stream.send({ kind: 'register', registration: announced })
  return {
    id: announced.executorId,
    stream,
    launched,
    closed,
    get inspections() {
      return inspections
    },
    received<K extends SchedulerMessage['kind']>(kind: K) {
      return new Promise<SchedulerMessage & { kind: K }>((resolve) => {
        const look = () => {
          const found = messages.find((message) => message.kind === kind)
          if (!found) return
          listeners.delete(look)
          resolve(found as SchedulerMessage & { kind: K })
        }
        listeners.add(look)
        look()
      })
    },
  }
}

function succeed(stream: FakeExecutor['stream'], ids: readonly AttemptId[]): void {
  stream.send({
    kind: 'updates',
    updates: ids.map((attemptId) => ({ kind: 'succeeded', attemptId, report })),
  })
}

async function attach(letter: string, manner: 'willing' | 'silent' = 'willing'): Promise<FakeExecutor> {
  const executor = connect(registration(letter), manner)
  await executor.received('registered')
  return executor
}

async function lastStatus(jobId: JobId): Promise<JobStatus> {
  let last: JobStatus | undefined
  for await (const status of scheduler.service.watch(jobId, new AbortController().signal)) last = status
  if (!last) throw new Error('no status came')
  return last
}
