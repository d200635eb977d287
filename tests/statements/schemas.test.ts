import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT i AS n, i % 3 AS k FROM range(10) r(i)', 'numbers.parquet')
  await lab.copy("SELECT 'other' AS n", 'other.parquet')
  await lab.run("CREATE EXTERNAL TABLE numbers STORED AS PARQUET LOCATION 'numbers.parquet'")
})
afterAll(() => lab?.close())

const modes = ['always', 'never']

test('a table of the same name in a schema is another one', async () => {
  await lab.run('CREATE SCHEMA shop')
  await lab.run("CREATE EXTERNAL TABLE shop.numbers STORED AS PARQUET LOCATION 'other.parquet'")
  for (const mode of modes) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows('SELECT count(*), max(n) FROM numbers')).toEqual([['10', '9']])
    expect(await lab.rows('SELECT n FROM shop.numbers')).toEqual([['other']])
    expect(await lab.rows('SHOW TABLES FROM shop')).toEqual([['shop', 'numbers', 'table']])
    expect(await lab.rows('SELECT shop.numbers.n FROM arbalest.shop.numbers')).toEqual([['other']])
    expect(await lab.rows('SELECT min(arbalest.main.numbers.n) FROM arbalest.main.numbers')).toEqual([['0']])
    expect(await lab.rows('SELECT count(*) FROM arbalest.numbers a, shop.numbers b')).toEqual([['10']])
  }
})

test('names without a schema are those of the session, then of main', async () => {
  const other = await lab.cluster.session()
  await lab.run('CREATE SCHEMA first', other)
  await lab.run('USE first', other)
  await lab.run('CREATE VIEW t AS SELECT max(n) AS m FROM numbers', other)
  await lab.run("CREATE VIEW numbers AS SELECT 'first' AS n", other)
  for (const mode of modes) {
    await lab.run(`SET arbalest.distribute = ${mode}`, other)
    expect(await lab.rows('SELECT numbers.n, first.numbers.n FROM numbers', other)).toEqual([['first', 'first']])
    expect(await lab.rows('SELECT count(*) FROM main.numbers', other)).toEqual([['10']])
    expect(await lab.rows('SELECT first.t.m FROM first.t')).toEqual([['9']])
  }
  expect(await lab.failure('FROM t')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  await lab.run('USE arbalest', other)
  expect(await lab.rows('SELECT count(*) FROM numbers', other)).toEqual([['10']])
  expect(await lab.rows('SHOW SCHEMAS', other)).toEqual(expect.arrayContaining([['first', ''], ['main', 'yes']]))
  await lab.run('DROP SCHEMA first CASCADE')
})

test('the schema of the session is told, before it holds anything, wherever the query runs', async () => {
  const other = await lab.cluster.session()
  await lab.run('CREATE SCHEMA told', other)
  await lab.run('USE told', other)
  const sql = 'SELECT current_schema(), upper(current_schema()) AS u FROM main.numbers LIMIT 1'
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`, other)
    expect((await lab.run(sql, other)).rows).toEqual([['told', 'TOLD']])
    expect((await lab.run('SELECT current_schema()', other)).rows).toEqual([['told']])
  }
  expect(await lab.rows('SELECT current_schema()')).toEqual([['main']])
  await lab.run('DROP SCHEMA told', other)
})

test('a view means the same in every session', async () => {
  const other = await lab.cluster.session()
  await lab.run('CREATE SCHEMA means', other)
  await lab.run('USE means', other)
  await lab.run('CREATE VIEW source AS SELECT 1 AS a', other)
  await lab.run('CREATE VIEW main.reader AS SELECT source.a FROM source WHERE a IN (FROM source)', other)
  await lab.run('CREATE VIEW main.source AS SELECT 2 AS a')
  await lab.run('CREATE VIEW main.counts AS SELECT count(*) AS c FROM numbers')
  await lab.run('CREATE VIEW numbers AS SELECT 1 AS a', other)
  for (const session of [lab.session, other]) {
    expect(await lab.rows('SELECT * FROM reader', session)).toEqual([['1']])
    expect(await lab.rows('SELECT * FROM counts', session)).toEqual([['10']])
  }
  expect(await lab.failure('DROP SCHEMA means')).toMatchObject({ code: 'BINDER_ERROR' })
  await lab.run('DROP SCHEMA means CASCADE')
  expect(await lab.failure('FROM reader')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  expect(await lab.rows('FROM counts')).toEqual([['10']])
})

test('made, dropped, and what is refused', async () => {
  await lab.run('CREATE SCHEMA IF NOT EXISTS again')
  await lab.run('CREATE SCHEMA IF NOT EXISTS AGAIN')
  expect(await lab.failure('CREATE SCHEMA Again')).toMatchObject({ code: 'OBJECT_EXISTS' })
  await lab.run('DROP SCHEMA again')
  await lab.run('DROP SCHEMA IF EXISTS again')
  expect((await lab.failure('DROP SCHEMA agai')).code).toBe('UNKNOWN_SCHEMA')
  expect(await lab.failure('USE nowhere')).toMatchObject({ code: 'UNKNOWN_SCHEMA' })
  expect(await lab.failure('CREATE SCHEMA information_schema')).toMatchObject({ code: 'BINDER_ERROR' })
  expect(await lab.failure('CREATE SCHEMA else.where')).toMatchObject({ code: 'UNKNOWN_SCHEMA' })
  expect(await lab.failure('CREATE VIEW nowhere.v AS SELECT 1')).toMatchObject({ code: 'UNKNOWN_SCHEMA' })
  expect(await lab.failure('SELECT 1 FROM nowhere.v')).toMatchObject({ code: 'UNKNOWN_SCHEMA', position: 14 })
  expect(await lab.failure('SELECT 1 FROM other.main.v')).toMatchObject({ code: 'UNKNOWN_SCHEMA' })
})
