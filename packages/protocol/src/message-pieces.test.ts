import { expect, test } from 'vitest'
import { limits } from '@arbalest/common'
import { checkMessageSize, largestMessages, PieceJoiner, piecesOf } from './message-pieces.js'

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, at) => at % 251))

test.each([0, 1, 9, 10, 11, 20, 21, 1_000])('a message of %i bytes comes together again', (length) => {
  const message = bytes(length)
  const pieces = piecesOf(message, 10)
  expect(pieces.length).toBe(Math.max(1, Math.ceil(length / 10)))
  const joiner = new PieceJoiner()
  for (let round = 0; round < 2; round++) {
    const joined = pieces.map((piece, at) => joiner.add(piece, at < pieces.length - 1))
    expect(joined.slice(0, -1).every((part) => part === undefined)).toBe(true)
    expect(joined.at(-1)).toEqual(message)
  }
})

test('a message that grows beyond the limit is refused while it arrives', () => {
  const joiner = new PieceJoiner(25)
  joiner.add(bytes(10), true)
  joiner.add(bytes(10), true)
  expect(() => joiner.add(bytes(10), true)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }) as Error)
})

test('what should have been divided is an error of the sender, and names the channel', () => {
  checkMessageSize('front to scheduler', limits.messageBytesMax)
  expect(largestMessages()['front to scheduler']).toBe(limits.messageBytesMax)
  expect(() => checkMessageSize('front to scheduler', limits.messageBytesMax + 1)).toThrow(
    expect.objectContaining({ code: 'INTERNAL', message: expect.stringContaining('front to scheduler') }) as Error)
})
