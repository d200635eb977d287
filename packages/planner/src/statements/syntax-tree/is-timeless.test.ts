import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTimeless } from './is-timeless.js'
import { readSyntaxTree } from './syntax-tree.js'

let connection: DuckDBConnection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})
afterAll(() => connection.closeSync())

test.each([
  'select 1, true, null',
  'select n_name from nation where n_nationkey = 7',
  "select sum(a), count(*), count(distinct b) from t where d < date '1998-12-01' - interval '90' day group by c",
  "select * from t where d >= date '1994-01-01' + interval '1' year and s like '%BRASS' and n in ('a', 'b')",
  "select case when a > 1 then 'low' else 'high' end, substring(s, 1, 2), row_number() over (order by a) from t",
  'with x as (select a + 0.0001 / 10 as b from t) select max(b) from x where exists (select 1 from u where u.a = x.b)',
])('keeps its meaning: %s', async (sql) => {
  expect(isTimeless(await treeOf(sql))).toBe(true)
})

test.each([
  'select now()', 'select current_date', 'select current_timestamp from t', 'select a from t where d < today()',
  "select age(d) from t", "select * from t where d = 'today'", "select 'now'::timestamp", "select ' Tomorrow '::date",
  "select ('to' || 'day')::date", "select * from t where d > concat('n', 'ow')", 'select random(), uuid()',
  'select (select max(a) from t where d < localtimestamp)', "select * from (select current_schema() as s) x, t",
])('depends on the moment, or may: %s', async (sql) => {
  expect(isTimeless(await treeOf(sql))).toBe(false)
})

test('every function whose value lasts for one query only is known', async () => {
  const rows = await connection.runAndReadAll(
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE stability = 'CONSISTENT_WITHIN_QUERY'",
  )
  // Refused in queries.
  const refused = ['in_search_path', 'txid_current']
  for (const name of rows.getRows().map(([value]) => String(value))) {
    if (refused.includes(name)) continue
    expect([name, isTimeless(await treeOf(`select "${name}"(a) from t`))]).toEqual([name, false])
  }
})

async function treeOf(sql: string) {
  const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)::VARCHAR', [sql])
  return readSyntaxTree(String(result.getRows()[0]?.[0]), sql)
}
