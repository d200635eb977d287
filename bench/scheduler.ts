/**
 * `npm run bench -- scheduler`: one scheduler, as it is in its process, with executors that answer every
 * launch at once: what it can take, how much memory it needs, how long a large stage takes to be placed.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type ExecutorId, type JobId, present } from '@arbalest/common'
import type { StageSpec } from '@arbalest/plan'
import {
  encodeStreamMessage, type ExecutorMessage, type MessageStream, namingPieceLists, protocolVersion,
  type SchedulerMessage, type StreamMessage,
} from '@arbalest/protocol'
import { createScheduler, openLmdbLog, type SchedulerHandle } from '@arbalest/scheduler'
import {
  createState, type Effect, reduce, reportFor, type SchedulerFact, stageSpec, submission,
} from '@arbalest/scheduler/testing'
import { circumstances, keepFigures, print } from './circumstances.js'

export interface SchedulerOptions {
  readonly executors: number
  readonly slots: number
  readonly tasks: number
  readonly tasksPerJob: number
  readonly store: 'lmdb' | 'memory'
  readonly output: string | undefined
}

const readers = 100
const heartbeatMs = 5_000

export async function scheduler(options: SchedulerOptions): Promise<boolean> {
  const taken = circumstances('scheduler', options)
  const directory = await mkdtemp(join(tmpdir(), 'arbalest-scheduler-'))
  try {
    const events = await runJobs(options, directory)
    const placing = placeStage(options)
    print('| | |\n|---|---:|')
    for (const [name, figure] of Object.entries({ ...events, ...placing })) print(`| ${name} | ${figure} |`)
    keepFigures(options.output, taken, { ...events, ...placing })
    return true
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Jobs one after the other until all tasks are done; a task is placed, runs and ends: three events. */
async function runJobs(options: SchedulerOptions, directory: string) {
  const { executors, slots, tasks, tasksPerJob, store } = options
  const log = store === 'lmdb' ? { log: await openLmdbLog({ directory }) } : {}
  const handle = createScheduler(log)
  const stages = stagesOf(tasksPerJob)
  const step = { mode: 'distributed', modeReason: '', stages, decisions: [], finished: true } as const
  handle.service.offerPlanner({ unfold: () => Promise.resolve(step) })
  const fleet = Array.from({ length: executors }, (_, number) => new EchoExecutor(handle, { number, slots, stages }))
  const beats = setInterval(() => fleet.forEach((one) => one.beat()), heartbeatMs)
  await nextTurn()
  const delay = monitorEventLoopDelay({ resolution: 2 })
  delay.enable()
  const cpuBefore = process.cpuUsage()
  const startedMs = performance.now()
  const jobs = Math.ceil(tasks / tasksPerJob)
  for (let job = 0; job < jobs; job++) await runJob(handle)
  const seconds = (performance.now() - startedMs) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  delay.disable()
  clearInterval(beats)
  await handle.close()
  const cpuSeconds = (cpu.user + cpu.system) / 1e6
  const events = jobs * tasksPerJob * 3
  return {
    'task events': events,
    'events a second': Math.round(events / seconds),
    'events a CPU second': Math.round(events / cpuSeconds),
    'sent to executors, MiB': Math.round(sentBytes / 1024 ** 2),
    'largest RSS, MiB': Math.round(process.resourceUsage().maxRSS / 1024),
    'event loop p99, ms': Math.round(delay.percentile(99) / 1e6),
    'event loop max, ms': Math.round(delay.max / 1e6),
  }
}

async function runJob({ service }: SchedulerHandle): Promise<void> {
  const jobId = await service.submit(submission)
  for await (const { state, error } of service.watch(jobId, new AbortController().signal)) {
    if (error) throw new Error(error.message)
    if (state === 'succeeded') break
  }
  await service.releaseResult(jobId)
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Many scans, a reader for each of some partitions, one result. */
function stagesOf(tasks: number): readonly StageSpec[] {
  const scans = stageSpec({ id: 1, tasks: tasks - readers - 1, scan: 'split', output: 8, isMarked: true })
  const sums = stageSpec({ id: 2, tasks: readers, reads: [{ stage: 1, mode: 'partition' }] })
  return [scans, sums, stageSpec({ id: 3, reads: [{ stage: 2, mode: 'all' }], output: 'result' })]
}

let sentBytes = 0

interface EchoTraits {
  readonly number: number
  readonly slots: number
  readonly stages: readonly StageSpec[]
}

/** Runs nothing: soon it tells of each attempt that it runs and that it has ended. */
class EchoExecutor {
  private readonly stages: readonly StageSpec[]
  private listener: (message: ExecutorMessage) => void = () => undefined

  constructor(handle: SchedulerHandle, { number, slots, stages }: EchoTraits) {
    this.stages = stages
    // What would go over the wire is encoded as it would be.
    const stream: MessageStream<StreamMessage, ExecutorMessage> = {
      send: (message) => {
        sentBytes += encodeStreamMessage(message).length
        if (message.kind !== 'piece-list') this.receive(message)
      },
      onMessage: (listener) => (this.listener = listener),
      onClose: () => undefined,
      close: () => undefined,
    }
    handle.attachExecutor(namingPieceLists(stream))
    this.listener({ kind: 'register', registration: registrationOf(number, slots) })
  }

  beat(): void {
    const health = { runningAttempts: 0, residentBytes: 0, cpuMs: 0, workDirBytes: 0 }
    this.listener({ kind: 'heartbeat', health })
  }

  private receive(message: SchedulerMessage): void {
    if (message.kind !== 'launch') return
    for (const { attemptId } of message.attempts) {
      const spec = present(this.stages[Number(attemptId.split('/')[1]) - 1], 'attempts belong to stages')
      const running = { kind: 'running', attemptId, atMs: 0 } as const
      const ended = { kind: 'succeeded', attemptId, report: reportFor(spec) } as const
      answerLater(() => this.listener({ kind: 'updates', updates: [running, ended] }))
    }
  }
}

/** Answers arrive a few in each turn of the loop, as they would through sockets. */
const answers: (() => void)[] = []
const answersPerTurn = 20

function answerLater(answer: () => void): void {
  answers.push(answer)
  if (answers.length === 1) setImmediate(answerSome)
}

function answerSome(): void {
  for (const answer of answers.slice(0, answersPerTurn)) answer()
  answers.splice(0, answersPerTurn)
  if (answers.length > 0) setImmediate(answerSome)
}

function registrationOf(number: number, slots: number) {
  return {
    protocolVersion, takesLists: true, executorId: `e${String(number).padStart(16, '0')}` as ExecutorId,
    host: `host-${number}`, port: 50051, slots, threads: 4, memoryLimitBytes: 1, engineFingerprint: 'one', version: '',
    pid: 1, heldOutputs: [], runningAttempts: [],
  }
}

/** One stage of `tasksPerJob` tasks in the core alone: planned, and placed on every slot there is. */
function placeStage({ executors, slots, tasksPerJob }: SchedulerOptions) {
  const times = Array.from({ length: 5 }, () => {
    const state = createState({}, protocolVersion)
    const send = (fact: SchedulerFact): readonly Effect[] => reduce(state, { ...fact, atMs: 1, jitter: 0 })
    for (let n = 0; n < executors; n++) {
      send({ kind: 'executor-attached', streamId: n + 1, announcement: registrationOf(n, slots) })
    }
    const jobId = 'j0000000000000000' as JobId
    send({ kind: 'job-submitted', jobId, jobToken: '', submission })
    const stages = stagesOf(tasksPerJob)
    const startedMs = performance.now()
    send({
      kind: 'stages-planned', jobId,
      step: { mode: 'distributed', modeReason: '', stages, decisions: [], finished: true },
    })
    return performance.now() - startedMs
  })
  return { 'stage placed, ms': Math.round(present(times.toSorted((a, b) => a - b)[2], 'five were taken')) }
}
