import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { QueryError } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readSyntaxTree, type SyntaxTree } from './syntax-tree.js'
import { tablesOf } from './tables-of.js'

let connection: DuckDBConnection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
})
afterAll(() => connection.closeSync())

test.each([
  ['select 1', []],
  ["select '😀', a from t", ['t@20']],
  ['from t x, t y', ['t@5', 't@10']],
  ['from s.t, c.s.t', ['s.t@5', 'c.s.t@10']],
  ['select (select 1 from a), b in (from c) from d where exists (from e)', ['a@22', 'c@37', 'd@45', 'e@66']],
  ['from a join b on a.x = (select max(x) from c) order by (from d)', ['a@5', 'b@12', 'c@43', 'd@61']],
  ['with a as (from b), c as (from a) from c, d', ['b@16', 'd@42']],
  ['with a as (from b), b as (from a) from b', ['b@16']],
  ['with t as (from t) from T', ['t@16']],
  ['with t as (select 1) from main.t', ['main.t@26']],
  ['with recursive r as (from s union all from r, t) from r', ['s@26', 't@46']],
  ['from (with t as (select 1) from t), t', ['t@36']],
  ['from t pivot (sum(b) for a in (1)), (unpivot u on x)', ['t@5', 'u@45']],
  ['select sum(x) filter (x in (from t)) over (order by (from u)) from range(1)', ['t@33', 'u@58']],
  ['summarize t', ['t@10']],
  ["from 'a/b*.parquet', 'x.csv.gz', \"t.x\"", ['file a/b*.parquet@5', 'file x.csv.gz@21', 't.x@33']],
])('%s', async (sql, expected) => {
  const references = tablesOf(await parse(sql)).map((reference) => {
    const at = `@${String(reference.position)}`
    if (reference.kind === 'file') return `file ${reference.path}${at}`
    if (reference.kind === 'file-function') return `${reference.function}${at}`
    const { catalog, schema, name } = reference
    return [catalog, schema, name].filter((part) => part !== undefined).join('.') + at
  })
  expect(references).toEqual(expected)
})

test('file functions carry their paths and options', async () => {
  const sql = `from READ_CSV(['a', 'b'], sep = ';', header := false, Sample_Size => -1, x = 1.5)`
  expect(tablesOf(await parse(sql))).toEqual([
    {
      kind: 'file-function',
      function: 'read_csv',
      paths: ['a', 'b'],
      options: { sep: ';', header: 'false', sample_size: '-1', x: '1.5' },
      position: 5,
    },
  ])
})

test.each([
  ["from read_parquet('a' || 'b')", 'NOT_ALLOWED'],
  ['from t, read_csv(t.a)', 'NOT_ALLOWED'],
  ["from read_parquet('a', 'b')", 'NOT_ALLOWED'],
  ['from read_parquet([])', 'NOT_ALLOWED'],
  ['from read_parquet($1)', 'NOT_ALLOWED'],
  ["from read_csv('a', sep = chr(59))", 'NOT_ALLOWED'],
  ["from read_csv('a', columns = {'a': 'INT'})", 'NOT_IN_THIS_VERSION'],
  ["from read_csv('a') with ordinality", 'NOT_IN_THIS_VERSION'],
  ['from t at (version => 1)', 'NOT_IN_THIS_VERSION'],
])('%s is refused', async (sql, code) => {
  const tree = await parse(sql)
  const refused = (): unknown => tablesOf(tree)
  expect(refused).toThrow(QueryError)
  expect(refused).toThrow(expect.objectContaining({ code }))
})

test.each([
  ["select 'é😀' from where", 'SYNTAX_ERROR', 18],
  ['select 1; select 2', 'SYNTAX_ERROR', 0],
  ['', 'SYNTAX_ERROR', 0],
  ['with x as (select 1) insert into t from x', 'NOT_IN_THIS_VERSION', undefined],
])('%s is not one query', async (sql, code, position) => {
  await expect(parse(sql)).rejects.toMatchObject({ code, position })
})

async function parse(sql: string): Promise<SyntaxTree> {
  const literal = `'${sql.replaceAll("'", "''")}'`
  const reader = await connection.runAndReadAll(`select json_serialize_sql(${literal})`)
  return readSyntaxTree(String(reader.getRows()[0]?.[0]), sql)
}
