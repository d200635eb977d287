import { limits } from '@arbalest/common'
import { expect, test } from 'vitest'
import { BlockPool } from './block-pool.js'

test('a block that was given back is taken again', () => {
  const pool = new BlockPool(2)
  const block = pool.take()
  expect(block.length).toBe(limits.shuffleBlockBytes)
  pool.give(block)
  expect(pool.take()).toBe(block)
})

test('who comes when all are taken gets a small one, which is not kept', () => {
  const pool = new BlockPool(1)
  const block = pool.take()
  const small = pool.take()
  expect(small.length).toBe(limits.shuffleSmallBlockBytes)
  pool.give(small)
  expect(pool.take().length).toBe(limits.shuffleSmallBlockBytes)
  pool.give(block)
  expect(pool.take()).toBe(block)
})
