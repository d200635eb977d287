/**
 * A `MessageStream` over a bidirectional gRPC call: envelopes of JSON, long messages in several, a bounded queue, a
 * reason at the end.
 */
import type { ClientDuplexStream, ServerDuplexStream } from '@grpc/grpc-js'
import { asQueryError, limits } from '@arbalest/common'
import type { Envelope } from './generated/arbalest.js'
import { checkMessageSize, PieceJoiner, piecesOf, type MessageChannel } from './message-pieces.js'
import type { MessageStream } from './messages.js'
import { decodeJson, encodeJson, type Shape } from './shape.js'

/** Either side of the call. */
type Call = Pick<
  ClientDuplexStream<Envelope, Envelope> | ServerDuplexStream<Envelope, Envelope>,
  'write' | 'end' | 'on' | 'once'
>

export interface GrpcStreamOptions<In, Out = never> {
  readonly channel: MessageChannel
  /** JSON unless given. */
  readonly encode?: (message: Out) => Buffer
  readonly shape: Shape<In>
  /** Ends a call whose peer does not read, without waiting for what is queued. */
  readonly cutOff: () => void
  readonly queueBytesMax?: number
  readonly pieceBytes?: number
  readonly wholeMessageBytesMax?: number
}

export function grpcMessageStream<Out extends { readonly kind: string }, In>(
  call: Call,
  options: GrpcStreamOptions<In, Out>,
): MessageStream<Out, In> {
  const queueBytesMax = options.queueBytesMax ?? limits.streamQueueBytesMax
  const wholeMessageBytesMax = options.wholeMessageBytesMax ?? limits.wholeMessageBytesMax
  const joiner = new PieceJoiner(wholeMessageBytesMax)
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
      const json = joiner.add(envelope.json, envelope.more)
      if (json === undefined) return
      message = decodeJson(json, options.shape, 'message')
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

  const post = (envelope: Envelope): void => {
    const { length } = envelope.json
    if (!blocked) {
      blocked = !call.write(envelope)
    } else if (queuedBytes + length > queueBytesMax) {
      cutOff('the peer does not read')
    } else {
      queue.push(envelope)
      queuedBytes += length
    }
  }
  const send = (message: Out): void => {
    if (closeReason !== undefined) return
    const json = (options.encode ?? encodeJson)(message)
    if (json.length > wholeMessageBytesMax) {
      cutOff(`a message "${message.kind}" of ${json.length} bytes is above the limit`)
      return
    }
    for (const envelope of envelopesOf(message.kind, json, options)) {
      if (closeReason === undefined) post(envelope)
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

function envelopesOf(
  kind: string,
  json: Buffer,
  { channel, pieceBytes }: Pick<GrpcStreamOptions<unknown>, 'channel' | 'pieceBytes'>,
): readonly Envelope[] {
  const pieces = piecesOf(json, pieceBytes)
  return pieces.map((piece, at) => {
    checkMessageSize(channel, piece.length)
    return { kind, json: piece, more: at < pieces.length - 1 }
  })
}
