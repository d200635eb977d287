/** Values as JSON in pieces, as calls between front and scheduler carry them. */
import { queryError } from '@arbalest/common'
import type { Json } from './generated/arbalest.js'
import { checkMessageSize, PieceJoiner, piecesOf, type MessageChannel } from './message-pieces.js'
import { decodeJson, encodeJson, type Shape } from './shape.js'

/** @throws QueryError INTERNAL */
export function jsonPieces(channel: MessageChannel, value: unknown): readonly Json[] {
  const pieces = piecesOf(encodeJson(value))
  return pieces.map((json, at) => {
    checkMessageSize(channel, json.length)
    return { json, more: at < pieces.length - 1 }
  })
}

/** The values of a stream, each put together from its pieces. @throws QueryError INVALID_REQUEST, LIMIT_EXCEEDED */
export async function* jsonValues<T>(
  pieces: AsyncIterable<Json>,
  shape: Shape<T>,
  what: string,
): AsyncGenerator<T, void, undefined> {
  const joiner = new PieceJoiner()
  for await (const { json, more } of pieces) {
    const whole = joiner.add(json, more)
    if (whole !== undefined) yield decodeJson(whole, shape, what)
  }
}

/** The one value of these pieces. @throws QueryError INVALID_REQUEST, LIMIT_EXCEEDED */
export function jsonValue<T>(pieces: readonly Json[], shape: Shape<T>, what: string): T {
  const joiner = new PieceJoiner()
  for (const { json, more } of pieces) {
    const whole = joiner.add(json, more)
    if (whole !== undefined) return decodeJson(whole, shape, what)
  }
  throw queryError('INVALID_REQUEST', { reason: `${what} broke off` })
}
