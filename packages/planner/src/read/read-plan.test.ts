import { printPlan, type Plan } from '@arbalest/plan'
import { describe, expect, test } from 'vitest'
import { readPlan } from './read-plan.js'
import {
  castJson, columnJson, comparisonJson, constantJson, context, integerJson, joinJson, literalJson, projectJson,
  scanJson, typeJson,
} from './testing/plan-json.js'

const virtualColumn = (longNumber: string) => ({ index: { longNumber }, has_index: true, child_indexes: [] })
const read = (json: object): Plan => readPlan({ plans: [json] }, context)
const kinds = (plan: Plan): string => printPlan(plan).split('\n').map((line) => line.trim().split(/[ (]/)[0]).join(' ')

describe('scans', () => {
  test('pushed filters become a predicate over the table; optional ones go', () => {
    const constant = constantJson(integerJson, 3)
    const compared = { filter_type: 'CONSTANT_COMPARISON', comparison_type: 'COMPARE_LESSTHAN', constant }
    const filters = [
      { key: 0, value: { filter_type: 'CONJUNCTION_AND', child_filters: [compared, { filter_type: 'IS_NOT_NULL' }] } },
      { key: 1, value: { filter_type: 'OPTIONAL_FILTER', child_filter: compared } },
    ]
    expect(read(scanJson({ table_filters: { filters } }))).toMatchObject({
      kind: 'scan', predicate: { kind: 'and', terms: [{ operator: '<' }, { operator: 'is-not-null' }] },
    })
  })
  test('an OR with an optional term holds always', () => {
    const child_filters = [{ filter_type: 'IS_NULL' }, { filter_type: 'OPTIONAL_FILTER' }]
    const filters = [{ key: 0, value: { filter_type: 'CONJUNCTION_OR', child_filters } }]
    expect(read(scanJson({ table_filters: { filters } }))).toMatchObject({ predicate: undefined })
  })
  test('projection ids become a project', () => {
    expect(read(scanJson({ projection_ids: [1] }))).toMatchObject({ kind: 'project', input: { kind: 'scan' } })
  })
  test.each([
    ['another file', { function_data: { files: ['other'] } }],
    ['several files', { function_data: { files: ['stub', 'stub'] } }],
    ['another function', { name: 'range' }],
    ['a sample', { extra_info: { sample_options: {} } }],
    ['a virtual column', { column_indexes: [virtualColumn('9223372036854775808')] }],
  ])('%s is unreadable', (_, fields) => {
    expect(() => read(scanJson(fields))).toThrow('cannot be read')
  })
  test('a scan for its rows alone has a constant', () => {
    const column_indexes = [virtualColumn('18446744073709551614')]
    expect(read(scanJson({ column_indexes }))).toMatchObject({ columns: [{ kind: 'constant-true' }] })
  })
})

describe('joins', () => {
  const sides = [scanJson(), scanJson()]

  test('RIGHT_SEMI is SEMI with the sides exchanged', () => {
    const predicate = comparisonJson(columnJson(0), columnJson(2), 'COMPARE_LESSTHAN')
    expect(read(joinJson(sides, 'RIGHT_SEMI', { predicate }))).toMatchObject({
      joinType: 'semi', residual: [{ left: { index: 2 }, right: { index: 0 } }],
    })
  })
  test('projection maps become a project', () => {
    expect(read(joinJson(sides, 'INNER', { right_projection_map: [1] }))).toMatchObject({
      kind: 'project', exprs: [{ index: 0 }, { index: 1 }, { index: 3 }],
    })
  })
  test('a subquery compared in two ways is unreadable', () => {
    const conditions = ['COMPARE_EQUAL', 'COMPARE_LESSTHAN'].map((comparison) => (
      { left: columnJson(0), right: columnJson(0), comparison }
    ))
    expect(() => read(joinJson(sides, 'MARK', { conditions }))).toThrow('several ways')
  })
  test('DELIM_GET belongs to the join around it', () => {
    const delimGet = { type: 'LOGICAL_DELIM_GET', children: [], chunk_types: [integerJson] }
    const fields = { type: 'LOGICAL_DELIM_JOIN', duplicate_eliminated_columns: [columnJson(0)], delim_flipped: false }
    const plan = read(joinJson([scanJson(), delimGet], 'SEMI', fields))
    expect(plan).toMatchObject({ delim: { delimId: 1, source: 'left' }, right: { kind: 'delim-scan', delimId: 1 } })
    expect(() => read(delimGet)).toThrow('DELIM_GET')
  })
  test('a scalar subquery that may give two rows is checked', () => {
    expect(kinds(read(joinJson(sides, 'SINGLE')))).toMatch(/^Project Join/i)
  })
  test('one with a row for each key is not', () => {
    const children = [projectJson(scanJson(), [columnJson(0)])]
    const distinct_targets = [columnJson(0)]
    const distinct = { type: 'LOGICAL_DISTINCT', distinct_type: 'DISTINCT', distinct_targets, children }
    expect(read(joinJson([scanJson(), distinct], 'SINGLE'))).toMatchObject({ kind: 'join', joinType: 'single' })
  })
})

describe('operators', () => {
  test('ids are unique', () => {
    const text = JSON.stringify(read(joinJson([projectJson(scanJson(), [columnJson(0)]), scanJson()], 'INNER')))
    const ids = [...text.matchAll(/"id":(\d+)/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(4)
  })
  test('a filter without predicates leaves only its map', () => {
    const filter = { type: 'LOGICAL_FILTER', children: [scanJson()], expressions: [], projection_map: [1] }
    expect(read(filter)).toMatchObject({ kind: 'project', exprs: [{ index: 1 }] })
  })
  test('LIMIT by a number, a percentage or an expression', () => {
    const limit = (type: string) => ({
      type: 'LOGICAL_LIMIT', children: [scanJson()],
      limit_val: { type, constant_integer: 3, constant_percentage: 2.5, expression: columnJson(0) },
      offset_val: { type: 'UNSET' },
    })
    expect(read(limit('CONSTANT_VALUE'))).toMatchObject({ kind: 'limit', count: 3, offset: 0 })
    const percent = { kind: 'computed-limit', unit: 'percent', offset: undefined }
    expect(read(limit('CONSTANT_PERCENTAGE'))).toMatchObject({ ...percent, count: { value: { text: '2.5' } } })
    expect(read(limit('EXPRESSION_PERCENTAGE'))).toMatchObject({ ...percent, count: { kind: 'column', index: 0 } })
    expect(read(limit('EXPRESSION_VALUE'))).toMatchObject({ kind: 'computed-limit', unit: 'rows' })
  })
  test('VALUES without columns', () => {
    const expressions = [[literalJson(1)], [castJson(literalJson(2), integerJson)]]
    const children = [{ type: 'LOGICAL_DUMMY_SCAN' }]
    const rows = { type: 'LOGICAL_EXPRESSION_GET', children, expr_types: [integerJson], expressions }
    expect(read(rows)).toMatchObject({ kind: 'values', rows: { length: 2 } })
  })
  test('an unknown operator is named', () => {
    expect(() => read({ type: 'LOGICAL_PIVOT', children: [] })).toThrow('operator PIVOT')
  })
  test('a reference to a recursive CTE is unreadable', () => {
    const chunk_types = [typeJson('INTEGER')]
    const reference = { type: 'LOGICAL_CTE_REF', children: [], cte_index: 0, chunk_types, is_recurring: false }
    expect(() => read(reference)).toThrow('recursive CTE')
  })
})
