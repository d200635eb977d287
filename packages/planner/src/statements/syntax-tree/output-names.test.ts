import { quoteLiteral } from '@arbalest/common'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outputNames } from './output-names.js'
import { readSyntaxTree } from './syntax-tree.js'

let connection: DuckDBConnection
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  await connection.run(`CREATE TABLE t AS SELECT 1 AS "Abc", {'Fx': 1} AS s, 'x' AS k, [1] AS l`)
  await connection.run('CREATE TABLE u AS SELECT 1 AS ABC, 2 AS n')
})
afterAll(() => connection.closeSync())

async function names(sql: string): Promise<readonly string[] | undefined> {
  const [row] = (await connection.runAndReadAll(`SELECT json_serialize_sql(${quoteLiteral(sql)})`)).getRowsJson()
  const columns = (await connection.runAndReadAll('SELECT column_name FROM duckdb_columns()')).getRowsJson()
  return outputNames(readSyntaxTree(String(row?.[0]), sql), columns.map(([name]) => String(name)))
}

describe('told, as DuckDB calls them', () => {
  test.each([
    'SELECT k, t.k AS "Q q", main.t.l FROM t',
    'SELECT max(k) AS m, "Fx" AS Fx FROM (SELECT s.Fx AS "Fx", k FROM t) GROUP BY ALL ORDER BY 1',
    'WITH c AS (SELECT n FROM u) SELECT n FROM c WHERE n > (SELECT 1)',
    'WITH c(zZ) AS (SELECT n FROM u) SELECT n AS zZ, 1 AS n FROM c, u',
    'SELECT 1 AS a, 2 AS A',
    'SELECT K.n FROM u AS K',
  ])('%s', async (sql) => {
    expect(await names(sql)).toEqual((await connection.runAndReadAll(sql)).columnNames())
  })
})

describe('not told', () => {
  test.each([
    'SELECT * FROM t', 'SELECT k + 1 FROM t', 'SELECT count(*) FROM t', 'SELECT max(COLUMNS(*)) AS x FROM u',
    'SELECT aBC FROM u', 'SELECT Abc FROM t', 'SELECT s.fX FROM t', 'SELECT K FROM t',
    "SELECT unnest({'a': 1}) AS b", 'SELECT range FROM range(3)', 'SELECT 1 AS a UNION ALL BY NAME SELECT 2 AS b',
    'WITH c(zZ) AS (SELECT n FROM u) SELECT zz FROM c', 'FROM (PIVOT u ON n IN (2) USING sum(ABC))',
    'SELECT "Abc", abc FROM t',
  ])('%s', async (sql) => expect(await names(sql)).toBeUndefined())
})
