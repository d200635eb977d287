/**
 * Sends Arrow messages as the answer to a call, as fast as its client reads; the next message is read while
 * the last one is on its way. gRPC's own way costs a new buffer and a copy for each message: where the HTTP/2
 * stream below the call can be had, the pieces are handed to it as they are, and used again when it is done.
 */
import type { Writable } from 'node:stream'
import { Metadata, type ServerWritableStream } from '@grpc/grpc-js'
import { limits } from '@arbalest/common'
import { flightDataFrame, type FlightData } from '@arbalest/protocol'

/** A message whose memory may be used again when it has been sent. */
export interface OutgoingMessage extends FlightData {
  sent(): void
}

type Call = ServerWritableStream<unknown, OutgoingMessage>
type Send = (message: OutgoingMessage, sent: (error?: Error | null) => void) => void

/** @throws the signal's reason */
export async function sendMessages(
  call: Call,
  messages: () => AsyncIterable<OutgoingMessage>,
  signal: AbortSignal,
): Promise<void> {
  const send = senderOf(call)
  const way = new MessagesUnderWay(signal)
  try {
    for await (const message of messages()) {
      signal.throwIfAborted()
      send(message, way.begin(message))
      await way.below(limits.resultBytesAheadMax)
    }
    await way.below(0)
  } finally {
    way.close()
  }
}

function senderOf(call: Call): Send {
  const stream = http2StreamOf(call)
  if (stream === undefined) return (message, sent) => void call.write(message, sent)
  // Failures reach the callbacks of the writes.
  stream.on('error', () => undefined)
  let begun = false
  return (message, sent) => {
    if (!begun) call.sendMetadata(new Metadata())
    begun = true
    if (!stream.writable) return sent(new Error('the call has ended'))
    const pieces = flightDataFrame(message)
    stream.cork()
    pieces.forEach((piece, at) => stream.write(piece, at === pieces.length - 1 ? sent : undefined))
    stream.uncork()
  }
}

/** gRPC keeps the stream to itself, below its interceptors; where a version hides it, its own way remains. */
function http2StreamOf(call: Call): Writable | undefined {
  interface Inner { readonly call?: Inner; readonly nextCall?: Inner; readonly stream?: unknown }
  for (let inner = (call as unknown as Inner).call; inner !== undefined; inner = inner.nextCall) {
    const stream = inner.stream as Partial<Writable & { respond: unknown }> | undefined
    const fits = typeof stream?.respond === 'function' && typeof stream.cork === 'function'
    if (fits) return stream as Writable
  }
  return undefined
}

/** What was handed over and not yet sent. */
class MessagesUnderWay {
  readonly #signal: AbortSignal
  readonly #onAbort = (): void => this.#wake?.()
  #bytes = 0
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  begin(message: OutgoingMessage): (error?: Error | null) => void {
    const bytes = message.body.reduce((sum, { length }) => sum + length, message.header.length)
    this.#bytes += bytes
    return (error) => {
      this.#bytes -= bytes
      if (error === undefined || error === null) message.sent()
      else this.#failure ??= error
      this.#wake?.()
    }
  }

  /** Answers when no more than so many bytes are under way. */
  async below(bytes: number): Promise<void> {
    while (this.#bytes > bytes && this.#failure === undefined && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    this.#signal.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort)
  }
}
