/**
 * Keeps a planner child running and gives it one call at a time: when it dies, it is known whose fault it
 * was. A child that died is replaced at once and first learns every table and view again.
 */
import type { ChildProcess } from 'node:child_process'
import { limits, queryError, queryErrorFromWire, type QueryError } from '@arbalest/common'
import { onMessages, sendMessage } from '@arbalest/protocol/child-messages'
import type { PlannerCall, PlannerMethod, PlannerReply, RefillCall } from './planner-calls.js'

export interface PlannerSupervisorParts {
  startChild(): ChildProcess
  /** Calls that bring a new child to where the old one was, in order. */
  refillCalls(): readonly RefillCall[]
  readonly timeoutMs: number
}

interface Waiting extends RefillCall {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: QueryError) => void
}

interface Active {
  readonly id: number
  readonly call: Waiting
  readonly timer: NodeJS.Timeout
  timedOut: boolean
}

const stopping = () => queryError('PLANNER_CRASHED', { reason: 'the server is stopping' })
const ignore = () => undefined

export class PlannerSupervisor {
  readonly #parts: PlannerSupervisorParts
  /** Calls of statements, and before them what a new child has yet to learn. */
  readonly #waiting: Waiting[] = []
  #refill: Waiting[] = []
  #child: ChildProcess | undefined
  #active: Active | undefined
  #nextId = 1
  /** Children in a row that ended without an answer. */
  #failedStarts = 0
  #closed = false

  constructor(parts: PlannerSupervisorParts) {
    this.#parts = parts
    this.#start()
  }

  /** The process id of the child; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** @throws QueryError PLANNER_CRASHED, STATEMENT_TOO_COMPLEX, LIMIT_EXCEEDED and what the planner throws */
  call(method: PlannerMethod, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(stopping())
      if (this.#waiting.length >= limits.plannerQueueMax) {
        return reject(queryError('LIMIT_EXCEEDED', { what: 'statements to plan', limit: limits.plannerQueueMax }))
      }
      this.#waiting.push({ method, args, resolve, reject })
      if (this.#child === undefined) this.#start()
      this.#pump()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    const child = this.#child
    this.#child = undefined
    this.#refill = []
    this.#endActive()?.reject(stopping())
    this.#failWaiting(stopping())
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  }

  #start(): void {
    const child = this.#parts.startChild()
    this.#child = child
    this.#refill = this.#parts.refillCalls().map((call) => ({ ...call, resolve: ignore, reject: ignore }))
    onMessages<PlannerReply>(child, (reply) => {
      if (child === this.#child) this.#onReply(reply)
    })
    child.once('exit', (code, signal) => this.#onEnd(child, signal ?? `exit code ${code}`))
    // A child that could not be started has no exit.
    child.on('error', (error) => {
      if (child.pid === undefined) this.#onEnd(child, error.message)
    })
    this.#pump()
  }

  #pump(): void {
    const child = this.#child
    if (child === undefined || this.#active !== undefined) return
    const call = this.#refill.shift() ?? this.#waiting.shift()
    if (call === undefined) return
    const timer = setTimeout(() => {
      if (this.#active !== undefined) this.#active.timedOut = true
      child.kill('SIGKILL')
    }, this.#parts.timeoutMs)
    const id = this.#nextId++
    this.#active = { id, call, timer, timedOut: false }
    // What cannot be sent is answered by the child's exit.
    sendMessage(child, { id, method: call.method, args: call.args } satisfies PlannerCall)
  }

  #onReply(reply: PlannerReply): void {
    if (this.#active?.id !== reply.id) return
    this.#failedStarts = 0
    const call = this.#endActive()
    if (reply.ok) call?.resolve(reply.value)
    else call?.reject(queryErrorFromWire(reply.error))
    if (!reply.ok && reply.isLast) this.#replace()
    this.#pump()
  }

  /** Another child for one that has told all it can. */
  #replace(): void {
    this.#child?.kill('SIGKILL')
    this.#start()
  }

  #onEnd(child: ChildProcess, reason: string): void {
    if (child !== this.#child) return
    this.#child = undefined
    this.#failedStarts++
    const timedOut = this.#active?.timedOut === true
    const limit = `${this.#parts.timeoutMs / 1000} s`
    const crashed = queryError('PLANNER_CRASHED', { reason })
    this.#endActive()?.reject(timedOut ? queryError('STATEMENT_TOO_COMPLEX', { limit }) : crashed)
    if (this.#failedStarts < limits.plannerStartsMax) return this.#start()
    // It would go on like this: who waits is told, and the next call tries once more.
    this.#failedStarts = limits.plannerStartsMax - 1
    this.#failWaiting(crashed)
  }

  /** The call that was under way, which is no more. */
  #endActive(): Waiting | undefined {
    const active = this.#active
    this.#active = undefined
    clearTimeout(active?.timer)
    return active?.call
  }

  #failWaiting(error: QueryError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
