import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT i AS n, i % 3 AS k FROM range(10) r(i)', 'numbers.parquet')
  await lab.run("CREATE EXTERNAL TABLE numbers STORED AS PARQUET LOCATION 'numbers.parquet'")
})
afterAll(() => lab?.close())

/** The rows, which must be the same whole and distributed. */
async function rows(sql: string, session = lab.session) {
  await lab.run('SET arbalest.distribute = never', session)
  const whole = await lab.rows(sql, session)
  await lab.run('SET arbalest.distribute = always', session)
  expect(await lab.rows(sql, session)).toEqual(whole)
  return whole
}

test('scalar macros: overloads, default values, named arguments, macros in macros', async () => {
  await lab.run('CREATE MACRO plus(a, b := 2) AS a + b, (a, b, c) AS a * b * c')
  await lab.run('CREATE FUNCTION twice(x) AS plus(x, x)')
  expect(await rows('SELECT plus(1), plus(1, 3), plus(1, b := 5), plus(2, 3, 4), twice(n) FROM numbers WHERE n = 4'))
    .toEqual([['3', '4', '6', '24', '8']])
  expect(await rows('SELECT k, sum(twice(n)) FROM numbers GROUP BY k ORDER BY twice(k)'))
    .toEqual([['0', '36'], ['1', '24'], ['2', '30']])
  await lab.run('CREATE OR REPLACE MACRO plus(a) AS a + 100')
  expect(await rows('SELECT plus(n) FROM numbers WHERE n = 4')).toEqual([['104']])
})

test('an aggregate in a macro, a query over a table in a macro', async () => {
  await lab.run('CREATE MACRO spread(x) AS max(x) - min(x)')
  await lab.run('CREATE MACRO above(x) AS (SELECT count(*) FROM numbers WHERE n > x)')
  expect(await rows('SELECT k, spread(n) FROM numbers GROUP BY k ORDER BY k'))
    .toEqual([['0', '9'], ['1', '6'], ['2', '6']])
  expect(await rows('SELECT v, above(v) FROM (SELECT n AS v FROM numbers) WHERE v > 7 ORDER BY v'))
    .toEqual([['8', '1'], ['9', '0']])
  expect(await rows('SELECT above(3)')).toEqual([['6']])
})

test('table macros', async () => {
  await lab.run('CREATE MACRO upto(x) AS TABLE SELECT n, k FROM numbers WHERE n <= x')
  await lab.run('CREATE MACRO pick(a) AS TABLE (SELECT a AS v), (a, b) AS TABLE (SELECT a + b AS v)')
  expect(await rows('SELECT sum(n), count(DISTINCT k) FROM upto(4)')).toEqual([['10', '3']])
  expect(await rows('SELECT u.n FROM upto(4) u JOIN numbers USING (n) WHERE u.k = 1 ORDER BY 1'))
    .toEqual([['1'], ['4']])
  expect(await rows('FROM pick(1) UNION ALL FROM pick(1, 2) ORDER BY 1')).toEqual([['1'], ['3']])
  await lab.run('CREATE VIEW small AS SELECT * FROM upto(2)')
  expect(await rows('SELECT count(*) FROM small')).toEqual([['3']])
  await lab.run('DROP MACRO TABLE upto')
  expect(await lab.failure('FROM upto(1)')).toMatchObject({ code: 'NOT_ALLOWED' })
})

test('macros of a schema, and of a session', async () => {
  const other = await lab.cluster.session()
  await lab.run('CREATE SCHEMA calc', other)
  await lab.run('USE calc', other)
  await lab.run('CREATE VIEW source AS SELECT max(n) AS top FROM numbers', other)
  await lab.run('CREATE MACRO inc(x) AS x + (SELECT top FROM source)', other)
  await lab.run('CREATE MACRO inc2(x) AS inc(inc(x))', other)
  await lab.run('CREATE MACRO main.inc(x) AS x + 1000', other)
  expect(await rows('SELECT inc(1), calc.inc(1), calc.inc2(1), main.inc(1)', other))
    .toEqual([['10', '10', '19', '1001']])
  expect(await rows('SELECT inc(1), calc.inc(1), calc.inc2(1)')).toEqual([['1001', '10', '19']])
  await lab.run('CREATE TEMP MACRO inc(x) AS -x', other)
  expect(await rows('SELECT inc(1)', other)).toEqual([['-1']])
  expect(await rows('SELECT inc(1)')).toEqual([['1001']])
  await lab.run('DROP SCHEMA calc CASCADE')
  expect(await lab.failure('SELECT calc.inc(1)')).toMatchObject({ code: expect.stringMatching(/^UNKNOWN/) as string })
  await lab.run('DROP MACRO inc')
})

test('what is wrong with a macro is told where it is', async () => {
  expect(await lab.failure('CREATE MACRO bad(x) AS x + nothing')).toMatchObject({ code: 'UNKNOWN_COLUMN' })
  expect(await lab.failure("CREATE MACRO bad(x) AS getenv('HOME')"))
    .toMatchObject({ code: 'NOT_ALLOWED', position: 23 })
  expect(await lab.failure("CREATE MACRO bad(x) AS TABLE SELECT * FROM glob('*')"))
    .toMatchObject({ code: 'NOT_ALLOWED', position: 43 })
  expect(await lab.failure('CREATE MACRO bad(x) AS (SELECT a FROM nowhere)'))
    .toMatchObject({ code: 'UNKNOWN_TABLE', position: 38 })
  expect(await lab.failure("CREATE MACRO bad(x := getenv('HOME')) AS x")).toMatchObject({ code: 'NOT_ALLOWED' })
  for (const name of ['sum', 'read_parquet', 'json_serialize_sql', '"+"']) {
    expect(await lab.failure(`CREATE MACRO ${name}(a, b) AS a`)).toMatchObject({ code: 'BINDER_ERROR' })
  }
  await lab.run('CREATE MACRO once(x) AS x')
  expect(await lab.failure('CREATE MACRO once(x) AS x')).toMatchObject({ code: 'OBJECT_EXISTS' })
  await lab.run('CREATE MACRO IF NOT EXISTS once(x) AS x + 1')
  expect(await lab.rows('SELECT once(1)')).toEqual([['1']])
  await lab.run('DROP MACRO once')
  expect(await lab.failure('DROP FUNCTION once')).toMatchObject({ code: 'UNKNOWN_OBJECT' })
  await lab.run('DROP MACRO IF EXISTS once')
})

test('types: enumerations, names for other types, structs', async () => {
  await lab.run("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')")
  await lab.run('CREATE TYPE pair AS STRUCT(a INTEGER, m mood)')
  await lab.run('CREATE TYPE age AS SMALLINT')
  await lab.run('CREATE TYPE keys AS ENUM (SELECT CAST(k AS VARCHAR) FROM numbers ORDER BY k DESC)')
  expect(await rows("SELECT 'ok'::mood < 'happy'::mood, typeof({'a': 1, 'm': 'sad'}::pair), typeof(3::age)"))
    .toEqual([['true', "STRUCT(a INTEGER, m ENUM('sad', 'ok', 'happy'))", 'SMALLINT']])
  expect(await rows("SELECT enum_range(NULL::keys), [k::VARCHAR::keys] FROM numbers WHERE n = 1"))
    .toEqual([['[2, 1, 0]', '[1]']])
  await lab.run("CREATE TABLE felt (m mood, p pair)")
  await lab.run("INSERT INTO felt VALUES ('happy', {'a': 1, 'm': 'ok'}), ('sad', NULL)")
  expect(await rows('SELECT m, p.m FROM felt ORDER BY m')).toEqual([['sad', null], ['happy', 'ok']])
  expect(await lab.failure("SELECT 'x'::mod")).toMatchObject({ code: expect.any(String) as string })
  expect(await rows("SELECT 'b'::ENUM('a', 'b')::VARCHAR || k, typeof('x'::ENUM('x')) FROM numbers WHERE n = 4"))
    .toEqual([['b1', "ENUM('x')"]])
  expect(await lab.failure("SELECT 'b'::ENUM('ä', 'b'), nothing FROM numbers"))
    .toMatchObject({ code: 'UNKNOWN_COLUMN', position: 28 })
  await lab.run('DROP TYPE age')
  expect(await lab.failure('DROP TYPE age')).toMatchObject({ code: 'UNKNOWN_OBJECT' })
  expect(await lab.failure('CREATE TYPE mood AS INTEGER')).toMatchObject({ code: 'OBJECT_EXISTS' })
})

test('temporary views are their session’s, and end with it', async () => {
  const [one, two] = [await lab.cluster.session(), await lab.cluster.session()]
  await lab.run('CREATE TEMP VIEW mine AS SELECT 1 AS a', one)
  await lab.run('CREATE TEMPORARY VIEW mine AS SELECT n AS a FROM numbers WHERE n = 2', two)
  await lab.run('CREATE TEMP VIEW numbers AS SELECT a FROM mine', two)
  expect(await rows('FROM mine', one)).toEqual([['1']])
  expect(await rows('FROM numbers', two)).toEqual([['2']])
  expect(await lab.failure('FROM mine')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  expect(await lab.rows('SHOW TABLES', two)).toEqual(expect.arrayContaining([['temp', 'mine', 'view']]))
  expect((await lab.rows('SHOW TABLES')).some(([, name]) => name === 'mine')).toBe(false)
  expect(await lab.failure('CREATE VIEW shared AS SELECT * FROM mine', two)).toMatchObject({ code: 'BINDER_ERROR' })
  await lab.run('DROP VIEW numbers', two)
  expect(await rows('SELECT count(*) FROM numbers', two)).toEqual([['10']])
  await one.close()
  await two.close()
})
