import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab({ executors: 1 })
  await lab.copy('SELECT 1 AS n', 'one.parquet')
  await lab.run("CREATE EXTERNAL TABLE one STORED AS PARQUET LOCATION 'one.parquet'")
})
afterAll(() => lab?.close())

test.each([
  'SELECT * FROM one AT (VERSION => 1)',
  'EXPLAIN PIVOT one ON n USING sum(n)',
  'CREATE MATERIALIZED VIEW v AS SELECT 1',
  'DROP TABLE one CASCADE',
  'BEGIN',
  'SHOW FUNCTIONS',
  'SELECT rowid FROM one',
  'WITH RECURSIVE r AS (SELECT 1 AS k UNION SELECT n FROM r ASOF JOIN one ON r.k < n) FROM r',
  'SELECT count(*) FROM one AS o WHERE o.rowid > 3',
  "SHOW TABLES LIKE 'o%'",
  "CREATE EXTERNAL TABLE t STORED AS ORC LOCATION 'one.parquet'",
  "CREATE EXTERNAL TABLE t STORED AS CSV WITH ORDER (a) LOCATION 'one.parquet'",
  'EXPLAIN (FORMAT graphviz) SELECT 1',
  'EXPLAIN INSERT INTO one VALUES (1)',
])('not in this version, and what to do instead: %s', async (sql) => {
  const error = await lab.failure(sql)
  expect(error).toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
  expect(error.message).toMatch(/ is not in this version; .{10}/)
})

test.each([
  'DROP SCHEMA main',
  "ATTACH 'x.db'",
  'INSTALL httpfs',
  'PRAGMA database_list',
  'SELECT * FROM duckdb_settings()',
  "SELECT * FROM glob('*')",
  "SELECT current_setting('TimeZone')",
])('not allowed: %s', async (sql) => {
  expect(await lab.failure(sql)).toMatchObject({ code: 'NOT_ALLOWED' })
  expect(await lab.failure(`EXPLAIN ${sql}`)).toMatchObject({ code: expect.stringMatching(/^NOT_/) as string })
})

test.each([
  ['STATEMENT_EMPTY', ''],
  ['STATEMENT_EMPTY', ' -- nothing\n;;'],
  ['INVALID_REQUEST', 'SELECT 1; SELECT 2'],
  ['SYNTAX_ERROR', 'SELECT 1\0'],
  ['UNKNOWN_TABLE', 'SHOW COLUMNS FROM nowhere'],
  ['UNKNOWN_TABLE', 'DROP VIEW nowhere'],
])('%s: %j', async (code, sql) => expect(await lab.failure(sql)).toMatchObject({ code }))

test('the nearest table is named', async () => {
  expect((await lab.failure('SELECT * FROM onee')).message).toContain('did you mean one?')
})
