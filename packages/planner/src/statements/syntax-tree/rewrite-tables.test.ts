import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columnNameJsons, withColumnNames } from './column-names.js'
import { rewriteTables, type Replacement } from './rewrite-tables.js'
import { withLambdaKeywords } from './lambda-parameters.js'
import { readSyntaxTree, writeSyntaxTree, type SyntaxTree } from './syntax-tree.js'
import type { TableReference } from './table-reference.js'
import { tablesOf } from './tables-of.js'

let connection: DuckDBConnection
beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  connection = await instance.connect()
  await connection.run(`
    create table t (a int, b int, s struct(x int, y varchar));
    insert into t values (1, 2, {'x': 1, 'y': 'p'}), (3, 4, {'x': 2, 'y': 'q'}), (3, 5, null);
    create table u (a int, c varchar);
    insert into u values (1, 'one'), (3, 'three'), (9, null);
    create view stub_t as from t; create view stub_u as from u;
    create view v as select a, b from t where a > 1;
    create schema other; create table other.t as select 100 a; create view stub_ot as from other.t`)
})
afterAll(() => connection.closeSync())

const same: readonly string[] = [
  'select * from t order by all',
  'select t.* from t order by all',
  'select t.a, T.b from T order by all',
  'select main.t.a from t order by all',
  'select list_filter([a, 2], lambda x: x > 1), list_reduce([a, 2], lambda X, "y z": x + "y z") from t order by all',
  'select (select list_transform([a], lambda x: list_sum(list_filter([b, x], lambda y: y > x)))) from t order by all',
  'select main.t.a from main.t order by all',
  'select memory.main.t.s.x from main.t order by all',
  'select main.t.s.x from memory.main.t order by all',
  'select x.a from t as x order by all',
  'select x.p from t as x(p, q) order by all',
  'select t from t where t.a = 1',
  'select * exclude (a) from t order by all',
  'select * exclude (main.t.a) from t order by all',
  'select * exclude (t.s) replace (main.t.a + 1 as a) rename (b as z) from t order by all',
  'select columns(t.*) from t order by all',
  'from t order by all',
  'from t select a where b > 2 order by all',
  'table u order by all',
  'values (1), (2)',
  'select * from (values (1, 2)) x(a, b), t order by all',
  'select x.a, y.b from t x join t y on x.a = y.a order by all',
  'select * from t join u using (a) order by all',
  'select t.a, u.a from t full join u using (a) order by all',
  'select * from t natural join u order by all',
  'select x.a, z.a from t x cross join t y right join u z on z.a = y.b order by all',
  'select x.a, z.a from (t x cross join t y) full join u z on z.a = y.b order by all',
  'select x.a, z.a from u z left join (t x cross join t y) on z.a = y.b order by all',
  'select x.a, w.a from t x, t y right join (u z cross join u w) on z.a = y.b order by all',
  'select x.a, z.a, m from t x cross join lateral (select max(u.c) m from u where u.a = x.a) y full join u z '
    + 'on z.a = x.a order by all',
  'select x.a, n, z.a from t x, unnest([x.b, 2]) l(n) left join u z on z.a = n order by all',
  'select * from t semi join u using (a) order by all',
  'select * from t anti join u on t.a = u.a and u.a = 1 order by all',
  'select t.a, m from t, lateral (select max(u.c) m from u where u.a = t.a) z order by all',
  'select a, (select c from u where u.a = t.a) from t order by all',
  'select a from t where exists (from u where u.a = main.t.a and u.c is null) order by all',
  'select a in (select a from u) from t order by all',
  'select a from t order by (select count(*) from u where u.a = t.a), b',
  'select sum(b) from t group by a having sum(b) > (select min(a) from u) order by all',
  'select a, row_number() over (partition by a order by b) r from t qualify r = 1 order by all',
  'select sum(b) over w from t window w as (partition by a order by b) order by all',
  'with t as (select 7 a) select * from t',
  'with t as (select a + 1 a from t) select * from t order by all',
  'with x as (select * from t) select x.a, t.b from x join t using (b) order by all',
  'with t as (select 7 a) select t.a, m.a from t, main.t m order by all',
  'with t as (select 7 a), x as (select * from t) from x',
  'select * from (with t as (select 7 z) from t), t order by all',
  'with t as (select 7 a) select (with u as (from t) select a from u)',
  'with "T" as (select 9 k) from t',
  'with stub_t as (select 8 k) select k, t.a from stub_t, t order by all',
  'with recursive t(a) as (select a from t where a = 1 union all select a + 1 from t where a < 4) from t',
  `with recursive r(a, b) using key (a) as (select 1, 3 union (select a + 1, b - 1 from r where a < 3
     union all select q.a, q.b from recurring.r q where q.a < 0)) from r order by all`,
  'with x as materialized (select a from t) select * from x x1, x x2 order by all',
  'from t pivot (sum(b) for a in (1, 3)) order by all',
  'pivot (select a, b from t) on a in (1, 3) using sum(b)',
  'unpivot (select a, b from t) on a, b into name n value w order by all',
  'summarize u',
  'select a from t union select a from u order by all',
  '(from t select a) except all (from u select a) order by all',
  'select * from (select (select max(a) from u) + 1, a in (from u select a) from t) order by all',
  'select t.a, c from t positional join u order by all',
  'select distinct on (a) a, b from t order by a, b',
  'select a, count(*) from t group by grouping sets ((a), ()) order by all',
  'select list_transform([a, b], lambda z: z + 1) x from t order by all',
  'select unnest(s) from t order by all',
  'select t.s.y from t order by all',
  'select v.a, main.v.b from v order by all',
  'with t as (select 0 a) select * from v order by all',
  'with stub_t as (select 0 a) select * from v order by all',
  'select w.k from v as w(k, l) order by all',
  'select t.a, o.a from t, other.t o order by all',
  'select other.t.a from other.t',
  'select * from t, range(2) r(i) order by all',
  'select * from t, unnest([a, b]) n(i) order by all',
  `select 12345678901234567890123::hugeint, 9223372036854775807, 12345678901234567890::ubigint,
     1e400 x, -1e400 y, 1.5e300, 1e0, -2e0, 1e25, typeof(1e0), -0.0::double,
     0.1::double, '12345678901234567', 123456789012345678.5,
     'Infinity', 'nan'::double, 0.1e0, [2e0], 0.1e0 + 1, 10.0::double, 1e22`,
  `select 42., typeof(42.), typeof(0042.50), typeof(.5), typeof(0.00), typeof(1234567890123456789012.5),
     typeof(12345678901234567890123456789012345678.), typeof(-7.), 42. / 7`,
  "select 'it''s; \"😀\" {\"longNumber\":\"1\"}' as \"😀\", date '2024-02-29', interval '3 days'",
]

describe('a rewritten query gives the same rows', () => {
  test.each(same)('%s', async (sql) => {
    const tree = await parse(sql)
    const names = await Promise.all(columnNameJsons(tree).map(printJson))
    const rewritten = await print(rewriteTables(withColumnNames(tree, names), await stubs()))
    expect(await run(rewritten)).toEqual(await run(sql))
  })

  test('no original table is left in the text', async () => {
    const texts = await Promise.all(
      ['from t', 'select main.t.a from t, (select * from u) x', 'from v'].map(async (sql) =>
        print(rewriteTables(await parse(sql), await stubs())),
      ),
    )
    expect(texts).toMatchInlineSnapshot(`
      [
        "SELECT * FROM stub_t AS t",
        "SELECT t.a FROM stub_t AS t , (SELECT * FROM stub_u AS u) AS x",
        "SELECT * FROM (SELECT a, b FROM stub_t AS t WHERE (a > 1)) AS v",
      ]
    `)
  })
})

describe('files', () => {
  const toT = (): Replacement => ({ kind: 'table', name: 'stub_t' })
  test.each([
    ["select t.a from 'dir/t.parquet'", 'select t.a from t'],
    ["select x.a from 'dir/*.parquet' x", 'select x.a from t x'],
    ["select x.k from 't.csv.gz' x(k, l, m)", 'select x.k from t x(k, l, m)'],
    ["select read_parquet.a from read_parquet('x')", 'select t.a from t'],
    ["select r.a from read_csv(['a', 'b'], header = true) as r", 'select t.a from t'],
    ["select r.a from read_json('a') as r tablesample 100%", 'select t.a from t'],
  ])('%s', async (sql, equal) => {
    const rewritten = await print(rewriteTables(await parse(sql), toT))
    expect(await run(rewritten)).toEqual(await run(equal))
  })
})

test('what resolve does not know stays, and the tree itself is untouched', async () => {
  const tree = await parse('select main.t.a from t join x using (a)')
  const before = writeSyntaxTree(tree)
  const none = rewriteTables(tree, () => undefined)
  expect(writeSyntaxTree(none)).toBe(before)
  rewriteTables(tree, () => ({ kind: 'table', name: 'y' }))
  expect(writeSyntaxTree(tree)).toBe(before)
})

test('resolve is asked for exactly the references of tablesOf', async () => {
  const tree = await parse('with t as (from t) select * from t, u, read_csv(\'f\') where a in (from v)')
  const asked: TableReference[] = []
  rewriteTables(tree, (reference) => {
    asked.push(reference)
    return undefined
  })
  expect(new Set(asked)).toEqual(new Set(tablesOf(tree)))
  expect(asked).toHaveLength(4)
})

test('deep expressions pass, deeper ones are refused', async () => {
  const sql = `select ${'('.repeat(900)}1${'+1)'.repeat(900)} from t`
  const rewritten = await print(rewriteTables(await parse(sql), await stubs()))
  expect(rewritten).toContain('stub_t')
  const deep = `{"error":false,"statements":${'['.repeat(5000)}${']'.repeat(5000)}}`
  expect(() => readSyntaxTree(deep, '')).toThrow(/nesting/)
})

/** Resolves the tables of this file to their stub views, and the view `v` to its query. */
async function stubs(): Promise<(reference: TableReference) => Replacement | undefined> {
  const table = (name: string): Replacement => ({ kind: 'table', name })
  const resolve = (reference: TableReference): Replacement | undefined => {
    if (reference.kind !== 'name') return undefined
    if (reference.schema === 'other') return table('stub_ot')
    const name = reference.name.toLowerCase()
    return name === 't' || name === 'u' ? table(`stub_${name}`) : undefined
  }
  const view = rewriteTables(await parse('select a, b from t where a > 1'), resolve)
  return (reference) =>
    reference.kind === 'name' && reference.name === 'v' ? { kind: 'view', tree: view } : resolve(reference)
}

async function parse(sql: string): Promise<SyntaxTree> {
  const literal = `'${sql.replaceAll("'", "''")}'`
  const reader = await connection.runAndReadAll(`select json_serialize_sql(${literal})`)
  return readSyntaxTree(String(reader.getRows()[0]?.[0]), sql)
}

const print = (tree: SyntaxTree): Promise<string> => printJson(writeSyntaxTree(tree))

async function printJson(json: string): Promise<string> {
  const literal = `'${json.replaceAll("'", "''")}'`
  const reader = await connection.runAndReadAll(`select json_deserialize_sql(${literal})`)
  return withLambdaKeywords(String(reader.getRows()[0]?.[0]))
}

async function run(sql: string): Promise<unknown> {
  const reader = await connection.runAndReadAll(sql)
  return { columns: reader.deduplicatedColumnNames(), rows: reader.getRowsJson() }
}
