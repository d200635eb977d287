import { expect, test } from 'vitest'
import { parseScript } from './parse-script.js'
import { unrollScript } from './unroll-script.js'

const steps = (text: string) => [...unrollScript(parseScript(text))]

test('statements, queries and directives stand in their order with their lines', () => {
  const text = [
    '# a comment', 'require icu', '', 'statement error con1', 'SELECT', '  x', '----', 'no column', 'x', '',
    'query IT rowsort', 'FROM t', '----', '1\ta', '',
  ].join('\n')
  expect(steps(text)).toMatchObject([
    { kind: 'directive', line: 2, word: 'require', parameters: ['icu'] },
    { kind: 'statement', line: 4, expects: 'error', connection: 'con1', sql: 'SELECT\n  x', message: 'no column\nx' },
    { kind: 'query', line: 11, columnCount: 2, sort: 'rows', connection: '', sql: 'FROM t', expected: ['1\ta'] },
  ])
})

test('what is no way of sorting is a connection, and a third word is a label', () => {
  expect(steps('query I con2\nSELECT 1\n\nquery I nosort same\nSELECT 1\n')).toMatchObject([
    { connection: 'con2', sort: 'none', label: '' },
    { connection: '', sort: 'none', label: 'same' },
  ])
})

test('loops fill in their variables, and conditions look at them', () => {
  const text = [
    'foreach t <signed> !tinyint date', '', 'loop i 0 2', '', 'onlyif i=1', 'skipif t=date', 'statement ok',
    'SELECT ${i}::{t}', '', 'endloop', '', 'endloop',
  ].join('\n')
  expect(steps(text).map((step) => (step.kind === 'directive' ? '' : step.sql))).toEqual([
    'SELECT 1::smallint', 'SELECT 1::integer', 'SELECT 1::bigint', 'SELECT 1::hugeint',
  ])
})

test('several variables take the parts of a token', () => {
  const text = 'foreach a,b 1,x 2,y\n\nstatement ok\n{a}{b}\n\nendloop\n'
  expect(steps(text)).toMatchObject([{ sql: '1x' }, { sql: '2y' }])
})

test('skipped parts, other systems and what stands behind halt do not run', () => {
  const text = [
    'mode skip', '', 'loop i 0 9', '', 'mode unskip', '', 'skipif duckdb', 'statement ok', 'A', '',
    'onlyif mysql', 'statement ok', 'B', '', 'onlyif duckdb', 'statement ok', 'C', '', 'halt', '', 'statement ok', 'D',
  ].join('\n')
  expect(steps(text)).toMatchObject([{ sql: 'C' }])
})

test.each([
  ['statement perhaps\nx', 'line 1: statement perhaps'],
  ['query Q\nx', 'line 1: columns'],
  ['\nendloop', 'line 2: endloop without a loop'],
  ['loop i 0 1', 'line 1: a loop without endloop'],
])('%j is refused with its line', (text, message) => {
  expect(() => parseScript(text)).toThrow(message)
})
