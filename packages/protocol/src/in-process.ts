/**
 * Message streams within one process: the same order, the same asynchrony and the same end as over a
 * wire, without bytes.
 */
import type { ExecutorMessage, MessageStream, SchedulerLink, SchedulerMessage } from './messages.js'

/** The two ends of a stream: what one sends, the other's listener gets, later and in order. */
export function messageStreamPair<A, B>(): readonly [MessageStream<A, B>, MessageStream<B, A>] {
  const left = new End<A, B>()
  const right = new End<B, A>()
  left.peer = right
  right.peer = left
  return [left, right]
}

/** A link to a scheduler in the same process, which is told of each executor that attaches. */
export function inProcessSchedulerLink(
  onExecutor: (stream: MessageStream<SchedulerMessage, ExecutorMessage>) => void,
): SchedulerLink {
  return {
    attach(signal) {
      if (signal.aborted) return Promise.reject(signal.reason as Error)
      const [executorEnd, schedulerEnd] = messageStreamPair<ExecutorMessage, SchedulerMessage>()
      onExecutor(schedulerEnd)
      return Promise.resolve(executorEnd)
    },
  }
}

class End<Out, In> implements MessageStream<Out, In> {
  peer: End<In, Out> | undefined
  private readonly inbox: In[] = []
  private messageListener: ((message: In) => void) | undefined
  private closeListener: ((reason: string) => void) | undefined
  private closeReason: string | undefined
  private delivering = false
  private closeDelivered = false

  send(message: Out): void {
    if (this.closeReason === undefined) this.peer?.take(message)
  }

  onMessage(listener: (message: In) => void): void {
    this.messageListener = listener
    this.deliverSoon()
  }

  onClose(listener: (reason: string) => void): void {
    this.closeListener = listener
    this.deliverSoon()
  }

  close(reason: string): void {
    this.inbox.length = 0
    this.end(reason)
    this.peer?.end(reason)
  }

  private take(message: In): void {
    if (this.closeReason !== undefined) return
    this.inbox.push(message)
    this.deliverSoon()
  }

  private end(reason: string): void {
    this.closeReason ??= reason
    this.deliverSoon()
  }

  private deliverSoon(): void {
    if (this.delivering) return
    this.delivering = true
    setImmediate(() => {
      this.delivering = false
      this.deliver()
    })
  }

  private deliver(): void {
    while (this.messageListener !== undefined && this.inbox.length > 0) {
      const message = this.inbox.shift()
      if (message !== undefined) this.messageListener(message)
    }
    if (this.inbox.length > 0 || this.closeReason === undefined || this.closeDelivered) return
    if (this.closeListener === undefined) return
    this.closeDelivered = true
    this.closeListener(this.closeReason)
  }
}
