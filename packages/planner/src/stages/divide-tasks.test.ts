import type { StageId } from '@arbalest/common'
import type { ScanInput, ShuffleInput, StageFacts, StageInput } from '@arbalest/plan'
import { describe, expect, test } from 'vitest'
import { fileOf, sourceOf } from '../testing/plan-query.js'
import { dividedTasks, singleTask, type TaskShares } from './divide-tasks.js'

const MiB = 1024 * 1024
const { reader } = sourceOf('big', 1)
const scan = (name: string, rows: number): ScanInput =>
  ({ kind: 'scan', name, table: name, reader, columns: [], files: [fileOf(name, rows)], mode: 'split' })
const shuffle = (stageId: number, mode: ShuffleInput['mode'] = 'partition'): ShuffleInput =>
  ({ kind: 'shuffle', name: `input_${stageId}`, stageId: stageId as StageId, mode, columns: [] })

/** Facts of stages 1, 2, … by the MiB of their partitions. */
function sharesOf(written: readonly (readonly number[])[], more: Partial<TaskShares> = {}): TaskShares {
  const facts = written.map((sizes): StageFacts => {
    const partitionBytes = sizes.map((size) => size * MiB)
    const partitionRows = sizes.map((size) => (size > 0 ? 1 : 0))
    return { rows: sizes.length, bytes: 0, partitionRows, partitionBytes }
  })
  return {
    tasks: 3, partitions: 6, inOrder: false, spreadsScans: false, isFiner: false, isContinued: false,
    readShare: () => 1, splitsByValue: new Map(), byBucket: new Set<string>(), readsRanges: false,
    writtenBy: (stageId) => facts[stageId - 1]!, ...more,
  }
}
const dealt = (inputs: readonly StageInput[], shares: TaskShares) =>
  dividedTasks(inputs, shares).map(({ partitions }) => partitions.join(' '))

describe('partitions', () => {
  test('go to tasks by what lies in them, over all inputs', () => {
    const shares = sharesOf([[10, 30, 10, 10, 10, 10], [0, 0, 40, 0, 0, 0]])
    expect(dealt([shuffle(1)], shares)).toEqual(['0 3 5', '1', '2 4'])
    expect(dealt([shuffle(1), shuffle(2)], shares)).toEqual(['0 3 4', '1 5', '2'])
  })
  test('have as many tasks as their bytes are worth, and no more than have rows', () => {
    expect(dealt([shuffle(1)], sharesOf([[1, 0.5, 0.5, 0, 0, 1]]))).toEqual(['0 1 2 3 4 5'])
    expect(dealt([shuffle(1)], sharesOf([[1, 1, 1, 1, 1, 1]]))).toEqual(['0 2 4', '1 3 5'])
    expect(dealt([shuffle(1)], sharesOf([[0, 0, 50, 0, 0, 50]]))).toEqual(['0 2 3', '1 4 5'])
    expect(dealt([shuffle(1)], sharesOf([[0, 0, 0, 0, 0, 0]]))).toEqual(['0 1 2 3 4 5'])
  })
  test('count their rows where bytes are missing', () => {
    const facts = { rows: 6e6, bytes: 0, partitionRows: [1e5, 1e6, 0, 1e5, 1e5, 1e5], partitionBytes: [] }
    const shares = sharesOf([], { writtenBy: () => facts })
    expect(dealt([shuffle(1)], shares)).toEqual(['0 2 4', '1', '3 5'])
  })
  test('stay where they are when tasks go on from others, or others from them', () => {
    const shares = sharesOf([[90, 0, 0, 0, 0, 0]])
    expect(dealt([shuffle(1), shuffle(2, 'task')], shares)).toEqual(['0 1', '2 3', '4 5'])
    expect(dealt([shuffle(1)], { ...shares, isContinued: true })).toEqual(['0 1', '2 3', '4 5'])
  })
  test('what is read whole does not count', () => {
    const shares = sharesOf([[1, 0, 0, 0, 0, 1], [90, 0, 0, 0, 0, 0]])
    expect(dealt([shuffle(1), shuffle(2, 'all')], shares)).toHaveLength(1)
  })
})

describe('scans', () => {
  const names = (inputs: readonly StageInput[], more: Partial<TaskShares>) =>
    dividedTasks(inputs, sharesOf([], { tasks: 2, spreadsScans: true, ...more }))
      .map(({ splits }) => Object.keys(splits))

  test('are divided each for itself, or as one sequence where their order counts', () => {
    const inputs = [scan('input_0', 10), scan('input_1', 10)]
    expect(names(inputs, {})).toEqual([['input_0', 'input_1'], ['input_0', 'input_1']])
    expect(names(inputs, { inOrder: true })).toEqual([['input_0'], ['input_1']])
  })
  test('have as many tasks as their work is worth unless they are to be spread', () => {
    const tasks = (rows: number, spreadsScans: boolean) =>
      names([scan('input_0', rows)], { tasks: 5, spreadsScans }).length
    expect([10, 100_000, 400_000, 10_000_000].map((rows) => tasks(rows, false))).toEqual([1, 1, 3, 5])
    expect([10, 10_000_000].map((rows) => tasks(rows, true))).toEqual([5, 5])
  })
  test('beside partitions are divided among the same tasks', () => {
    const shares = sharesOf([[0, 0, 9, 0, 0, 0]], { spreadsScans: true })
    const tasks = dividedTasks([scan('input_0', 9), shuffle(1)], shares)
    expect(tasks.map(({ partitions }) => partitions)).toEqual([[0, 3, 5], [1, 4], [2]])
    expect(tasks.every(({ splits }) => splits['input_0'] !== undefined)).toBe(true)
  })
})

test('files of buckets go to the task of their partition, as the partitions are dealt by all that lies in them', () => {
  const files = [0, 1, 2, 3, 5].map((bucket) => ({ ...fileOf(`b${bucket}`, bucket === 5 ? 5e6 : 1e6), bucket }))
  const table: ScanInput = { ...scan('input_0', 0), files }
  const shares = sharesOf([[0, 0, 40]], { partitions: 3, tasks: 2, byBucket: new Set(['input_0']) })
  const filesBy = (inputs: readonly StageInput[]) => dividedTasks(inputs, shares)
    .map(({ partitions, splits }) => [partitions, splits['input_0']?.map(({ file }) => file)])
  expect(filesBy([table])).toEqual([[[0, 1], [0, 1, 3]], [[2], [2, 4]]])
  expect(filesBy([table, shuffle(1)])).toEqual([[[0, 1], [0, 1, 3]], [[2], [2, 4]]])
})

test('an undivided stage has one task with everything', () => {
  expect(singleTask(3)).toEqual([{ task: 0, partitions: [0, 1, 2], splits: {} }])
})
