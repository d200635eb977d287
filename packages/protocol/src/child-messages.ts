/**
 * Messages between a process and its child over Node's channel: values as the structured clone algorithm takes
 * them, in pieces. Both ends are made with `serialization: 'advanced'`, which sends bytes as they are.
 */
import type { ChildProcess } from 'node:child_process'
import { deserialize, serialize } from 'node:v8'
import { checkMessageSize, PieceJoiner, piecesOf } from './message-pieces.js'

/** The other end of a child, or of the parent. */
export type ProcessChannel = ChildProcess | NodeJS.Process

interface Piece {
  readonly bytes: Uint8Array
  readonly more: boolean
}

/** A message that cannot be sent is lost: the other process is at its end. */
export function sendMessage(channel: ProcessChannel, message: unknown): void {
  const pieces = piecesOf(serialize(message))
  for (const [at, bytes] of pieces.entries()) {
    checkMessageSize('child process', bytes.length)
    channel.send?.({ bytes, more: at < pieces.length - 1 }, undefined, undefined, () => undefined)
  }
}

/** What comes from another program than `sendMessage` is not understood. */
export function onMessages<T>(channel: ProcessChannel, listener: (message: T) => void): void {
  const joiner = new PieceJoiner()
  const events: NodeJS.EventEmitter = channel
  events.on('message', ({ bytes, more }: Piece) => {
    const message = joiner.add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), more)
    if (message !== undefined) listener(deserialize(message) as T)
  })
}
