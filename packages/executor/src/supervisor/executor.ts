/** An executor: composes engine, work directory, shuffle server and scheduler stream around the core. */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import {
  asQueryError, assertNever, idFromBytes, limits, parseAttemptId, parseExecutorId, present, queryError,
  type Clock, type ExecutorId, type JobId, type QueryError,
} from '@arbalest/common'
import type { AttemptSpec, EngineInfo, InspectRequest } from '@arbalest/plan'
import { protocolVersion, type ExecutorHealth, type SchedulerMessage } from '@arbalest/protocol'
import type { ExecutorEffect } from '../core/effect.js'
import type { ExecutorEvent } from '../core/event.js'
import { reduce } from '../core/reduce.js'
import { initialState, isActive, type ExecutorState } from '../core/state.js'
import { AttemptRunner } from './attempt-runner.js'
import { deferred } from './deferred.js'
import type { ExecutorAddress, ExecutorEnding, ExecutorHandle, ExecutorOptions } from './executor-options.js'
import { OutputRegistry } from './output-registry.js'
import { PieceStore } from './piece-store.js'
import { processUsage } from './process-usage.js'
import { resolveDataDirs, resolveWriteDirs } from './scan-paths.js'
import { SchedulerStream } from './scheduler-stream.js'
import { SharedDirectory } from './shuffle-store.js'
import { ShuffleFetcher, type FetchSettings } from './shuffle-fetch.js'
import { startShuffleServer, type ShuffleServer } from './shuffle-server.js'
import { thisMachine } from './this-machine.js'
import { systemClock } from './system-clock.js'
import { WorkDir } from './work-dir.js'

/** Makes an executor with an id of its own; nothing is opened before `start`. */
export function createExecutor(options: ExecutorOptions): ExecutorHandle {
  return new Executor(options)
}

/** What exists between start and end. */
interface Parts {
  readonly info: EngineInfo
  readonly workDir: WorkDir
  readonly shared: SharedDirectory | undefined
  readonly server: ShuffleServer
  readonly fetcher: ShuffleFetcher
  readonly pieces: PieceStore
  readonly runner: AttemptRunner
  readonly stream: SchedulerStream
}

class Executor implements ExecutorHandle {
  readonly id: ExecutorId = parseExecutorId(idFromBytes('e', randomBytes(16)))
  readonly #options: ExecutorOptions
  readonly #clock: Clock
  readonly #state: ExecutorState
  readonly #registry = new OutputRegistry()
  readonly #events: ExecutorEvent[] = []
  readonly #registered = deferred<void>()
  readonly #closed = deferred<ExecutorEnding>()
  #reducing = false
  #parts: Parts | undefined
  #closing: Promise<void> | undefined
  #stopDrainTimer = (): void => undefined

  constructor(options: ExecutorOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#state = initialState(this.id, options.slots)
    // Whoever does not wait for the registration need not handle its failure.
    this.#registered.promise.catch(() => undefined)
  }

  get address(): ExecutorAddress {
    const host = this.#options.externalHost ?? (anyAddress.has(this.#bindHost) ? hostname() : this.#bindHost)
    return { host, port: this.#open().server.port }
  }

  get registered(): Promise<void> {
    return this.#registered.promise
  }

  get closed(): Promise<ExecutorEnding> {
    return this.#closed.promise
  }

  async start(): Promise<void> {
    const { engine, workDir: path, dataDirs, writeDirs, port = 0 } = this.#options
    const undo: (() => Promise<void>)[] = []
    try {
      const realDataDirs = await resolveDataDirs(dataDirs)
      const realWriteDirs = await resolveWriteDirs(writeDirs)
      const workDir = await WorkDir.open(path)
      undo.push(() => workDir.close())
      const { shuffleDir } = this.#options
      const storeId = randomBytes(16).toString('hex')
      const shared = shuffleDir === undefined ? undefined : await SharedDirectory.open(shuffleDir, storeId)
      undo.push(() => engine.close())
      const info = await engine.start()
      const server = await startShuffleServer({ host: this.#bindHost, port, registry: this.#registry })
      const directories = { workDir, shared, dataDirs: realDataDirs, writeDirs: realWriteDirs }
      this.#parts = this.#assemble(info, server, directories)
    } catch (thrown) {
      for (const step of undo.reverse()) await step().catch(() => undefined)
      throw asQueryError(thrown)
    }
    engine.onCrash((reason) => {
      this.#log(`the engine ended: ${reason}`)
      this.#dispatch({ kind: 'engine-crashed', reason, atMs: this.#clock.nowMs() })
    })
    void this.#open().stream.run()
  }

  async drain(): Promise<void> {
    const timeoutMs = this.#options.drainTimeoutMs ?? limits.drainTimeoutMs
    this.#stopDrainTimer()
    this.#stopDrainTimer = this.#clock.after(timeoutMs, () => this.#dispatch({ kind: 'drain-expired' }))
    this.#dispatch({ kind: 'drain' })
    await this.closed
  }

  close(): Promise<void> {
    return this.#end({ reason: 'closed by its owner' })
  }

  get #bindHost(): string {
    return this.#options.bindHost ?? '127.0.0.1'
  }

  #open(): Parts {
    return present(this.#parts, 'the executor has been started')
  }

  #log(text: string): void {
    this.#options.log?.(text)
  }

  #assemble(
    info: EngineInfo,
    server: ShuffleServer,
    { workDir, shared, dataDirs, writeDirs }: Pick<ExecutorOptions, 'dataDirs' | 'writeDirs'> &
      Pick<Parts, 'workDir' | 'shared'>,
  ): Parts {
    const { engine, link } = this.#options
    const clock = this.#clock
    const settings = fetchSettings(this.#options.fetch)
    const fetcher = new ShuffleFetcher(settings, clock)
    const pieces = new PieceStore(fetcher, workDir, settings)
    const runner = new AttemptRunner({
      executorId: this.id,
      engine,
      workDir,
      shared,
      registry: this.#registry,
      pieces,
      bytesMax: this.#options.workDirBytesMax ?? Infinity,
      scanRules: { dataDirs, shuffleDirs: [workDir.realRoot, ...(shared === undefined ? [] : [shared.realRoot])] },
      writeDirs,
      clock,
      dispatch: (event) => this.#dispatch(event),
    })
    const stream = new SchedulerStream({
      link,
      clock,
      health: () => this.#health(),
      onOpen: () => this.#dispatch({ kind: 'stream-opened' }),
      onMessage: (message) => this.#onMessage(message),
      onClose: () => this.#dispatch({ kind: 'stream-closed' }),
      onRefused: (error) => void this.#end({ reason: error.message, error }),
      log: (text) => this.#log(text),
    })
    return { info, workDir, shared, server, fetcher, pieces, runner, stream }
  }

  /** Events are reduced one after the other, also those that effects give rise to. */
  #dispatch(event: ExecutorEvent): void {
    this.#events.push(event)
    if (this.#reducing) return
    this.#reducing = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        for (const effect of reduce(this.#state, next)) this.#perform(effect)
      }
    } finally {
      this.#reducing = false
    }
  }

  #perform(effect: ExecutorEffect): void {
    const { runner, stream } = this.#open()
    switch (effect.kind) {
      case 'start-attempt':
        return runner.start(effect.spec)
      case 'interrupt-attempt':
        return runner.interrupt(effect.attemptId, 'the scheduler asked for it')
      case 'discard-output':
        return void runner.discard(effect.attemptId)
      case 'report':
        return stream.report(effect.outcome)
      case 'announce':
        return this.#register(effect)
      case 'announce-draining':
        return stream.send({ kind: 'draining' })
      case 'remove-job':
        return this.#removeJob(effect.jobId)
      case 'close':
        return void this.#end({ reason: 'drained' })
    }
    return assertNever(effect)
  }

  #register(held: Pick<Extract<ExecutorEffect, { kind: 'announce' }>, 'heldOutputs' | 'runningAttempts'>): void {
    const { slots, threads, memoryLimitBytes, labels, version } = this.#options
    const { info, stream } = this.#open()
    const { heldOutputs, runningAttempts } = held
    stream.send({
      kind: 'register',
      registration: {
        protocolVersion,
        takesLists: true,
        executorId: this.id,
        ...this.address,
        slots,
        threads,
        memoryLimitBytes,
        ...(labels === undefined ? {} : { labels }),
        machine: thisMachine(),
        engineFingerprint: info.fingerprint,
        version,
        pid: process.pid,
        heldOutputs,
        runningAttempts,
      },
    })
  }

  #onMessage(message: SchedulerMessage): void {
    const atMs = this.#clock.nowMs()
    switch (message.kind) {
      case 'registered':
        this.#registered.resolve()
        this.#dispatch({ kind: 'registered' })
        return this.#sweep()
      case 'refused':
        return
      case 'launch':
        return this.#launch(message.jobToken, message.attempts, atMs)
      case 'cancel':
        return this.#dispatch({ kind: 'cancel', attemptIds: message.attemptIds, atMs })
      case 'forget-job':
        return this.#dispatch({ kind: 'forget-job', jobId: message.jobId, atMs })
      case 'inspect':
        return void this.#inspect(message.callId, message.requests)
      case 'shut-down':
        return void this.#end({ reason: 'the scheduler shut it down' })
    }
    return assertNever(message)
  }

  /** Ids are parsed before anything else is done with them. */
  #launch(jobToken: string, launched: readonly AttemptSpec[], atMs: number): void {
    const attempts = launched.filter(({ attemptId }) => {
      try {
        this.#registry.setJobToken(parseAttemptId(attemptId).jobId, jobToken)
        return true
      } catch (error) {
        this.#log(`a launch is ignored: ${String(error)}`)
        return false
      }
    })
    this.#dispatch({ kind: 'launch', attempts, atMs })
  }

  async #inspect(callId: number, requests: readonly InspectRequest[]): Promise<void> {
    const { stream } = this.#open()
    try {
      stream.send({ kind: 'inspected', callId, replies: await this.#options.engine.inspect(requests) })
    } catch (thrown) {
      stream.send({ kind: 'inspect-failed', callId, error: asQueryError(thrown).toWire() })
    }
  }

  #removeJob(jobId: JobId): void {
    const { pieces, workDir, shared, runner } = this.#open()
    this.#registry.removeJob(jobId)
    runner.forgetJob(jobId)
    pieces.removeJob(jobId)
    for (const store of [workDir, shared]) {
      store?.removeJob(jobId).catch((error: unknown) => this.#log(`job ${jobId} stays: ${String(error)}`))
    }
  }

  /** What could not be removed in its time is removed with the next registration. */
  #sweep(): void {
    const isKnown = (name: string): boolean => this.#registry.knowsJob(name)
    const { workDir, shared } = this.#open()
    for (const swept of [workDir.sweep(isKnown), shared?.sweep(this.#clock.nowMs(), isKnown)]) {
      swept?.catch((error: unknown) => this.#log(`sweep: ${String(error)}`))
    }
  }

  async #health(): Promise<ExecutorHealth> {
    const own = process.memoryUsage.rss()
    const { user, system } = process.cpuUsage()
    const engine = await processUsage(this.#options.enginePid?.())
    return {
      runningAttempts: [...this.#state.attempts.values()].filter(isActive).length,
      residentBytes: own + engine.residentBytes,
      cpuMs: Math.round((user + system) / 1000) + engine.cpuMs,
      workDirBytes: this.#registry.bytes + this.#open().pieces.bytes,
    }
  }

  #end(ending: ExecutorEnding): Promise<void> {
    this.#closing ??= this.#closeParts(ending)
    return this.#closing
  }

  async #closeParts(ending: ExecutorEnding): Promise<void> {
    this.#stopDrainTimer()
    this.#dispatch({ kind: 'ended' })
    this.#registered.reject(ending.error ?? notRegistered(this.id, ending.reason))
    const parts = this.#parts
    if (parts !== undefined) {
      parts.stream.close(ending.reason)
      const { runner, server, workDir } = parts
      // Each is closed even if one before it cannot be.
      for (const part of [runner, this.#options.engine, server, parts.fetcher, workDir]) {
        await part.close().catch((error: unknown) => this.#log(`at the end: ${String(error)}`))
      }
    }
    this.#closed.resolve(ending)
  }
}

/** Others cannot reach these: they reach the machine by its name. */
const anyAddress = new Set(['0.0.0.0', '::'])

const fetchSettings = (given: Partial<FetchSettings> = {}): FetchSettings => ({
  concurrency: given.concurrency ?? limits.fetchConcurrency,
  retries: given.retries ?? limits.fetchRetries,
  backoffMs: given.backoffMs ?? limits.fetchBackoffMs,
  timeoutMs: given.timeoutMs ?? limits.fetchTimeoutMs,
})

const notRegistered = (executorId: ExecutorId, reason: string): QueryError =>
  queryError('EXECUTOR_LOST', { executorId, reason })
