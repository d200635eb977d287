import { describe, expect, test } from 'vitest'
import { expectedDifference } from './expected-answer.js'
import { isOrdered, judgeRecord, plainDifference } from './judge-record.js'
import type { ErrorOutcome, RowsOutcome } from './outcome.js'
import type { QueryRecord, StatementRecord } from './script.js'

const parts = { line: 1, conditions: [], connection: '', sql: 'SELECT' }
const query = (expected: readonly string[], more: Partial<QueryRecord> = {}): QueryRecord =>
  ({ ...parts, kind: 'query', columnCount: 2, sort: 'none', label: '', expected, ...more })
const statement = (expects: StatementRecord['expects'], message = ''): StatementRecord =>
  ({ ...parts, kind: 'statement', expects, message })
const rows = (types: string, ...values: readonly (readonly (string | null)[])[]): RowsOutcome =>
  ({ kind: 'rows', types: types.split(' '), rows: values })
const error = (message: string, code?: string): ErrorOutcome => ({ kind: 'error', message, code, timedOut: false })

describe('the rows that a file expects', () => {
  const two = rows('INTEGER VARCHAR', ['1', 'a'], ['2', null])
  test.each([
    ['row by row', two, query(['1\ta', '2\tNULL'])],
    ['value by value', two, query(['1', 'a', '2', 'NULL'])],
    ['rows in any order', two, query(['2\tNULL', '1\ta'], { sort: 'rows' })],
    ['values in any order', two, query(['1', '2', 'NULL', 'a'], { sort: 'values' })],
    ['as a hash', two, query(['4 values hashing to f81e8ec4542cf691ed1411e41a4cac45'])],
    ['by a pattern', two, query(['1\t<REGEX>:[ab]', '2\t<!REGEX>:x.*'])],
    ['shown as files show them', rows('BOOLEAN VARCHAR', ['true', '']), query(['1\t(empty)'])],
    ['booleans by any word', rows('BOOLEAN VARCHAR', ['false', 'x']), query(['False\tx'])],
    ['doubles nearly', rows('DOUBLE DECIMAL(4,2)', ['0.30000000000000004', '1.50']), query(['0.3\t1.5'])],
    ['none', rows('INTEGER VARCHAR'), query([])],
  ])('%s', (_, outcome, record) => {
    expect(expectedDifference(record, outcome)).toBeUndefined()
  })
  test.each([
    ['another value', two, query(['1\ta', '2\tb'])],
    ['a row too many', two, query(['1\ta'])],
    ['another order', two, query(['2\tNULL', '1\ta'])],
    ['another number of columns', two, query(['1', '2'], { columnCount: 1 })],
    ['another number', rows('INTEGER DOUBLE', ['1', '1.5']), query(['1\t1.6'])],
    ['another hash', two, query(['4 values hashing to 00000000000000000000000000000000'])],
  ])('are not %s', (_, outcome, record) => {
    expect(expectedDifference(record, outcome)).toBeTypeOf('string')
  })
})

describe('a record that plain DuckDB passes', () => {
  const plain = rows('INTEGER INTEGER', ['1', '2'], ['3', '4'])
  const expected = query(['1\t2', '3\t4'])
  test('may come in another order unless it says which', () => {
    const turned = rows('INTEGER INTEGER', ['3', '4'], ['1', '2'])
    expect(judgeRecord(expected, plain, turned).kind).toBe('passed')
    expect(judgeRecord({ ...expected, sql: 'FROM t ORDER BY a' }, plain, turned).kind).toBe('wrong')
  })
  test('is wrong with another value or number of rows', () => {
    expect(judgeRecord(expected, plain, rows('INTEGER INTEGER', ['1', '2'], ['3', '5'])).kind).toBe('wrong')
    expect(judgeRecord(expected, plain, rows('INTEGER INTEGER', ['1', '2'])).kind).toBe('wrong')
  })
  test('is wrong with a row twice that stands there once', () => {
    expect(judgeRecord(expected, plain, rows('INTEGER INTEGER', ['1', '2'], ['1', '2'])).kind).toBe('wrong')
  })
  test('fails with an error, and is refused by name', () => {
    expect(judgeRecord(expected, plain, error('no', 'BINDER_ERROR')).kind).toBe('failed')
    expect(judgeRecord(expected, plain, error('no', 'NOT_IN_THIS_VERSION')).kind).toBe('refused')
  })
  test('fails where an error is missing or comes from inside', () => {
    expect(judgeRecord(statement('error'), error('x'), rows('INTEGER')).kind).toBe('failed')
    expect(judgeRecord(statement('error'), error('x'), error('bug', 'INTERNAL')).kind).toBe('failed')
    expect(judgeRecord(statement('error'), error('x'), error('no', 'SYNTAX_ERROR')).kind).toBe('passed')
  })
})

test('errors are those whose message the file names', () => {
  expect(plainDifference(statement('error', 'no column'), error('Binder Error: no column x'))).toBeUndefined()
  expect(plainDifference(statement('error', '<REGEX>:.*column.*'), error('no column\nx'))).toBeUndefined()
  expect(plainDifference(statement('error', 'no table'), error('no column'))).toContain('another error')
  expect(plainDifference(statement('ok'), error('no column'))).toBe('no column')
})

test.each([
  ['SELECT a FROM t ORDER BY a', true],
  ['SELECT (SELECT b FROM u ORDER BY (b) LIMIT 1) FROM t', false],
  ["SELECT 'order by' FROM \"order by\" -- order by", false],
])('%s is ordered: %s', (sql, ordered) => {
  expect(isOrdered(sql)).toBe(ordered)
})
