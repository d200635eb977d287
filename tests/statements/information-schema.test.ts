import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT i AS n, 1.5::DECIMAL(9,2) AS d FROM range(10) r(i)', 'numbers.parquet')
  await lab.run("CREATE EXTERNAL TABLE numbers STORED AS PARQUET LOCATION 'numbers.parquet'")
  await lab.run('CREATE SCHEMA shop')
  await lab.run("CREATE TABLE shop.items (id INTEGER NOT NULL, name VARCHAR DEFAULT 'x')")
  await lab.run('CREATE VIEW shop.cheap AS SELECT id AS i FROM shop.items')
})
afterAll(() => lab?.close())

test('tables, views, columns and schemata, in any query', async () => {
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows(`SELECT table_schema, tables.table_name, table_type, is_insertable_into
      FROM information_schema.tables ORDER BY ALL`)).toEqual([
      ['main', 'numbers', 'BASE TABLE', 'NO'], ['shop', 'cheap', 'VIEW', 'NO'], ['shop', 'items', 'BASE TABLE', 'YES'],
    ])
    expect(await lab.rows(`SELECT table_name, column_name, ordinal_position, is_nullable, data_type, column_default
      FROM "information_schema".columns c WHERE table_schema = 'shop' ORDER BY 1, 3`)).toEqual([
      ['cheap', 'i', '1', 'YES', 'INTEGER', null],
      ['items', 'id', '1', 'NO', 'INTEGER', null],
      ['items', 'name', '2', 'YES', 'VARCHAR', "'x'"],
    ])
    expect(await lab.rows(`SELECT schema_name, count(table_name) FROM arbalest.information_schema.schemata
      LEFT JOIN information_schema.tables ON table_schema = schema_name GROUP BY ALL ORDER BY 1`))
      .toEqual([['main', '1'], ['shop', '2']])
    expect(await lab.rows('SELECT table_name, view_definition FROM information_schema.views'))
      .toEqual([['cheap', 'SELECT id AS i FROM shop.items']])
    expect(await lab.rows(`SELECT column_name, numeric_scale FROM information_schema.columns
      WHERE table_name = 'numbers'`))
      .toEqual([['n', null], ['d', '2']])
  }
})

test('it is as the catalog is at each statement', async () => {
  const count = async () => (await lab.rows('SELECT count(*) FROM information_schema.tables'))[0]?.[0]
  const before = Number(await count())
  await lab.run('CREATE VIEW listed AS SELECT table_name FROM information_schema.tables')
  expect(Number(await count())).toBe(before + 1)
  await lab.run('CREATE TABLE newest (a INTEGER)')
  expect(Number(await count())).toBe(before + 2)
  expect((await lab.rows('FROM listed')).flat()).toContain('newest')
  await lab.run('DROP TABLE newest')
  expect((await lab.rows('FROM listed')).flat()).not.toContain('newest')
  await lab.run('DROP VIEW listed')
})

test("as DuckDB's functions, described, and with places of errors", async () => {
  expect(await lab.rows('SELECT table_name, column_count FROM duckdb_tables() ORDER BY 1'))
    .toEqual([['items', '2'], ['numbers', '2']])
  expect(await lab.rows('SELECT view_name FROM duckdb_views()')).toEqual([['cheap']])
  expect(await lab.rows("SELECT column_name FROM duckdb_columns() t WHERE t.table_name = 'items'"))
    .toEqual([['id'], ['name']])
  expect((await lab.rows('DESCRIBE information_schema.tables'))[0]?.[0]).toBe('table_catalog')
  expect(await lab.failure('SELECT table_name FROM information_schema.tables WHERE nothing = 1'))
    .toMatchObject({ code: 'UNKNOWN_COLUMN', position: 55 })
  expect(await lab.rows("SELECT 'information_schema.tables'")).toEqual([['information_schema.tables']])
  expect((await lab.failure('FROM information_schema.nothing')).code).toMatch(/^UNKNOWN/)
})

test('temporary tables are their session’s', async () => {
  const [one, two] = [await lab.cluster.session(), await lab.cluster.session()]
  await lab.run('CREATE TEMP TABLE mine AS SELECT n FROM numbers WHERE n > 5', one)
  await lab.run('CREATE TEMPORARY TABLE mine (a VARCHAR)', two)
  await lab.run("INSERT INTO mine VALUES ('two')", two)
  await lab.run('INSERT INTO mine VALUES (100)', one)
  expect(await lab.rows('SELECT count(*), max(n) FROM mine', one)).toEqual([['5', '100']])
  expect(await lab.rows('FROM mine', two)).toEqual([['two']])
  expect(await lab.failure('FROM mine')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  await lab.run('DROP TABLE mine', two)
  expect(await lab.failure('FROM mine', two)).toMatchObject({ code: 'UNKNOWN_TABLE' })
  await one.close()
  await two.close()
})

test('what is temporary is told to its session alone, as DuckDB does', async () => {
  const [one, two] = [await lab.cluster.session(), await lab.cluster.session()]
  for (const [session, name] of [[one, 'mine'], [two, 'yours']] as const) {
    await lab.run(`CREATE TEMP TABLE ${name} (a INTEGER NOT NULL)`, session)
    await lab.run(`CREATE TEMP VIEW ${name}_v AS SELECT 1 AS b`, session)
    await lab.run(`CREATE TEMP SEQUENCE ${name}_s`, session)
  }
  const temporary = `FROM information_schema.tables SELECT table_catalog, table_schema, table_name, table_type
    WHERE table_catalog = 'temp' ORDER BY table_name`
  expect(await lab.rows(temporary, one)).toEqual([
    ['temp', 'main', 'mine', 'LOCAL TEMPORARY'], ['temp', 'main', 'mine_v', 'VIEW'],
  ])
  expect((await lab.rows(temporary, two)).map(([, , name]) => name)).toEqual(['yours', 'yours_v'])
  expect(await lab.rows(temporary)).toEqual([])
  expect(await lab.rows(`SELECT table_name, column_name, is_nullable FROM information_schema.columns
    WHERE table_catalog = 'temp' ORDER BY ALL`, one)).toEqual([['mine', 'a', 'NO'], ['mine_v', 'b', 'YES']])
  expect(await lab.rows('SELECT sequence_name FROM duckdb_sequences() WHERE temporary', two)).toEqual([['yours_s']])
  expect(await lab.rows('SELECT table_name FROM duckdb_tables() WHERE temporary', one)).toEqual([['mine']])
  // A view for everybody tells each what everybody sees.
  await lab.run('CREATE VIEW told AS SELECT table_name FROM information_schema.tables', one)
  expect((await lab.rows('FROM told', one)).flat()).not.toContain('mine')
  await lab.run('DROP VIEW told')
  await Promise.all([one.close(), two.close()])
  expect(await lab.rows("SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('mine', 'yours')")).toEqual([['0']])
})
