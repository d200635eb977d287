import { quoteLiteral } from '@arbalest/common'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withLambdaKeywords } from './lambda-parameters.js'
import { readSyntaxTree, writeSyntaxTree } from './syntax-tree.js'

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
})
afterAll(() => connection.closeSync())

const text = async (call: string, argument: string): Promise<string> =>
  String((await connection.runAndReadAll(`SELECT ${call}(${quoteLiteral(argument)})`)).getRowsJson()[0]?.[0])

/** What DuckDB prints of the text. */
const written = async (sql: string): Promise<string> =>
  withLambdaKeywords(
    await text('json_deserialize_sql', writeSyntaxTree(readSyntaxTree(await text('json_serialize_sql', sql), sql))))

test.each([
  ['list_filter(l, lambda x: x > y)', 'list_filter(l, (lambda x: (x > y)))'],
  ['list_reduce(l, lambda a, b: a + B)', 'list_reduce(l, (lambda a, b: (a + B)))'],
  ['list_transform(l, lambda x: x.a.b + t.x)', 'list_transform(l, (lambda x: (x.a.b + t.x)))'],
  ['list_transform(l, lambda x: list_sum(list_filter(x, lambda y: y > x[1])))',
    'list_transform(l, (lambda x: list_sum(list_filter(x, (lambda y: (y > x[1]))))))'],
  ['list_transform(l, lambda "a b": "a b" || \'x -> y\')', 'list_transform(l, (lambda "a b": ("a b" || \'x -> y\')))'],
])('%s', async (expression, expected) => {
  expect(await written(`SELECT ${expression} AS c FROM t`)).toBe(`SELECT ${expected} AS c FROM t`)
})

test("JSON's arrow stays, before and inside of a lambda", async () => {
  const sql = `SELECT (j -> 'x') AS c, list_transform(l, lambda x: (j -> 'x')) AS d FROM t`
  expect(await written(sql)).toBe(
    "SELECT (j -> 'x') AS c, list_transform(l, (lambda x: (j -> 'x'))) AS d FROM t")
})

test('a column of the query around does not make JSON of it', async () => {
  const sql = `SELECT (SELECT list_sum(list_filter(a.l, lambda x: x <> b.x))) AS c
    FROM (SELECT [1, 2] AS l) AS a, (SELECT 1 AS x) AS b`
  const [row] = (await connection.runAndReadAll(await written(sql))).getRowsJson()
  expect(row).toEqual(['2'])
})

test('within a struct that is written out the column goes before the parameter, as DuckDB has it', async () => {
  const sql = "SELECT list_transform([0, 3], lambda x: {'a': x})[1].a AS c FROM (SELECT 7 AS x) AS t"
  const [row] = (await connection.runAndReadAll(await written(sql))).getRowsJson()
  expect(row).toEqual((await connection.runAndReadAll(sql)).getRowsJson()[0])
})
