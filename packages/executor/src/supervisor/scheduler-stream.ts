/**
 * The stream to the scheduler: opened again whenever it breaks, with a growing pause; beats while it is
 * registered; batches what attempts report. What is sent while there is no stream is dropped: after the
 * next registration the core tells everything again.
 */
import {
  limits, queryError, queryErrorFromWire, QueryError, type Clock, type WireError,
} from '@arbalest/common'
import type {
  AttemptUpdate, ExecutorHealth, ExecutorMessage, MessageStream, SchedulerLink, SchedulerMessage,
} from '@arbalest/protocol'
import { delay } from './delay.js'

type Stream = MessageStream<ExecutorMessage, SchedulerMessage>

export interface SchedulerStreamOptions {
  readonly link: SchedulerLink
  readonly clock: Clock
  readonly health: () => Promise<ExecutorHealth>
  /** A stream is open: the listener sends the registration. */
  readonly onOpen: () => void
  readonly onMessage: (message: SchedulerMessage) => void
  readonly onClose: (reason: string) => void
  /** The scheduler does not want this executor: trying again would not help. */
  readonly onRefused: (error: QueryError) => void
  readonly log: (text: string) => void
}

export class SchedulerStream {
  readonly #options: SchedulerStreamOptions
  readonly #ended = new AbortController()
  #stream: Stream | undefined
  #updates: AttemptUpdate[] = []
  #stopWaiting: (() => void) | undefined

  constructor(options: SchedulerStreamOptions) {
    this.#options = options
  }

  /** Attaches and stays attached until `close`. Never rejects. */
  async run(): Promise<void> {
    const { clock, log } = this.#options
    const { signal } = this.#ended
    let brokeMs = -Infinity
    for (let failures = 0; !signal.aborted; ) {
      const outcome = await this.#attachOnce()
      if (signal.aborted) return
      if (outcome.kind === 'refused') return this.#options.onRefused(outcome.error)
      failures = outcome.registered ? 0 : failures + 1
      if (outcome.registered) brokeMs = clock.nowMs()
      const isInHurry = clock.nowMs() - brokeMs < limits.reattachHurryMs
      if (failures <= 1 || !isInHurry) log(`no scheduler: ${outcome.reason}`)
      const pauseMaxMs = isInHurry ? limits.reattachBackoffMaxMs : limits.attachBackoffMaxMs
      const pauseMs = Math.min(limits.retryBackoffMs * 2 ** failures, pauseMaxMs)
      // The first try after a working stream comes at once: the scheduler waits a second only.
      if (failures > 0) await delay(clock, pauseMs, signal).catch(() => undefined)
    }
  }

  /** What has been reported goes first: a heartbeat tells that nothing before it is missing. */
  send(message: ExecutorMessage): void {
    this.#flush()
    this.#stream?.send(message)
  }

  /**
   * Ends go out at once, with what else is reported in the same turn; that an attempt runs waits up to
   * `limits.runningReportWaitMs`, for most attempts have ended by then and one message tells both.
   */
  report(update: AttemptUpdate): void {
    if (this.#stream === undefined) return
    this.#updates.push(update)
    if (this.#updates.length >= limits.updateBatchMax) this.#flush()
    else if (update.kind !== 'running') queueMicrotask(() => this.#flush())
    else this.#stopWaiting ??= this.#options.clock.after(limits.runningReportWaitMs, () => this.#flush())
  }

  #flush(): void {
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
    const updates = this.#updates
    this.#updates = []
    if (updates.length > 0) this.#stream?.send({ kind: 'updates', updates })
  }

  close(reason: string): void {
    this.#flush()
    this.#ended.abort(queryError('EXECUTOR_LOST', { executorId: '', reason }))
    this.#stream?.close(reason)
  }

  /** One stream from its opening to its end. */
  async #attachOnce(): Promise<StreamOutcome> {
    const { link, onOpen, onMessage, onClose } = this.#options
    let stream: Stream
    try {
      stream = await link.attach(this.#ended.signal)
    } catch (thrown) {
      return attachFailure(thrown)
    }
    if (this.#ended.signal.aborted) stream.close('the executor ends')
    return new Promise((resolve) => {
      let registered = false
      let refusal: WireError | undefined
      let stopBeats = this.#options.clock.after(limits.executorTimeoutMs, () =>
        stream.close('the scheduler does not answer the registration'),
      )
      stream.onMessage((message) => {
        if (message.kind === 'refused') {
          refusal = message.error
          stream.close('refused')
          return
        }
        if (message.kind === 'registered' && !registered) {
          registered = true
          stopBeats()
          stopBeats = this.#beat()
        }
        onMessage(message)
      })
      stream.onClose((reason) => {
        stopBeats()
        this.#dropStream()
        onClose(reason)
        resolve(
          refusal === undefined
            ? { kind: 'ended', registered, reason }
            : { kind: 'refused', error: queryErrorFromWire(refusal) },
        )
      })
      this.#stream = stream
      onOpen()
    })
  }

  #dropStream(): void {
    this.#stream = undefined
    this.#updates = []
    this.#stopWaiting?.()
    this.#stopWaiting = undefined
  }

  /** Heartbeats until the result is called: at once, and then at each interval. */
  #beat(): () => void {
    const { clock, health } = this.#options
    let stopped = false
    let stopTimer = (): void => undefined
    const next = async (): Promise<void> => {
      const message: ExecutorMessage = { kind: 'heartbeat', health: await health() }
      if (stopped) return
      this.send(message)
      stopTimer = clock.after(limits.heartbeatIntervalMs, () => void next())
    }
    void next()
    return () => {
      stopped = true
      stopTimer()
    }
  }
}

type StreamOutcome =
  | { readonly kind: 'ended'; readonly registered: boolean; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: QueryError }

/** A wrong token stays wrong; everything else may pass. */
function attachFailure(thrown: unknown): StreamOutcome {
  if (thrown instanceof QueryError && thrown.retry === 'never' && thrown.code !== 'INTERNAL') {
    return { kind: 'refused', error: thrown }
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return { kind: 'ended', registered: false, reason }
}
