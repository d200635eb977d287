import type { StageId } from '@arbalest/common'
import type { Plan, ReplicatedScan, ShuffleRead } from '@arbalest/plan'
import { columnRef, integerConstant, compare } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { sourceOf, tableColumns, someTables } from '../testing/plan-query.js'
import { cutStage, outputColumns } from './cut-stage.js'

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

test('the share of a scan that is read goes by the bytes of its columns, else by their number', () => {
  const { big, tiny } = someTables()
  const share = (plan: Plan, source = sources.big) => cutStage(plan, { ...sources, big: source }).readShare('input_0')
  expect(share({ ...big, live: [0] })).toBeCloseTo(1 / 3)
  expect(share({ ...big, live: [] })).toBe(0)
  const told = { ...sources.big, statistics: { id: { bytes: 500 }, k: { bytes: 90_000 } } }
  expect(share({ ...big, live: [0] }, told)).toBe(500 / 10_000)
  expect(share({ ...big, live: [0, 1] }, told)).toBe(1)
  expect(share({ ...big, live: [0] }, { ...told, reader: { ...told.reader, format: 'csv' } })).toBe(1)
  expect(() => cutStage(tiny, sources).readShare('input_1')).toThrow('every scan')
})

test('columns of a file are named by their positions', () => {
  expect(outputColumns([0, 2], types).map(({ name }) => name)).toEqual(['c0', 'c2'])
})
