import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy("SELECT i AS id, 'n' || i AS name FROM range(5) r(i)", 'people.parquet')
  await lab.text('orders/1.csv', 'id|amount\n1|10\n2|20\n')
  await lab.text('orders/2.csv', 'id|amount\n1|5\n')
  await lab.text('notes.json', '{"id": 1, "note": "a"}\n{"id": 2, "note": null}\n')
})
afterAll(() => lab?.close())

const orders = "read_csv('orders/*.csv', delim = '|')"

describe.each(['always', 'never'])('%s', (mode) => {
  beforeAll(() => lab.run(`SET arbalest.distribute = ${mode}`))
  test.each([
    ["SELECT count(*) FROM 'people.parquet'", [['5']]],
    ["SELECT p.name FROM 'people.parquet' p WHERE p.id = 3", [['n3']]],
    ["SELECT people.name FROM 'people.parquet' WHERE people.id = 3", [['n3']]],
    ["SELECT sum(amount) FROM 'orders/*.csv'", [['35']]],
    [`SELECT sum(amount) FROM ${orders}`, [['35']]],
    [`SELECT p.name, sum(o.amount) FROM 'people.parquet' p JOIN ${orders} o USING (id) GROUP BY 1 ORDER BY 1`,
      [['n1', '15'], ['n2', '20']]],
    [`WITH o AS (SELECT * FROM ${orders}), p AS (FROM 'people.parquet')
      SELECT count(*) FROM o, p WHERE o.id = p.id`, [['3']]],
    ["SELECT (SELECT max(note) FROM read_json('notes.json')), max(id) FROM 'people.parquet'", [['a', '4']]],
    ["SELECT count(*) FROM 'people.parquet' a JOIN 'people.parquet' b ON a.id < b.id", [['10']]],
    ["FROM read_parquet(['people.parquet', 'people.parquet']) SELECT count(*)", [['10']]],
  ])('%s', async (sql, expected) => expect(await lab.rows(sql)).toEqual(expected))
  test('columns are called as DuckDB calls them', async () => {
    const { columns } = await lab.run(`SELECT (SELECT max(id) FROM 'people.parquet'), 1e5 + id,
      list_filter([id], lambda x: x > 1) FROM 'people.parquet' LIMIT 1`)
    expect(columns.map(({ name }) => name)).toEqual([
      '(SELECT max(id) FROM "people.parquet")', '(100000.0 + id)',
      'list_filter(main.list_value(id), (lambda x: (x > 1)))',
    ])
  })
})

test('a view over files keeps them', async () => {
  await lab.run(`CREATE VIEW per_person AS SELECT id, sum(amount) AS s FROM ${orders} GROUP BY id`)
  expect(await lab.rows("SELECT name, s FROM per_person JOIN 'people.parquet' USING (id) ORDER BY s"))
    .toEqual([['n1', '15'], ['n2', '20']])
})

test('DESCRIBE of files', async () => {
  const expected = [['id', 'BIGINT'], ['name', 'VARCHAR']]
  for (const sql of ["DESCRIBE 'people.parquet'", "DESCRIBE SELECT * FROM 'people.parquet'"]) {
    expect((await lab.rows(sql)).map(([name, type]) => [name, type])).toEqual(expected)
  }
  expect(await lab.failure("DESCRIBE 'nowhere.parquet'")).toMatchObject({ code: 'FILE_NOT_FOUND' })
})

test.each([
  ['FILE_NOT_FOUND', "SELECT * FROM 'nowhere/*.csv'"],
  ['UNKNOWN_TABLE', "SELECT * FROM 'people.orc/'"],
  ['UNKNOWN_SETTING', "SELECT * FROM read_csv('orders/1.csv', delimm = '|')"],
  ['NOT_IN_THIS_VERSION', "SELECT * FROM 'https://example.org/x.parquet'"],
  ['NOT_IN_THIS_VERSION', "SELECT * FROM read_csv('orders/1.csv', columns = {'id': 'INT'})"],
  ['NOT_ALLOWED', "SELECT * FROM read_csv(getenv('HOME'))"],
])('%s: %s', async (code, sql) => expect(await lab.failure(sql)).toMatchObject({ code }))

describe('files that change between statements', () => {
  test('a directory that grows', async () => {
    for (const format of ['parquet', 'csv', 'json']) {
      await lab.copy('SELECT 1 AS n', `growing/${format}/a.${format}`)
      await lab.run(`CREATE EXTERNAL TABLE growing_${format} STORED AS ${format} LOCATION 'growing/${format}'`)
      const direct = `SELECT sum(n) FROM 'growing/${format}/*.${format}'`
      expect(await lab.rows(direct)).toEqual([['1']])
      await lab.copy('SELECT 41 AS n', `growing/${format}/b.${format}`)
      expect(await lab.rows(`SELECT sum(n) FROM growing_${format}`)).toEqual([['42']])
      expect(await lab.rows(direct)).toEqual([['42']])
      await rm(join(lab.directory, `growing/${format}/a.${format}`))
      expect(await lab.rows(`SELECT sum(n) FROM growing_${format}`)).toEqual([['41']])
    }
  })
  test('another schema: tables and the views over them have it from the next statement on', async () => {
    await lab.copy('SELECT 1 AS n', 'changing.parquet')
    await lab.run("CREATE EXTERNAL TABLE changing STORED AS PARQUET LOCATION 'changing.parquet'")
    await lab.run('CREATE VIEW over_changing AS SELECT * FROM changing')
    await lab.run('CREATE VIEW of_n AS SELECT n FROM changing')
    await lab.copy("SELECT 'x' AS a, 2 AS b", 'changing.parquet')
    expect(await lab.rows('SELECT * FROM over_changing')).toEqual([['x', '2']])
    expect(await lab.rows('SELECT * FROM changing')).toEqual([['x', '2']])
    expect(await lab.failure('SELECT n FROM changing')).toMatchObject({ code: 'UNKNOWN_COLUMN' })
    expect((await lab.failure('SELECT * FROM of_n')).code).toMatch(/^(UNKNOWN_COLUMN|BINDER_ERROR)$/)
    await lab.copy('SELECT 3 AS n', 'changing.parquet')
    expect(await lab.rows('SELECT * FROM of_n')).toEqual([['3']])
  })
  test('one of two files gets another schema, or none remains', async () => {
    await lab.copy('SELECT 1 AS n', 'two/a.parquet')
    await lab.copy('SELECT 1 AS n', 'two/b.parquet')
    await lab.run("CREATE EXTERNAL TABLE two STORED AS PARQUET LOCATION 'two'")
    await lab.copy('SELECT 1 AS m', 'two/b.parquet')
    expect(await lab.failure('SELECT * FROM two')).toMatchObject({ code: 'FILE_SCHEMAS_DIFFER' })
    await rm(join(lab.directory, 'two'), { recursive: true })
    expect(await lab.failure('SELECT * FROM two')).toMatchObject({ code: 'FILE_NOT_FOUND' })
    expect(await lab.rows('SHOW COLUMNS FROM growing_csv')).toHaveLength(1)
    await lab.run('DROP TABLE two')
  })
  test('a file that is no longer of its format', async () => {
    await lab.copy('SELECT 1 AS n', 'broken.parquet')
    await lab.run("CREATE EXTERNAL TABLE broken STORED AS PARQUET LOCATION 'broken.parquet'")
    await writeFile(join(lab.directory, 'broken.parquet'), 'nothing of the kind')
    expect(await lab.failure('SELECT * FROM broken')).toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
