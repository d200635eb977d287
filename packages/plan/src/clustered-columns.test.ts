import { bigintType, varcharType } from '@arbalest/common'
import { expect, test } from 'vitest'
import { areDisjoint, clusteredColumns } from './clustered-columns.js'

test('row groups may touch and lie in any order, but not overlap', () => {
  expect(areDisjoint({ mins: [10, 0, 20], maxs: [20, 10, 25] })).toBe(true)
  expect(areDisjoint({ mins: [5, 5, 5], maxs: [5, 5, 5] })).toBe(true)
  expect(areDisjoint({ mins: [0, 9, 20], maxs: [10, 20, 25] })).toBe(false)
  // Wide gaps make up for an overlap in the sum of the widths.
  expect(areDisjoint({ mins: [0, 5, 90], maxs: [10, 15, 99] })).toBe(false)
})

test('the first two columns whose ranges all files know are told, if there are enough row groups', () => {
  const columns = ['a', 's', 'b', 'c', 'd'].map((name) => ({ name, type: name === 's' ? varcharType : bigintType }))
  const ranges = { mins: [0, 10], maxs: [9, 19] }
  const later = { mins: [20, 30], maxs: [29, 39] }
  const files = [
    (name: string) => (name === 'b' ? undefined : ranges),
    (name: string) => (name === 'a' ? ranges : later),
  ]
  expect(clusteredColumns(columns, files, 4)).toEqual({
    clustered: {
      c: { mins: [0, 10, 20, 30], maxs: [9, 19, 29, 39] }, d: { mins: [0, 10, 20, 30], maxs: [9, 19, 29, 39] },
    },
  })
  expect(clusteredColumns(columns, files, 3)).toEqual({})
})
