import { describe, expect, test } from 'vitest'
import type { TableSource } from '@arbalest/plan'
import { columnRef, countRows } from '@arbalest/plan/testing'
import { fileOf, sameKey, someTables, sourceOf } from '../testing/plan-query.js'
import { alignScans } from './align-scans.js'

/** A table of row groups of 10 rows that hold the values of `k` in steps. */
function clusteredSource(table: string, groups: number, step: number, from = 0): TableSource {
  const mins = Array.from({ length: groups }, (_, group) => from + group * step)
  const ranges = { mins, maxs: mins.map((min) => min + step - 1) }
  const rows = groups * 10
  return { ...sourceOf(table, rows), files: [fileOf(table, rows, 10)], rows, clustered: { k: ranges } }
}

const { p, big, other, large } = someTables()
const sources = {
  big: clusteredSource('big', 40, 10), other: clusteredSource('other', 10, 40), large: sourceOf('large', 900),
}
const facts = { sources, tasks: 2, replicatedRowsMax: 50, bucketed: new Set<number>() }
const align = (plan: Parameters<typeof alignScans>[0], more: Partial<Parameters<typeof alignScans>[1]> = {}) =>
  Object.fromEntries(alignScans(plan, { ...facts, ...more }))

describe('scans are divided at the same values', () => {
  test('when a join compares columns that both are clustered by', () => {
    const joined = p.join('inner', big, other, { conditions: sameKey(big, other) })
    const division = { column: 1, borders: [200] }
    expect(align(joined)).toEqual({ [big.id]: division, [other.id]: division })
    const projected = p.project(other, columnRef(other, 0), columnRef(other, 1))
    const through = p.join('left', p.filter(big), projected, { conditions: sameKey(big, other) })
    expect(Object.keys(align(through))).toHaveLength(2)
  })
  test('at borders where the largest one has row groups to begin, near even shares', () => {
    const joined = p.join('inner', big, other, { conditions: sameKey(big, other) })
    expect(align(joined, { tasks: 3 })[big.id]).toEqual({ column: 1, borders: [130, 270] })
  })
  test('alone, when rows are grouped by the column', () => {
    const counted = p.aggregate(big, [columnRef(big, 1)], [countRows()])
    expect(align(counted)).toEqual({ [big.id]: { column: 1, borders: [200] } })
    expect(align(p.aggregate(big, [columnRef(big, 0)], [countRows()]))).toEqual({})
  })
})

describe('scans stay as their files are', () => {
  const joined = p.join('inner', big, other, { conditions: sameKey(big, other) })
  test('when one table of two is not clustered, or too small to be divided', () => {
    expect(align(p.join('inner', big, large, { conditions: sameKey(big, large) }))).toEqual({})
    expect(align(joined, { replicatedRowsMax: 100 })).toEqual({})
  })
  test('when most of a table would lie across the borders, or in one share', () => {
    expect(align(joined, { sources: { ...sources, other: clusteredSource('other', 6, 67) }, tasks: 5 })).toEqual({})
    expect(align(joined, { sources: { ...sources, other: clusteredSource('other', 10, 4) } })).toEqual({})
  })
  test('when there are fewer row groups than tasks, and when there is one task', () => {
    expect(align(joined, { tasks: 60 })).toEqual({})
    expect(align(joined, { tasks: 1 })).toEqual({})
  })
})
