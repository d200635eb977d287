import { describe, expect, test } from 'vitest'
import { dealEvenly, dealNeighbours, dealPartitions } from './deal-partitions.js'

describe('by weight', () => {
  test('a heavy partition has a task of its own, the light ones fill the others', () => {
    expect(dealPartitions([10, 90, 20, 30, 25, 5], 2)).toEqual([[0, 2, 3, 4, 5], [1]])
    expect(dealPartitions([50, 10, 10, 10, 10, 10], 3)).toEqual([[0], [1, 3, 5], [2, 4]])
  })
  test('equal weights are spread evenly, also when there are none', () => {
    expect(dealPartitions([7, 7, 7, 7], 2)).toEqual([[0, 2], [1, 3]])
    expect(dealPartitions([0, 0, 0, 0, 0], 2)).toEqual([[0, 2, 4], [1, 3]])
  })
  test('whatever the weights, every task has some, the first one partition 0', () => {
    expect(dealPartitions([0, 0, 0, 100], 3)).toEqual([[0, 2], [1], [3]])
    expect(dealPartitions([100, 0, 0, 0], 2)).toEqual([[0], [1, 2, 3]])
    let state = 3
    const below = (bound: number) => (state = (state * 48_271) % 2_147_483_647) % bound
    for (let round = 0; round < 200; round++) {
      const weights = Array.from({ length: 1 + below(20) }, () => (below(3) === 0 ? 0 : below(1_000)))
      const tasks = 1 + below(weights.length)
      const dealt = dealPartitions(weights, tasks)
      expect(dealt).toHaveLength(tasks)
      expect(dealt[0]?.[0]).toBe(0)
      expect(dealt.every((hand) => hand.length > 0)).toBe(true)
      expect(dealt.flat().toSorted((a, b) => a - b)).toEqual([...weights.keys()])
      const loads = dealt.map((hand) => hand.reduce((sum, partition) => sum + weights[partition]!, 0))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      expect(Math.max(...loads)).toBeLessThanOrEqual(total / tasks + Math.max(...weights))
    }
  })
  test('there are not more tasks than partitions', () => {
    expect(() => dealPartitions([1, 2], 3)).toThrow('every task has a partition')
  })
})

test('evenly: neighbouring partitions, all of them once', () => {
  expect(dealEvenly(8, 3)).toEqual([[0, 1], [2, 3, 4], [5, 6, 7]])
  expect(dealEvenly(3, 1)).toEqual([[0, 1, 2]])
  expect(() => dealEvenly(2, 3)).toThrow('every task has a partition')
})

describe('neighbours', () => {
  test('by weight, as near to even as neighbours can be', () => {
    expect(dealNeighbours([10, 10, 10, 10], 2)).toEqual([[0, 1], [2, 3]])
    expect(dealNeighbours([90, 10, 10, 10], 2)).toEqual([[0], [1, 2, 3]])
    expect(dealNeighbours([1, 1, 1, 97], 2)).toEqual([[0, 1, 2], [3]])
    expect(dealNeighbours([0, 0, 0, 0, 100], 3)).toEqual([[0, 1, 2], [3], [4]])
  })
  test('whatever the weights, every task has some', () => {
    for (let tasks = 1; tasks <= 4; tasks++) {
      for (const weights of [[0, 0, 0, 0], [5, 0, 0, 0], [0, 0, 0, 5], [1, 9, 1, 9], [3, 3, 3, 3]]) {
        const dealt = dealNeighbours(weights, tasks)
        expect(dealt).toHaveLength(tasks)
        expect(dealt.every((hand) => hand.length > 0)).toBe(true)
        expect(dealt.flat()).toEqual([0, 1, 2, 3])
      }
    }
  })
})
