import { expect, test } from 'vitest'
import { decodeCounts, decodeSegments, encodeCounts, encodeSegments, rangesOf } from './row-group-index.js'

const segments = [
  { bytes: 100, crc32: 7, partitions: { first: 0, last: 3 } },
  { bytes: 50, crc32: 4_294_967_295, partitions: { first: 3, last: 3 } },
  { bytes: 60, partitions: { first: 4, last: 900 } },
  { bytes: 70, partitions: { first: 901, last: 999 } },
  { bytes: 9, crc32: 0 },
]

test('segments and counts come back from their texts', () => {
  expect(decodeSegments(encodeSegments(segments), 289)).toEqual(segments)
  expect(decodeCounts(encodeCounts([0, 1, 35, 36, 60_000_000, 0]))).toEqual([0, 1, 35, 36, 60_000_000, 0])
})

test('an index of another file is none', () => {
  expect(decodeSegments(encodeSegments(segments), 288)).toBeUndefined()
  expect(decodeSegments('', 0)).toBeUndefined()
  expect(decodeSegments('289  -1 0', 289)).toBeUndefined()
  expect(decodeSegments('{}', 289)).toBeUndefined()
})

test('a reader needs the row groups with its partitions and the footer, neighbours at once', () => {
  const offsets = (only: readonly number[]) =>
    rangesOf(segments, only).map(({ offset, segments: found }) => [offset, found.map(({ bytes }) => bytes)])
  expect(offsets([3])).toEqual([[0, [100, 50]], [280, [9]]])
  expect(offsets([999, 2])).toEqual([[0, [100, 50, 60, 70, 9]]])
  expect(offsets([500, 7])).toEqual([[150, [60]], [280, [9]]])
  expect(offsets([1000])).toEqual([[280, [9]]])
})
