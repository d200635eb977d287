import { QueryError } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { classifyStatement } from '../classify-statement.js'

test('the shortest form', () => {
  const text = "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION 'x/*.parquet'"
  expect(classifyStatement(text)).toEqual({
    kind: 'create-external-table',
    name: ['t'],
    orReplace: false,
    ifNotExists: false,
    columns: undefined,
    format: 'parquet',
    location: 'x/*.parquet',
    partitionedBy: [],
    options: {},
  })
})

test('every clause at once, in another order', () => {
  const text = `create or replace external table a."B" (
      id bigint, "Big Name" decimal(10, 2) null, tags varchar[], s struct(a int, b varchar))
    location 'dir' partitioned by (y INT, "M") with header row
    options ('Format.Quote' '''', null_regex 'NA', format.truncated_rows true, 'batch' 100, low -1)
    delimiter ';' compression type gzip stored as csv`
  expect(classifyStatement(text)).toEqual({
    kind: 'create-external-table',
    name: ['a', 'B'],
    orReplace: true,
    ifNotExists: false,
    columns: [
      { name: 'id', type: 'bigint' },
      { name: 'Big Name', type: 'decimal(10, 2)' },
      { name: 'tags', type: 'varchar[]' },
      { name: 's', type: 'struct(a int, b varchar)' },
    ],
    format: 'csv',
    location: 'dir',
    partitionedBy: [
      { name: 'y', type: 'INT' },
      { name: 'M', type: undefined },
    ],
    options: {
      has_header: 'true',
      quote: "'",
      null_regex: 'NA',
      truncated_rows: 'true',
      batch: '100',
      low: '-1',
      delimiter: ';',
      compression: 'gzip',
    },
  })
})

test('options without a header clause', () => {
  const text = `create external table if not exists t stored as json location 'x'
    options ('format.has_header' 'true', k v)`
  expect(classifyStatement(text)).toMatchObject({
    ifNotExists: true,
    format: 'json',
    options: { has_header: 'true', k: 'v' },
  })
})

const start = 'create external table t '
describe('errors stand where something else was expected', () => {
  test.each([
    ['', 'SYNTAX_ERROR', 'STORED AS PARQUET, CSV or JSON', start.length - 1],
    ["location 'x'", 'SYNTAX_ERROR', 'STORED AS PARQUET, CSV or JSON', start.length + 12],
    ['stored as parquet', 'SYNTAX_ERROR', "LOCATION 'path'", start.length + 17],
    ['stored as avro', 'NOT_IN_THIS_VERSION', 'STORED AS AVRO', start.length + 10],
    ['stored as text', 'SYNTAX_ERROR', 'expected PARQUET, CSV or JSON, found text', start.length + 10],
    ['stored as csv location x', 'SYNTAX_ERROR', 'a path in single quotes, found x', start.length + 23],
    ["stored as csv location ''", 'SYNTAX_ERROR', 'empty', start.length + 14],
    ["stored as csv location 'x' location 'y'", 'SYNTAX_ERROR', 'given twice', start.length + 27],
    ["stored as csv location 'x", 'SYNTAX_ERROR', 'never closed', start.length + 23],
    ['stored csv', 'SYNTAX_ERROR', 'STORED AS, LOCATION', start.length],
    ['(a int, a int)', 'SYNTAX_ERROR', 'column a is given twice', start.length + 8],
    ['(a, b int)', 'SYNTAX_ERROR', 'the type of column a', start.length + 2],
    ['(a int', 'SYNTAX_ERROR', 'closing parenthesis', start.length + 6],
    ['(a int not null)', 'NOT_IN_THIS_VERSION', 'the constraint NOT', start.length + 7],
    ['(a int, primary key (a))', 'NOT_IN_THIS_VERSION', 'the constraint PRIMARY', start.length + 8],
    ['with order (a)', 'NOT_IN_THIS_VERSION', 'WITH ORDER', start.length],
    ['options (a 1, A 2)', 'SYNTAX_ERROR', 'option a is given twice', start.length + 14],
    ['options (a =)', 'SYNTAX_ERROR', 'the value of the option', start.length + 11],
  ])('%s', (rest, code, message, position) => {
    try {
      classifyStatement(start + rest)
    } catch (error) {
      if (!(error instanceof QueryError)) throw error
      expect({ code: error.code, position: error.position }).toEqual({ code, position })
      expect(error.message).toContain(message)
      return
    }
    throw new Error('not refused')
  })
})
