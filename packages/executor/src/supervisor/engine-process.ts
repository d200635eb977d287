/**
 * The engine in a process of its own, behind the same port as one in this process. A crash rejects what
 * runs there and nothing else; the next process is started after a growing pause, and calls that come
 * in between wait for it.
 */
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  assert, limits, parseAttemptId, queryError, QueryError, type AttemptId, type Clock,
} from '@arbalest/common'
import type {
  EngineAttempt, EngineInfo, EngineOptions, EngineOutput, EnginePort, InspectReply, InspectRequest,
} from '@arbalest/plan'
import { deferred, type Deferred } from './deferred.js'
import { EngineChild } from './engine-child.js'
import { systemClock } from './system-clock.js'

/** The same file from `src` and from `dist`. */
const builtChild = fileURLToPath(new URL('../../dist/engine-child/main.js', import.meta.url))

/** Threads that remain for files and names while every slot holds one. */
const spareThreads = 16

export interface EngineProcessOptions extends EngineOptions {
  /** Attempts at once: each holds a thread of libuv's pool while it runs. */
  readonly slots: number
  readonly log?: (text: string) => void
  readonly clock?: Clock
  /** The program of the child; default the built one. */
  readonly modulePath?: string
}

export interface EngineProcess extends EnginePort {
  /** The process of the running engine. */
  readonly pid: number | undefined
}

export const createEngineProcess = (options: EngineProcessOptions): EngineProcess =>
  new EngineSupervisor(options)

/** An attempt between its request and its end. */
interface Run {
  /** The child that runs it; before that it waits for one. */
  child: EngineChild | undefined
  cancelled: boolean
  /** Ends the wait for a child. */
  readonly giveUp: Deferred<never>
  stopKillTimer: () => void
}

class EngineSupervisor implements EngineProcess {
  readonly #options: EngineProcessOptions
  readonly #clock: Clock
  readonly #listeners: ((reason: string) => void)[] = []
  readonly #runs = new Map<AttemptId, Run>()
  #child: EngineChild | undefined
  /** Settles when a child has started its engine, or none can. */
  #ready = handled<EngineChild>()
  #state: 'new' | 'starting' | 'running' | 'down' | 'closing' = 'new'
  #failures = 0
  readonly #ended = deferred<void>()
  #stopRestart = (): void => undefined

  constructor(options: EngineProcessOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): Promise<EngineInfo> {
    return this.#launch()
  }

  async run(attempt: EngineAttempt): Promise<EngineOutput> {
    const { attemptId } = attempt
    const run: Run = {
      child: undefined,
      cancelled: false,
      giveUp: handled(),
      stopKillTimer: () => undefined,
    }
    this.#runs.set(attemptId, run)
    try {
      const child = await Promise.race([this.#ready.promise, run.giveUp.promise])
      if (run.cancelled) throw cancelledError(attemptId)
      run.child = child
      const reply = await child.call({ kind: 'run', attempt })
      assert(reply.kind === 'ran', 'a run is answered by its output')
      return reply.output
    } catch (thrown) {
      const crashed = thrown instanceof QueryError && thrown.code === 'ENGINE_CRASHED'
      // The process was killed because it did not stop: for this attempt that is its cancellation.
      throw crashed && run.cancelled ? cancelledError(attemptId) : thrown
    } finally {
      run.stopKillTimer()
      this.#runs.delete(attemptId)
    }
  }

  cancel(attemptId: AttemptId): void {
    const run = this.#runs.get(attemptId)
    if (run === undefined || run.cancelled) return
    run.cancelled = true
    const { child } = run
    if (child === undefined) return run.giveUp.reject(cancelledError(attemptId))
    child.cancel(attemptId)
    const graceMs = limits.cancelGraceMs
    const reason = `an attempt did not stop within ${graceMs} ms after its cancellation`
    run.stopKillTimer = this.#clock.after(graceMs, () => child.kill(reason))
  }

  async inspect(requests: readonly InspectRequest[]): Promise<readonly InspectReply[]> {
    const child = await this.#ready.promise
    const reply = await child.call({ kind: 'inspect', requests })
    assert(reply.kind === 'inspected', 'an inspection is answered by its replies')
    return reply.replies
  }

  onCrash(listener: (reason: string) => void): void {
    this.#listeners.push(listener)
  }

  async close(): Promise<void> {
    this.#state = 'closing'
    this.#stopRestart()
    this.#ready.reject(queryError('ENGINE_CRASHED', { reason: 'it was closed' }))
    const child = this.#child
    if (child === undefined) return
    child.close()
    const stopTimer = this.#clock.after(limits.cancelGraceMs, () => child.kill('it did not close'))
    await this.#ended.promise
    stopTimer()
  }

  /** Starts a child and its engine. @throws QueryError what the start of the engine throws */
  async #launch(): Promise<EngineInfo> {
    const { slots, modulePath = builtChild, log = ignore } = this.#options
    const { threads, memoryLimitBytes, spillBytesMax, dataDirs, shuffleDir } = this.#options
    const workDir = resolve(this.#options.workDir)
    const first = this.#state === 'new'
    this.#state = 'starting'
    const child = new EngineChild({
      modulePath,
      threadPoolSize: slots + spareThreads,
      log,
      onEnd: (reason) => this.#onEnd(reason),
    })
    this.#child = child
    const shared = shuffleDir === undefined ? {} : { shuffleDir: resolve(shuffleDir) }
    const limited = spillBytesMax === undefined ? {} : { spillBytesMax }
    const options = { threads, memoryLimitBytes, workDir, dataDirs, ...limited, ...shared }
    try {
      const reply = await child.call({ kind: 'start', options })
      assert(reply.kind === 'started', 'a start is answered by what was started')
      this.#state = 'running'
      this.#ready.resolve(child)
      return reply.info
    } catch (thrown) {
      // Of the first start its caller hears; the next ones are tried again.
      if (first) this.#state = 'closing'
      child.kill(thrown instanceof Error ? thrown.message : String(thrown))
      throw thrown
    }
  }

  #onEnd(reason: string): void {
    this.#child = undefined
    this.#ended.resolve()
    if (this.#state === 'closing') return
    const crashed = this.#state === 'running'
    this.#state = 'down'
    if (crashed) {
      this.#ready = handled()
      this.#failures = 0
      for (const listener of this.#listeners) listener(reason)
    } else {
      this.#failures += 1
      this.#failWaiting(reason)
    }
    const pauseMs = Math.min(limits.retryBackoffMs * 2 ** this.#failures, limits.retryBackoffMaxMs)
    this.#stopRestart = this.#clock.after(pauseMs, () => void this.#restart())
  }

  async #restart(): Promise<void> {
    const { workDir, log = ignore } = this.#options
    const spill = join(workDir, 'spill')
    await rm(spill, { recursive: true, force: true }).catch((error: unknown) => log(String(error)))
    if (this.#state !== 'down') return
    // A start that fails ends its process, whose end leads to the next try.
    await this.#launch().catch((error: unknown) => log(`the engine does not start: ${String(error)}`))
  }

  /** Nobody waits for ever for an engine that cannot start. */
  #failWaiting(reason: string): void {
    if (this.#failures < limits.engineStartsMax) return
    this.#ready.reject(queryError('ENGINE_CRASHED', { reason: `it does not start: ${reason}` }))
    this.#ready = handled()
  }
}

const ignore = (): void => undefined

const cancelledError = (attemptId: AttemptId): QueryError =>
  queryError('JOB_CANCELLED', { jobId: parseAttemptId(attemptId).jobId, reason: 'its attempt was stopped' })

/** A promise whose failure concerns only those who wait for it at that moment. */
function handled<T>(): Deferred<T> {
  const made = deferred<T>()
  made.promise.catch(ignore)
  return made
}
