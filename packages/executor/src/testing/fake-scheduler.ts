/** The scheduler's side of in-memory streams: it keeps what it hears and lets tests wait for it. */
import { queryError, type QueryError } from '@arbalest/common'
import type {
  AttemptUpdate, ExecutorMessage, MessageStream, Registration, SchedulerLink, SchedulerMessage,
} from '@arbalest/protocol'

type Listener<T> = (value: T) => void

export class FakeScheduler implements SchedulerLink {
  readonly heard: ExecutorMessage[] = []
  /** What the next attach fails with; `undefined` = it works. */
  attachError: QueryError | undefined
  /** Answers registrations; replaced by tests that refuse or stay silent. */
  answer: (registration: Registration) => SchedulerMessage | undefined = () => ({ kind: 'registered' })
  attachments = 0
  #listener: Listener<SchedulerMessage> = () => undefined
  #closed: Listener<string> = () => undefined
  readonly #waiting = new Set<() => void>()

  attach(_signal: AbortSignal): Promise<MessageStream<ExecutorMessage, SchedulerMessage>> {
    this.attachments += 1
    const number = this.attachments
    this.#wake()
    if (this.attachError !== undefined) return Promise.reject(this.attachError)
    let open = true
    return Promise.resolve({
      send: (message) => {
        if (open && number === this.attachments) this.#hear(message)
      },
      onMessage: (listener) => {
        this.#listener = listener
      },
      onClose: (listener) => {
        this.#closed = (reason) => {
          if (!open) return
          open = false
          listener(reason)
        }
      },
      close: (reason) => this.#closed(reason),
    })
  }

  send(message: SchedulerMessage): void {
    this.#listener(message)
  }

  breakStream(reason = 'cut'): void {
    this.#closed(reason)
  }

  get registrations(): readonly Registration[] {
    return this.heard.flatMap((message) => (message.kind === 'register' ? [message.registration] : []))
  }

  get updates(): readonly AttemptUpdate[] {
    return this.heard.flatMap((message) => (message.kind === 'updates' ? message.updates : []))
  }

  /** Resolves with what `find` gives as soon as it gives something. */
  async until<T>(find: (scheduler: this) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this)
      if (found !== undefined) return found
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** The end of an attempt, as reported. */
  ended(attemptId: string): Promise<Exclude<AttemptUpdate, { kind: 'running' }>> {
    return this.until(({ updates }) =>
      updates.find((u): u is Exclude<AttemptUpdate, { kind: 'running' }> =>
        u.attemptId === attemptId && u.kind !== 'running',
      ),
    )
  }

  #hear(message: ExecutorMessage): void {
    this.heard.push(message)
    if (message.kind === 'register') {
      const reply = this.answer(message.registration)
      if (reply !== undefined) queueMicrotask(() => this.send(reply))
    }
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}

export const unreachable = (): QueryError =>
  queryError('SCHEDULER_UNREACHABLE', { address: 'nowhere:1', reason: 'refused' })
