import { expect, test } from 'vitest'
import { fileOf } from '../testing/plan-query.js'
import { splitByValues } from './split-by-values.js'

const files = [fileOf('a', 30, 10), fileOf('b', 10), fileOf('c', 20, 10)]
const ranges = { mins: [0, 10, 20, 30, 40, 50], maxs: [9, 19, 29, 39, 49, 59] }
const source = { files, ranges, column: 'k', isDate: false }

test('row groups go to the task of their values, those in a row as one piece, whole files as they are', () => {
  expect(splitByValues(source, { column: 0, borders: [20, 40] })).toEqual([
    [{ file: 0, range: { firstRow: 0, rows: 20 } }],
    [{ file: 0, range: { firstRow: 20, rows: 10 } }, { file: 1 }],
    [{ file: 2 }],
  ])
})

test('a row group across a border is read on both sides, each keeping its values', () => {
  const kept = (values: object) => ({ kept: { column: 'k', isDate: false, ...values } })
  expect(splitByValues(source, { column: 0, borders: [15, 35] })).toEqual([
    [
      { file: 0, range: { firstRow: 0, rows: 10 } },
      { file: 0, range: { firstRow: 10, rows: 10 }, ...kept({ below: 15 }) },
    ],
    [
      { file: 0, range: { firstRow: 10, rows: 10 }, ...kept({ from: 15 }) },
      { file: 0, range: { firstRow: 20, rows: 10 } },
      { file: 1, ...kept({ below: 35 }) },
    ],
    [{ file: 1, ...kept({ from: 35 }) }, { file: 2 }],
  ])
  const [first, second, third] = splitByValues(source, { column: 0, borders: [31, 33] })
  expect(first?.at(-1)).toEqual({ file: 1, ...kept({ below: 31 }) })
  expect(second).toEqual([{ file: 1, ...kept({ from: 31, below: 33 }) }])
  expect(third?.[0]).toEqual({ file: 1, ...kept({ from: 33 }) })
})

test('row groups need not lie in the order of their values', () => {
  const mixed = { ...source, ranges: { mins: [50, 0, 40, 10, 30, 20], maxs: [59, 9, 49, 19, 39, 29] } }
  expect(splitByValues(mixed, { column: 0, borders: [30] })).toEqual([
    [{ file: 0, range: { firstRow: 10, rows: 10 } }, { file: 1 }, { file: 2, range: { firstRow: 10, rows: 10 } }],
    [
      { file: 0, range: { firstRow: 0, rows: 10 } },
      { file: 0, range: { firstRow: 20, rows: 10 } },
      { file: 2, range: { firstRow: 0, rows: 10 } },
    ],
  ])
})
