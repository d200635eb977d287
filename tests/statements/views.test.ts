import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT i AS n, i % 3 AS k FROM range(10) r(i)', 'numbers.parquet')
  await lab.run("CREATE EXTERNAL TABLE numbers STORED AS PARQUET LOCATION 'numbers.parquet'")
})
afterAll(() => lab?.close())

test('with names for its columns, over views, over files, with an alias', async () => {
  await lab.run('CREATE VIEW sums (key, "The Sum") AS SELECT k, sum(n) FROM numbers GROUP BY k')
  await lab.run('CREATE VIEW large AS SELECT * FROM sums WHERE "The Sum" > 12')
  await lab.run("CREATE VIEW filed AS SELECT f.n FROM 'numbers.parquet' f WHERE f.n < 3")
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows('SELECT * FROM large ORDER BY key')).toEqual([['0', '18'], ['2', '15']])
    expect(await lab.rows('SELECT l.key, filed.n FROM large l JOIN filed ON filed.n = l.key ORDER BY 1'))
      .toEqual([['0', '0'], ['2', '2']])
    expect(await lab.rows('WITH large AS (SELECT 1 AS only) FROM large')).toEqual([['1']])
  }
  await lab.run('SET arbalest.distribute = always')
  expect((await lab.rows('DESCRIBE large')).map(([name, type]) => [name, type]))
    .toEqual([['key', 'BIGINT'], ['The Sum', 'HUGEINT']])
})

test('views over what has changed follow it', async () => {
  await lab.run('CREATE VIEW base AS SELECT 1 AS a')
  await lab.run('CREATE VIEW middle AS SELECT * FROM base')
  await lab.run('CREATE VIEW top AS SELECT * FROM middle')
  await lab.run("CREATE OR REPLACE VIEW base AS SELECT 'x' AS b, 2 AS c")
  expect(await lab.rows('SELECT * FROM top')).toEqual([['x', '2']])
})

test('a view that would read itself is refused', async () => {
  await lab.run('CREATE VIEW one AS SELECT 1 AS a')
  await lab.run('CREATE VIEW two AS SELECT * FROM one')
  for (const sql of ['SELECT * FROM one', 'SELECT * FROM two', 'SELECT (SELECT max(a) FROM ONE)']) {
    const error = await lab.failure(`CREATE OR REPLACE VIEW one AS ${sql}`)
    expect(error).toMatchObject({ code: 'BINDER_ERROR' })
    expect(error.message).toContain('itself')
  }
  expect(await lab.failure('CREATE VIEW three AS SELECT * FROM three')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  expect(await lab.rows('FROM two')).toEqual([['1']])
})

test('what a view reads is not dropped', async () => {
  await lab.run('CREATE VIEW a AS SELECT n FROM numbers WHERE n = 9')
  await lab.run('CREATE VIEW b AS SELECT * FROM a')
  expect((await lab.failure('DROP VIEW a')).message).toContain('view b reads a')
  expect(await lab.failure('DROP TABLE numbers')).toMatchObject({ code: 'BINDER_ERROR' })
  await lab.run('DROP VIEW b')
  await lab.run('DROP VIEW a')
  expect(await lab.failure('FROM a')).toMatchObject({ code: 'UNKNOWN_TABLE' })
})

test('a view that cannot be made leaves the old one', async () => {
  await lab.run('CREATE VIEW stays AS SELECT 5 AS five')
  const error = await lab.failure('CREATE OR REPLACE VIEW stays AS SELECT nothing FROM numbers')
  expect(error).toMatchObject({ code: 'UNKNOWN_COLUMN' })
  expect(await lab.failure('CREATE VIEW stays AS SELECT 6')).toMatchObject({ code: 'TABLE_EXISTS' })
  await lab.run('CREATE VIEW IF NOT EXISTS stays AS SELECT 6')
  expect(await lab.rows('FROM stays')).toEqual([['5']])
  expect(await lab.failure('CREATE VIEW wide (a, b) AS SELECT 1')).toMatchObject({ code: 'BINDER_ERROR' })
})

test('is there for every client', async () => {
  const other = await lab.cluster.session()
  await lab.run('CREATE VIEW shared AS SELECT 11 AS n', other)
  expect(await lab.rows('FROM shared')).toEqual([['11']])
  const names = (await lab.rows('SHOW TABLES', other)).map(([schema, name, kind]) => `${schema}.${name} ${kind}`)
  expect(names).toEqual(expect.arrayContaining(['main.numbers table', 'main.shared view']))
  expect(names.some((name) => name.includes('arbalest_files'))).toBe(false)
})
