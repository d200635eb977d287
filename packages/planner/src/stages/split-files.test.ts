import type { SourceFile, TaskSplit } from '@arbalest/plan'
import { expect, test } from 'vitest'
import { fileOf } from '../testing/plan-query.js'
import { splitFiles, type FilesToSplit } from './split-files.js'

/** `input: file[first..end)` of each task; a file without numbers is read whole. */
function told(inputs: readonly FilesToSplit[], tasks: number): readonly string[] {
  const text = ({ file, range }: TaskSplit) =>
    range === undefined ? String(file) : `${file}[${range.firstRow}..${range.firstRow + range.rows})`
  return splitFiles(inputs, tasks).map((splits) =>
    Object.entries(splits).map(([name, some]) => `${name}: ${some.map(text).join(' ')}`).join(', '))
}

const one = (...files: readonly SourceFile[]): readonly FilesToSplit[] =>
  [{ name: 'i', files, readShare: 1 }]
const csv = (sizeBytes: number): SourceFile => ({ ...fileOf('x.csv', 0), sizeBytes, rows: undefined })

test('whole files go to tasks where their borders are near the even ones', () => {
  expect(told(one(fileOf('a', 100), fileOf('b', 90), fileOf('c', 105)), 3)).toEqual(['i: 0', 'i: 1', 'i: 2'])
})

test('a file is cut at the border of a row group where that is near', () => {
  expect(told(one(fileOf('a', 100, 45)), 2)).toEqual(['i: 0[0..45)', 'i: 0[45..100)'])
})

test('a file is cut inside a row group where no border is near', () => {
  expect(told(one(fileOf('a', 100, 80)), 2)).toEqual(['i: 0[0..50)', 'i: 0[50..100)'])
  expect(told(one(fileOf('a', 10), fileOf('b', 90)), 2)).toEqual(['i: 0 1[0..40)', 'i: 1[40..90)'])
})

test('more tasks than rows leave tasks without a share', () => {
  const tasks = splitFiles(one(fileOf('a', 3)), 5).map((splits) => splits['i'] ?? [])
  expect(tasks.flat().reduce((sum, split) => sum + (split.range?.rows ?? 3), 0)).toBe(3)
  expect(tasks.filter((splits) => splits.length === 0).length).toBeGreaterThanOrEqual(2)
})

test('no files and files without rows give nobody any rows', () => {
  expect(told(one(), 3)).toEqual(['', '', ''])
  const rows = splitFiles(one(fileOf('a', 0), fileOf('b', 0)), 2).flatMap((splits) => splits['i'] ?? [])
  expect(rows.every((split) => split.range === undefined)).toBe(true)
})

test('files that tell no rows go whole, by their bytes', () => {
  expect(told(one(csv(100), csv(100), csv(200)), 2)).toEqual(['i: 0 1', 'i: 2'])
  expect(told(one(csv(1_000)), 3).filter((text) => text !== '')).toEqual(['i: 0'])
})

test('rows of large files weigh more, as far as their bytes are read', () => {
  const heavy = { ...fileOf('a', 100), sizeBytes: 100 * 304 }
  const inputs = (readShare: number) => [{ name: 'i', files: [heavy, fileOf('b', 300)], readShare }]
  expect(told(inputs(1), 2)).toEqual(['i: 0[0..62)', 'i: 0[62..100) 1'])
  expect(told(inputs(0), 2)).toEqual(['i: 0 1[0..100)', 'i: 1[100..300)'])
})

test('files of several formats are measured alike', () => {
  const inputs = [
    { name: 'table', files: [fileOf('a', 100)], readShare: 1 },
    { name: 'text', files: [csv(1_300), csv(1_300)], readShare: 1 },
  ]
  expect(told(inputs, 2)).toEqual(['table: 0', 'text: 0 1'])
})

test('several inputs are one sequence in the order given', () => {
  const inputs = [
    { name: 'first', files: [fileOf('a', 60)], readShare: 1 },
    { name: 'second', files: [fileOf('b', 20), fileOf('c', 40)], readShare: 1 },
  ]
  expect(told(inputs, 3)).toEqual(['first: 0[0..40)', 'first: 0[40..60), second: 0', 'second: 1'])
})

test('whatever the files, every row has one task and the order is kept', () => {
  let state = 7
  const below = (bound: number) => (state = (state * 48_271) % 2_147_483_647) % bound
  for (let round = 0; round < 300; round++) {
    const files = Array.from({ length: below(6) }, (_, index) =>
      below(5) === 0 ? csv(1 + below(500)) : fileOf(String(index), below(400), 1 + below(150)))
    const tasks = 1 + below(9)
    const shares = splitFiles(one(...files), tasks).flatMap((splits) => splits['i'] ?? [])
    const positions = shares.map(({ file, range }) => file * 1_000 + (range?.firstRow ?? 0))
    expect(positions).toEqual(positions.toSorted((a, b) => a - b))
    files.forEach((file, index) => {
      const own = shares.filter((share) => share.file === index)
      const rows = own.reduce((sum, { range }) => sum + (range?.rows ?? file.rows ?? 1), 0)
      expect(rows, JSON.stringify([file, own])).toBe(file.rows ?? 1)
      expect(own.length > 1 && own.some(({ range }) => range === undefined)).toBe(false)
    })
  }
})
