import { expect, test } from 'vitest'
import { BufferPool } from './buffer-pool.js'

const mebibyte = 1024 * 1024

test('what was given back is taken again, at the size asked for', () => {
  const pool = new BufferPool()
  const first = pool.take(mebibyte + 1000)
  expect(first.length).toBe(mebibyte + 1000)
  pool.give(first)
  const second = pool.take(mebibyte + 2000)
  expect([second.length, second.buffer === first.buffer]).toEqual([mebibyte + 2000, true])
  expect(pool.take(mebibyte).buffer).not.toBe(first.buffer)
})

test('a buffer much too large is not taken for a small body', () => {
  const pool = new BufferPool()
  const large = pool.take(8 * mebibyte)
  pool.give(large)
  expect(pool.take(mebibyte).buffer).not.toBe(large.buffer)
  expect(pool.take(4 * mebibyte).buffer).toBe(large.buffer)
})

test('small bodies, huge ones and more than a few are left to the garbage collector', () => {
  const pool = new BufferPool()
  for (const bytes of [100, 9 * mebibyte]) {
    const taken = pool.take(bytes)
    taken.fill(1)
    pool.give(taken)
    const again = pool.take(bytes)
    expect([again.length, again === taken]).toEqual([bytes, false])
  }
  const many = Array.from({ length: 6 }, () => pool.take(mebibyte))
  for (const buffer of many) pool.give(buffer)
  const again = Array.from({ length: 6 }, () => pool.take(mebibyte).buffer)
  expect(again.filter((buffer) => many.some((given) => given.buffer === buffer))).toHaveLength(4)
})
