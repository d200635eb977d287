/** A `MessageStream` over a bidirectional gRPC call: envelopes of JSON, a bounded queue, a reason at the end. */
import type { ClientDuplexStream, ServerDuplexStream } from '@grpc/grpc-js'
import { asQueryError, limits } from '@arbalest/common'
import type { Envelope } from './generated/arbalest.js'
import type { MessageStream } from './messages.js'
import { decodeJson, encodeJson, type Shape } from './shape.js'

/** Either side of the call. */
type Call = Pick<
  ClientDuplexStream<Envelope, Envelope> | ServerDuplexStream<Envelope, Envelope>,
  'write' | 'end' | 'on' | 'once'
>

export interface GrpcStreamOptions<Out, In> {
  readonly shape: Shape<In>
  /** Ends a call whose peer does not read, without waiting for what is queued. */
  readonly cutOff: () => void
  /** A message that is too large as several smaller ones; itself alone when it cannot be divided. */
  readonly divide: (message: Out) => readonly Out[]
  readonly queueBytesMax?: number
  readonly messageBytesMax?: number
}

/** Room kept for the envelope around the JSON. */
const envelopeBytes = 1024

/** A list in two halves, or in one when it has one item. */
export function halves<T>(items: readonly T[]): readonly (readonly T[])[] {
  const middle = Math.ceil(items.length / 2)
  return items.length < 2 ? [items] : [items.slice(0, middle), items.slice(middle)]
}

export function grpcMessageStream<Out extends { readonly kind: string }, In>(
  call: Call,
  options: GrpcStreamOptions<Out, In>,
): MessageStream<Out, In> {
  const queueBytesMax = options.queueBytesMax ?? limits.streamQueueBytesMax
  const messageBytesMax = options.messageBytesMax ?? limits.grpcMessageBytesMax - envelopeBytes
  const queue: Envelope[] = []
  const inbox: In[] = []
  let queuedBytes = 0
  let blocked = false
  let messageListener: ((message: In) => void) | undefined
  let closeListener: ((reason: string) => void) | undefined
  let closeReason: string | undefined

  const end = (reason: string): void => {
    if (closeReason !== undefined) return
    closeReason = reason
    queue.length = 0
    if (closeListener !== undefined) queueMicrotask(() => closeListener?.(reason))
  }
  const flush = (): void => {
    blocked = false
    while (!blocked && closeReason === undefined) {
      const envelope = queue.shift()
      if (envelope === undefined) return
      queuedBytes -= envelope.json.length
      blocked = !call.write(envelope)
    }
  }
  const cutOff = (reason: string): void => {
    end(reason)
    options.cutOff()
  }
  const receive = (envelope: Envelope): void => {
    if (closeReason !== undefined) return
    let message: In
    try {
      message = decodeJson(envelope.json, options.shape, 'message')
    } catch (thrown) {
      cutOff(`the peer sent what is no message: ${asQueryError(thrown).message}`)
      return
    }
    if (messageListener === undefined) inbox.push(message)
    else messageListener(message)
  }

  call.on('data', receive)
  call.on('drain', flush)
  call.once('end', () => {
    end('the peer ended the stream')
    call.end()
  })
  call.on('error', (error: Error) => end(error.message))
  call.once('cancelled', () => end('the connection is gone'))
  call.once('close', () => end('the connection is closed'))

  const send = (message: Out): void => {
    if (closeReason !== undefined) return
    const envelope = { kind: message.kind, json: encodeJson(message) }
    const { length } = envelope.json
    if (length > messageBytesMax) {
      const parts = options.divide(message)
      if (parts.length > 1) for (const part of parts) send(part)
      else cutOff(`a message "${message.kind}" of ${length} bytes is above the limit`)
    } else if (!blocked) {
      blocked = !call.write(envelope)
    } else if (queuedBytes + length > queueBytesMax) {
      cutOff('the peer does not read')
    } else {
      queue.push(envelope)
      queuedBytes += length
    }
  }

  return {
    send,
    onMessage(listener) {
      messageListener = listener
      for (const message of inbox.splice(0)) listener(message)
    },
    onClose(listener) {
      closeListener = listener
      if (closeReason !== undefined) queueMicrotask(() => closeListener?.(closeReason ?? ''))
    },
    close(reason) {
      if (closeReason !== undefined) return
      for (const envelope of queue.splice(0)) call.write(envelope)
      end(reason)
      call.end()
    },
  }
}
