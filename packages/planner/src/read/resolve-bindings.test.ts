import { expect, test } from 'vitest'
import { resolveBindings } from './resolve-bindings.js'
import { integerJson, literalJson } from './testing/plan-json.js'

const column = (table_index: number, column_index: number, depth = 0) => ({
  expression_class: 'BOUND_COLUMN_REF', return_type: integerJson, binding: { table_index, column_index }, depth,
})
const keys = { type: 'LOGICAL_DELIM_GET', children: [], table_index: 7, chunk_types: [integerJson, integerJson] }
const project = (child: object, expressions: readonly object[]) =>
  ({ type: 'LOGICAL_PROJECTION', children: [child], table_index: 9, expressions })
const positions = (json: unknown): readonly unknown[] =>
  [...JSON.stringify(json).matchAll(/"index":(\d+)/g)].map(([, index]) => Number(index))

test('columns are found by position in what is below', () => {
  const resolved = resolveBindings(project(project(keys, [column(7, 1), literalJson(2)]), [column(9, 1), column(9, 0)]))
  expect(positions(resolved['expressions'])).toEqual([1, 0])
  expect(positions(resolved['children'])).toEqual([1])
})

test('conditions of a join look at one side each, what is above at both', () => {
  const join = {
    type: 'LOGICAL_COMPARISON_JOIN', join_type: 'INNER', children: [keys, project(keys, [column(7, 0)])],
    left_projection_map: [], right_projection_map: [],
    conditions: [{ left: column(7, 1), right: column(9, 0), comparison: 'COMPARE_EQUAL' }],
  }
  const resolved = resolveBindings({ ...project(join, [column(9, 0)]), table_index: 11 })
  expect(positions(resolved['expressions'])).toEqual([2])
  expect(positions(resolved['children'])).toEqual([0, 1, 0])
})

test('a column of a query around is unreadable, and so is an unknown operator', () => {
  expect(() => resolveBindings(project(keys, [column(7, 0, 1)]))).toThrow('a query around')
  expect(() => resolveBindings(project(keys, [column(5, 0)]))).toThrow('a query around')
  expect(() => resolveBindings({ type: 'LOGICAL_PIVOT', children: [] })).toThrow('operator PIVOT below')
})
