/**
 * Messages between processes go in pieces: whatever a message holds, and however many files a table has, nothing
 * on a connection is above `limits.messageBytesMax`.
 */
import { limits, queryError } from '@arbalest/common'

/** Neighbouring pieces, none of them empty unless the message is. They share the message's memory. */
export function piecesOf(message: Buffer, pieceBytes: number = limits.messagePieceBytes): readonly Buffer[] {
  if (message.length <= pieceBytes) return [message]
  const count = Math.ceil(message.length / pieceBytes)
  return Array.from({ length: count }, (_, at) => message.subarray(at * pieceBytes, (at + 1) * pieceBytes))
}

/** Puts the pieces of one message after the other together. */
export class PieceJoiner {
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #bytes = 0

  constructor(bytesMax: number = limits.wholeMessageBytesMax) {
    this.#bytesMax = bytesMax
  }

  /** The message when this was its last piece. @throws QueryError LIMIT_EXCEEDED when it grows too large */
  add(piece: Buffer, more: boolean): Buffer | undefined {
    if (!more && this.#pieces.length === 0) return piece
    this.#bytes += piece.length
    if (this.#bytes > this.#bytesMax) {
      throw queryError('LIMIT_EXCEEDED', { what: 'the bytes of one message', limit: this.#bytesMax })
    }
    this.#pieces.push(piece)
    if (more) return undefined
    const whole = Buffer.concat(this.#pieces, this.#bytes)
    this.#pieces = []
    this.#bytes = 0
    return whole
  }
}

/** Where messages pass between the processes of a cluster. */
export type MessageChannel =
  | 'executor to scheduler' | 'scheduler to executor' | 'front to scheduler' | 'scheduler to front' | 'child process'

const largest = new Map<MessageChannel, number>()

/**
 * To be asked for everything that is about to be sent.
 * @throws QueryError INTERNAL when it should have been divided
 */
export function checkMessageSize(channel: MessageChannel, bytes: number): void {
  if (bytes > limits.messageBytesMax) {
    const reason = `a message from ${channel} has ${bytes} bytes, more than ${limits.messageBytesMax}`
    throw queryError('INTERNAL', { reason })
  }
  if (bytes > (largest.get(channel) ?? 0)) largest.set(channel, bytes)
}

/** Bytes of the largest message that this process has sent on each channel. */
export const largestMessages = (): Readonly<Partial<Record<MessageChannel, number>>> => Object.fromEntries(largest)
