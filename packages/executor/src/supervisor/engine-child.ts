/** One life of the engine child: the process, its open calls, and its end. */
import { fork, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { queryError, queryErrorFromWire, type AttemptId, type QueryError } from '@arbalest/common'
import { onMessages, sendMessage } from '@arbalest/protocol/child-messages'
import type { EngineReply, EngineRequest } from '../engine-channel/messages.js'

type Call = Extract<EngineRequest, { readonly callId: number }>
/** A call before it has its number. */
export type CallRequest = Unnumbered<Call>
type Unnumbered<Each> = Each extends unknown ? Omit<Each, 'callId'> : never

interface OpenCall {
  readonly resolve: (reply: EngineReply) => void
  readonly reject: (error: QueryError) => void
}

export interface EngineChildOptions {
  readonly modulePath: string
  readonly threadPoolSize: number
  readonly log: (text: string) => void
  /** Called once when the process has ended, after its open calls have been rejected. */
  readonly onEnd: (reason: string) => void
}

export class EngineChild {
  readonly #process: ChildProcess
  readonly #calls = new Map<number, OpenCall>()
  readonly #onEnd: (reason: string) => void
  #sequence = 0
  #ended = false
  /** Why it was killed, when that was our doing. */
  #killReason: string | undefined

  constructor(options: EngineChildOptions) {
    this.#onEnd = options.onEnd
    this.#process = fork(options.modulePath, [], {
      env: childEnvironment(options.threadPoolSize),
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    forward(this.#process.stdout, options.log)
    forward(this.#process.stderr, options.log)
    onMessages<EngineReply>(this.#process, (reply) => this.#onReply(reply))
    this.#process.on('error', (error) => {
      // Without an id it was never there, and no exit follows.
      if (this.#process.pid === undefined) this.#onExit(error.message)
      else this.kill(error.message)
    })
    this.#process.on('exit', (code, signal) =>
      this.#onExit(this.#killReason ?? (signal === null ? `exit ${code}` : `signal ${signal}`)),
    )
  }

  get pid(): number | undefined {
    return this.#ended ? undefined : this.#process.pid
  }

  /** @throws QueryError what the engine throws; ENGINE_CRASHED when the process ends before it answers */
  call(request: CallRequest): Promise<EngineReply> {
    this.#sequence += 1
    const callId = this.#sequence
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(queryError('ENGINE_CRASHED', { reason: 'it is not running' }))
      this.#calls.set(callId, { resolve, reject })
      this.#send({ ...request, callId } as Call)
    })
  }

  cancel(attemptId: AttemptId): void {
    this.#send({ kind: 'cancel', attemptId })
  }

  /** Asks the process to close its engine and to end. */
  close(): void {
    this.#send({ kind: 'close' })
  }

  kill(reason: string): void {
    this.#killReason ??= reason
    this.#process.kill('SIGKILL')
  }

  #send(message: EngineRequest): void {
    // A message that does not get through finds a process at its end: its exit rejects all calls.
    if (!this.#ended) sendMessage(this.#process, message)
  }

  #onReply(reply: EngineReply): void {
    const call = this.#calls.get(reply.callId)
    this.#calls.delete(reply.callId)
    if (reply.kind === 'failed') call?.reject(queryErrorFromWire(reply.error))
    else call?.resolve(reply)
  }

  #onExit(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    for (const call of this.#calls.values()) call.reject(queryError('ENGINE_CRASHED', { reason }))
    this.#calls.clear()
    this.#onEnd(reason)
  }
}

/** DuckDB and file reads share the thread pool of libuv; tokens of ours are none of the engine's business. */
function childEnvironment(threadPoolSize: number): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('ARBALEST_'))
  return { ...Object.fromEntries(kept), UV_THREADPOOL_SIZE: String(threadPoolSize) }
}

function forward(output: Readable | null, log: (text: string) => void): void {
  if (output !== null) createInterface({ input: output }).on('line', (line) => log(`engine: ${line}`))
}
