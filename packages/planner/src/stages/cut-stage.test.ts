import type { StageId } from '@arbalest/common'
import type { ReplicatedScan, ScanInput, ShuffleRead } from '@arbalest/plan'
import { columnRef, integerConstant, compare } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { fileOf, sourceOf, tableColumns, someTables } from '../testing/plan-query.js'
import { cutStage, dividedTasks, outputColumns, singleTask } from './cut-stage.js'

const sources = { big: sourceOf('big', 1_000), tiny: sourceOf('tiny', 10) }
const types = tableColumns.map(({ type }) => type)
const read = (mode: ShuffleRead['mode'], live: readonly number[], stageId = 3): ShuffleRead =>
  ({ kind: 'shuffle-read', id: 90 + stageId, stageId: stageId as StageId, mode, types, live })

test('a scan takes the columns that are wanted or filtered by', () => {
  const { p, big } = someTables()
  const predicate = compare(columnRef(big, 2), '=', integerConstant(1))
  const { inputs, inputName } = cutStage({ ...big, live: [0], predicate }, sources)
  expect(inputs).toMatchObject([{ kind: 'scan', name: 'input_0', table: 'big', mode: 'split' }])
  expect(inputs[0]?.columns.map(({ name }) => name)).toEqual(['id', 's'])
  expect(() => inputName(p.scan('other', []))).toThrow('every leaf')
})

test('each scan is an input of its own, a scan used twice is one', () => {
  const { p, big, tiny } = someTables()
  const whole: ReplicatedScan = { kind: 'replicated-scan', id: 50, types, live: [1], scan: tiny }
  const union = p.setOperation('union', true, big, whole, big)
  expect(cutStage(union, sources).inputs.map(({ name }) => name)).toEqual(['input_0', 'input_1'])
  expect(cutStage(union, sources).inputs).toMatchObject([{ mode: 'split' }, { mode: 'all', columns: [{ name: 'k' }] }])
})

test('reads of one stage in one mode share an input with the columns of all', () => {
  const { p } = someTables()
  const [one, two, other] = [read('partition', [0]), read('partition', [2]), read('all', [1])]
  const cut = cutStage(p.setOperation('union', true, one, two, other), sources)
  expect(cut.inputs.map((input) => [input.name, input.columns.map(({ name }) => name)]))
    .toEqual([['input_0', ['c0', 'c2']], ['input_1', ['c1']]])
  expect(cut.inputName(two)).toBe('input_0')
})

test('tasks take neighbouring partitions, all of them once', () => {
  const shares = { tasks: 3, partitions: 8, inOrder: false }
  expect(dividedTasks([], shares).map(({ partitions }) => partitions)).toEqual([[0, 1], [2, 3, 4], [5, 6, 7]])
  expect(singleTask(3)).toEqual([{ task: 0, partitions: [0, 1, 2], splits: {} }])
  expect(() => dividedTasks([], { ...shares, partitions: 2 })).toThrow('every task has a partition')
})

test('inputs are divided each for itself, or as one sequence where their order counts', () => {
  const { reader } = sources.big
  const scan = (name: string): ScanInput =>
    ({ kind: 'scan', name, table: name, reader, columns: [], files: [fileOf(name, 10)], mode: 'split' })
  const inputs = [scan('input_0'), scan('input_1')]
  const named = (inOrder: boolean) =>
    dividedTasks(inputs, { tasks: 2, partitions: 2, inOrder }).map(({ splits }) => Object.keys(splits))
  expect(named(false)).toEqual([['input_0', 'input_1'], ['input_0', 'input_1']])
  expect(named(true)).toEqual([['input_0'], ['input_1']])
})

test('columns of a file are named by their positions', () => {
  expect(outputColumns([0, 2], types).map(({ name }) => name)).toEqual(['c0', 'c2'])
})
