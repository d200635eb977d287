/** Tables that statements make and write: created, filled, read back as plain DuckDB would. */
import { appendFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { typeSamples } from '../../packages/plan/src/testing/type-samples.js'
import { makeSampleTable } from '../types/sample-tables.js'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab

beforeAll(async () => {
  lab = await startStatementLab()
})

afterAll(() => lab?.close())

const all = (table: string) => lab.rows(`SELECT * FROM ${table} ORDER BY ALL`)

describe('CREATE TABLE', () => {
  test('keeps columns, defaults and constraints, and no rows', async () => {
    await lab.run("CREATE TABLE made (id BIGINT NOT NULL, name VARCHAR DEFAULT 'none', CHECK (id > 0))")
    expect(await all('made')).toEqual([])
    expect((await lab.rows('DESCRIBE made')).map(([name, type]) => [name, type])).toEqual([
      ['id', 'BIGINT'], ['name', 'VARCHAR'],
    ])
    expect(await lab.failure('CREATE TABLE made (a INT)')).toMatchObject({ code: 'TABLE_EXISTS' })
    await lab.run('CREATE TABLE IF NOT EXISTS made (a INT)')
    await lab.run('CREATE OR REPLACE TABLE made (a INT)')
    expect((await lab.rows('DESCRIBE made')).map(([name]) => name)).toEqual(['a'])
  })
  test('takes the rows of a query, distributed', async () => {
    const made = await lab.run('CREATE TABLE numbers AS SELECT i, i % 7 AS k, NULL AS n FROM range(10000) t(i)')
    expect(made.rows).toEqual([['10000']])
    expect(made.columns).toEqual([{ name: 'Count', type: 'BIGINT' }])
    expect(await lab.rows('SELECT count(*), sum(i), count(n) FROM numbers')).toEqual([['10000', '49995000', '0']])
    await lab.run('CREATE TABLE sums(k, total) AS SELECT k, sum(i) FROM numbers GROUP BY k')
    expect(await lab.rows('SELECT sum(total), typeof(any_value(total)) FROM sums')).toEqual([['49995000', 'HUGEINT']])
  })
  test('DESCRIBE tells what the table says of its columns', async () => {
    await lab.run("CREATE TABLE told (a INTEGER NOT NULL DEFAULT 3, b VARCHAR DEFAULT 'x', c DATE)")
    expect(await lab.rows('DESCRIBE told')).toEqual([
      ['a', 'INTEGER', 'NO', null, '3', null], ['b', 'VARCHAR', 'YES', null, "'x'", null],
      ['c', 'DATE', 'YES', null, null, null],
    ])
  })
  test('says where an error is', async () => {
    expect(await lab.failure('CREATE TABLE bad AS SELECT nothing FROM numbers')).toMatchObject({
      code: 'UNKNOWN_COLUMN', position: 27,
    })
    expect(await lab.failure('CREATE TABLE bad (a INT, b NOTYPE)')).toMatchObject({ position: 27 })
    for (const type of ['"NULL"', '"NULL"[]', 'STRUCT(x "NULL")', 'TYPE', "GEOMETRY('OGC:CRS84')"]) {
      expect((await lab.failure(`CREATE TABLE bad (a ${type})`)).code).toMatch(/^NOT_/)
    }
    expect(await lab.failure('CREATE TABLE bad (a INT PRIMARY KEY)')).toMatchObject({
      code: 'NOT_IN_THIS_VERSION', position: 24,
    })
  })
})

describe('INSERT', () => {
  beforeAll(async () => {
    await lab.run("CREATE TABLE people (id INT NOT NULL, name VARCHAR DEFAULT 'none', born DATE, CHECK (id > 0))")
  })
  test('appends values and queries, by position and by name', async () => {
    const inserted = await lab.run("INSERT INTO people VALUES (1, 'a', '2000-01-01'), (2, DEFAULT, NULL)")
    expect(inserted.rows).toEqual([['2']])
    await lab.run("INSERT INTO people (name, id) VALUES ('c', 3)")
    await lab.run("INSERT INTO people BY NAME SELECT DATE '2001-01-01' AS born, 4 AS id")
    await lab.run('INSERT INTO people SELECT id + 10, name, born FROM people')
    expect(await all('people')).toEqual([
      ['1', 'a', '2000-01-01'], ['2', 'none', null], ['3', 'c', null], ['4', 'none', '2001-01-01'],
      ['11', 'a', '2000-01-01'], ['12', 'none', null], ['13', 'c', null], ['14', 'none', '2001-01-01'],
    ])
  })
  test('refuses rows that break a constraint, all of them', async () => {
    const before = await all('people')
    expect(await lab.failure('INSERT INTO people VALUES (50), (NULL)')).toMatchObject({ code: 'BINDER_ERROR' })
    expect(await lab.failure('INSERT INTO people (id) VALUES (50), (NULL)')).toMatchObject({
      code: 'EXECUTION_ERROR', message: expect.stringContaining('NOT NULL constraint failed: people.id') as string,
    })
    expect(await lab.failure('INSERT INTO people (id) SELECT i FROM range(9) t(i)')).toMatchObject({
      message: expect.stringContaining('CHECK constraint failed') as string,
    })
    expect(await lab.failure("INSERT INTO people (id) VALUES (51), ('x')")).toMatchObject({ code: 'EXECUTION_ERROR' })
    expect(await all('people')).toEqual(before)
  })
  test('gives each value of a list the type of its column', async () => {
    await lab.run('CREATE TABLE texts (v VARCHAR, d DOUBLE)')
    await lab.run("INSERT INTO texts VALUES (1, 1), ('a', 2.5), (2.50, 3)")
    expect(await all('texts')).toEqual([['1', '1.0'], ['2.50', '3.0'], ['a', '2.5']])
  })
  test('is seen through views', async () => {
    await lab.run('CREATE VIEW younger AS SELECT id FROM people WHERE id > 10')
    expect(await lab.rows('SELECT count(*) FROM younger')).toEqual([['4']])
    await lab.run('INSERT INTO people (id) VALUES (99)')
    expect(await lab.rows('SELECT count(*) FROM younger')).toEqual([['5']])
  })
})

test('many small files become few, and the rows keep their order', async () => {
  await lab.run('CREATE TABLE drops (n INT)')
  for (let n = 0; n < 66; n++) await lab.run(`INSERT INTO drops VALUES (${n})`)
  const rows = await lab.rows('SELECT n FROM drops')
  expect(rows.map(([n]) => Number(n))).toEqual(Array.from({ length: 66 }, (_, n) => n))
  const plan = (await lab.rows('EXPLAIN SELECT n FROM drops')).flat().join('\n')
  expect(plan).toMatch(/drops \([1-4] files?/)
}, 30_000)

test('temporary tables are their session\'s own', async () => {
  const [mine, other] = [await lab.cluster.session(), await lab.cluster.session()]
  await lab.run('CREATE OR REPLACE TABLE namesake AS SELECT 1 AS a')
  await lab.run('CREATE TEMP TABLE namesake (a INT DEFAULT 7)', mine)
  await lab.run('INSERT INTO namesake DEFAULT VALUES', mine)
  await lab.run('INSERT INTO namesake SELECT a + 1 FROM namesake', mine)
  await lab.run('UPDATE namesake SET a = a * 10', mine)
  await lab.run('DELETE FROM namesake WHERE a = 80', mine)
  expect(await lab.rows('FROM namesake', mine)).toEqual([['70']])
  expect(await lab.rows('FROM namesake', other)).toEqual([['1']])
  await lab.run('CREATE TEMP TABLE copied AS FROM namesake', mine)
  expect(await lab.rows('FROM copied', mine)).toEqual([['70']])
  expect(await lab.failure('FROM copied', other)).toMatchObject({ code: 'UNKNOWN_TABLE' })
})

describe('every type comes back as it was', () => {
  let instance: DuckDBInstance
  let oracle: DuckDBConnection

  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    oracle = await instance.connect()
  })
  afterAll(() => {
    oracle?.closeSync()
    instance?.closeSync()
  })
  test.each(typeSamples.map((sample, at) => ({ type: sample.type, sample, at })))('$type', async ({ sample, at }) => {
    const source = `sample_${at}`
    await makeSampleTable({ name: source, sample }, { oracle, sessions: [lab.session], directory: lab.directory })
    await lab.run(`CREATE TABLE typed_${at} AS FROM ${source} LIMIT 0`)
    await lab.run(`INSERT INTO typed_${at} FROM ${source}`)
    const rows = (table: string) => lab.rows(`SELECT id, v FROM ${table} ORDER BY id`)
    expect(await rows(`typed_${at}`)).toEqual(await rows(source))
    const type = sample.type === '"NULL"' ? [['INTEGER']] : await lab.rows(`SELECT DISTINCT typeof(v) FROM ${source}`)
    expect(await lab.rows(`SELECT DISTINCT typeof(v) FROM typed_${at}`)).toEqual(type)
  })
})

test('a file of a table that somebody has changed or taken away is told as damage of the table', async () => {
  for (const [sql, spoil] of [
    ['SELECT 1 AS a', (path: string) => appendFile(path, 'x')],
    ['SELECT 2 AS a', (path: string) => rm(path)],
  ] as const) {
    const before = new Set(await readdir(lab.cluster.warehouseDir, { recursive: true }))
    await lab.run(`CREATE OR REPLACE TABLE spoilt AS ${sql}`)
    const all = await readdir(lab.cluster.warehouseDir, { recursive: true })
    const [file] = all.filter((name) => name.endsWith('.parquet') && !before.has(name))
    await spoil(join(lab.cluster.warehouseDir, file!))
    expect(await lab.failure('FROM spoilt')).toMatchObject({ code: 'TABLE_DAMAGED' })
  }
})
