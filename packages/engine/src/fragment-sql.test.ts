import { parseDataType } from '@arbalest/common'
import type { LocalInput } from '@arbalest/plan'
import { expect, test } from 'vitest'
import { fragmentSql } from './fragment-sql.js'

const input: LocalInput = {
  kind: 'shuffle', name: 'input_0', columns: [{ name: 'c0', type: parseDataType('INTEGER') }], paths: [],
  rows: 0, bytes: 0,
}
const empty = '"input_0" AS NOT MATERIALIZED (SELECT CAST(NULL AS INTEGER) AS "c0" WHERE false\n)'

test('a fragment without inputs stays as it is', () => {
  expect(fragmentSql({ sql: 'SELECT 1', inputs: [], slice: [0] })).toBe('SELECT 1')
})

test('inputs come before the fragment', () => {
  expect(fragmentSql({ sql: 'SELECT c0 FROM input_0', inputs: [input], slice: [] }))
    .toBe(`WITH ${empty}\nSELECT c0 FROM input_0`)
})

test("inputs come before the fragment's own table expressions", () => {
  expect(fragmentSql({ sql: 'WITH x AS (SELECT 1) SELECT * FROM x, input_0', inputs: [input], slice: [] }))
    .toBe(`WITH ${empty},\nx AS (SELECT 1) SELECT * FROM x, input_0`)
  expect(fragmentSql({ sql: 'with recursive x AS (SELECT 1) SELECT * FROM x, input_0', inputs: [input], slice: [] }))
    .toBe(`WITH recursive ${empty},\nx AS (SELECT 1) SELECT * FROM x, input_0`)
})

test("the task's slice is there where it is read", () => {
  const sql = 'SELECT 1 WHERE 0 IN (SELECT p FROM task_slice)'
  expect(fragmentSql({ sql, inputs: [], slice: [0, 2] })).toBe(
    'WITH "task_slice" AS NOT MATERIALIZED '
      + `(SELECT CAST(p AS BIGINT) AS p FROM (VALUES (0), (2)) AS slice(p)\n)\n${sql}`,
  )
})

test("the slice stands in front of a fragment's own table expressions, and gives way to one of its name", () => {
  const fragment = 'WITH x AS (SELECT 1) SELECT * FROM x WHERE 0 IN (SELECT p FROM task_slice)'
  expect(fragmentSql({ sql: fragment, inputs: [], slice: [0] })).toMatch(/^WITH "task_slice" AS .*,\nx AS/s)
  for (const name of ['task_slice AS', 'task_slice(p) AS', '"task_slice" (p) as']) {
    const sql = `WITH ${name} (SELECT 1 AS p) SELECT p FROM task_slice`
    expect(fragmentSql({ sql, inputs: [], slice: [0] })).toBe(sql)
  }
})

test('an input that is read by an alias stands in place, so that the text keeps its own table expressions', () => {
  const sql = 'WITH r AS (SELECT a.c0 FROM input_0 AS a , input_0 AS b) SELECT * FROM r , r AS s'
  const select = empty.replace('"input_0" AS NOT MATERIALIZED ', '')
  expect(fragmentSql({ sql, inputs: [input], slice: [] })).toBe(
    `WITH r AS (SELECT a.c0 FROM ${select} AS a , ${select} AS b) SELECT * FROM r , r AS s`,
  )
})

test('an input that is read otherwise as well stands in front', () => {
  const sql = "SELECT 'input_0' FROM input_0 AS a"
  expect(fragmentSql({ sql, inputs: [input], slice: [] })).toBe(`WITH ${empty}\n${sql}`)
})
