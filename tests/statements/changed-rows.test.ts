/** The same statements on a cluster and on one plain DuckDB: after each the tables hold the same rows. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
let instance: DuckDBInstance
let oracle: DuckDBConnection

beforeAll(async () => {
  lab = await startStatementLab()
  instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  oracle = await instance.connect()
})

afterAll(async () => {
  await lab?.close()
  oracle?.closeSync()
  instance?.closeSync()
})

const oracleRows = async (sql: string) => {
  const rows = (await oracle.runAndReadAll(sql)).getRowsJson()
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))))
}

const both = async (sql: string): Promise<void> => {
  const result = await oracle.runAndReadAll(sql)
  const counted = result.columnNames()[0] === 'Count' ? result.getRowsJson().map((row) => row.map(String)) : []
  expect({ sql, rows: await lab.rows(sql) }).toEqual({ sql, rows: counted })
}

const scripts: Readonly<Record<string, { readonly tables: readonly string[]; readonly script: readonly string[] }>> = {
  'rows are deleted and updated': {
    tables: ['t'],
    script: [
      "CREATE TABLE t AS SELECT i AS id, i % 5 AS k, 'name ' || i AS name FROM range(2000) r(i)",
      'DELETE FROM t WHERE k = 3',
      'DELETE FROM t WHERE id > 5000',
      'DELETE FROM t AS x WHERE x.id < 10 AND x.name IS DISTINCT FROM \'name 4\'',
      'DELETE FROM t WHERE CASE WHEN k = 1 THEN NULL ELSE id < 20 END',
      'UPDATE t SET k = k + 100, name = upper(name) WHERE id % 7 = 0',
      'UPDATE t SET name = NULL WHERE id BETWEEN 30 AND 40',
      'UPDATE t AS x SET (k, name) = (x.id, DEFAULT) WHERE x.name IS NULL',
      'UPDATE t SET k = (SELECT max(id) FROM t) WHERE id = (SELECT min(id) FROM t)',
      'DELETE FROM t WHERE id IN (SELECT id FROM t WHERE k > 1000)',
      'UPDATE t SET k = 0 WHERE false',
      'UPDATE t SET id = id + 1',
      'INSERT INTO t VALUES (1, 2, NULL)',
      'DELETE FROM t WHERE name IS NULL',
      'TRUNCATE t',
      'UPDATE t SET k = 1',
      'DELETE FROM t',
    ],
  },
  'rows of other tables decide': {
    tables: ['t', 'u'],
    script: [
      'CREATE OR REPLACE TABLE t AS SELECT i AS id, i % 10 AS k, i * 1.5 AS v FROM range(300) r(i)',
      'CREATE TABLE u AS SELECT i AS id, i * 2 AS w FROM range(0, 300, 7) r(i)',
      'UPDATE t SET v = u.w FROM u WHERE t.id = u.id',
      'UPDATE t AS x SET k = w, v = x.v + 1 FROM u AS y WHERE x.id = y.id AND y.w > 100',
      'DELETE FROM t USING u WHERE t.id = u.id AND u.w > 300',
      'DELETE FROM u WHERE id NOT IN (SELECT id FROM t)',
      'UPDATE u SET w = s.n FROM (SELECT k, count(*) AS n FROM t GROUP BY k) AS s WHERE s.k = u.id % 10',
      'INSERT INTO u SELECT id, k FROM t WHERE id < 5',
      'DELETE FROM t USING u, (SELECT 3 AS k) AS z WHERE t.id = u.id AND t.k = z.k',
    ],
  },
  'columns are changed': {
    tables: ['t'],
    script: [
      'CREATE OR REPLACE TABLE t AS SELECT i AS a, i % 3 AS b FROM range(50) r(i)',
      'ALTER TABLE t ADD COLUMN c VARCHAR DEFAULT \'x\'',
      'INSERT INTO t (a) VALUES (100)',
      'ALTER TABLE t RENAME COLUMN b TO bb',
      'ALTER TABLE t RENAME a TO "A b"',
      'ALTER TABLE t ALTER "A b" TYPE VARCHAR USING "A b" || \'!\'',
      'ALTER TABLE t ALTER COLUMN bb SET DATA TYPE DOUBLE',
      'ALTER TABLE t ALTER bb SET DEFAULT 7',
      'INSERT INTO t ("A b") VALUES (\'new\')',
      'ALTER TABLE t DROP COLUMN c',
      'ALTER TABLE t ADD c INTEGER',
      'ALTER TABLE t ADD COLUMN IF NOT EXISTS c INTEGER',
      'ALTER TABLE t DROP COLUMN IF EXISTS nothing',
      'ALTER TABLE t ALTER bb DROP DEFAULT',
      'INSERT INTO t (c) VALUES (1)',
      'ALTER TABLE t RENAME TO t2',
      'ALTER TABLE t2 RENAME TO t',
      'DROP TABLE t',
      'CREATE TABLE t (a INT DEFAULT 4)',
      'INSERT INTO t DEFAULT VALUES',
    ],
  },
}

describe.each(Object.entries(scripts))('%s', (_, { tables, script }) => {
  test('as in plain DuckDB', { timeout: 120_000 }, async () => {
    for (const sql of script) {
      await both(sql)
      for (const table of tables) {
        const known = await oracleRows(`SELECT 1 FROM duckdb_tables() WHERE table_name = '${table}'`)
        if (known.length === 0) continue
        const query = `SELECT COLUMNS(*)::VARCHAR FROM ${table} ORDER BY ALL`
        expect({ sql, rows: await lab.rows(query) }).toEqual({ sql, rows: await oracleRows(query) })
      }
    }
  })
})

describe('what cannot be', () => {
  beforeAll(async () => {
    await lab.run('CREATE OR REPLACE TABLE strict (a INT NOT NULL, b INT, CHECK (b < 10))')
    await lab.run('INSERT INTO strict VALUES (1, 1), (2, 2)')
    await lab.run('CREATE TABLE other AS SELECT 1 AS a, 5 AS c')
  })
  test.each([
    ['UPDATE strict SET a = NULL WHERE b = 1', { code: 'EXECUTION_ERROR' }],
    ['UPDATE strict SET b = b * 9', { code: 'EXECUTION_ERROR' }],
    ['UPDATE strict SET nothing = 1', { code: 'UNKNOWN_COLUMN' }],
    ['UPDATE strict SET b = c FROM other WHERE a = 1', { code: 'BINDER_ERROR', position: 41 }],
    ['UPDATE strict SET b = zz WHERE true', { code: 'UNKNOWN_COLUMN', position: 22 }],
    ['DELETE FROM strict WHERE zz', { code: 'UNKNOWN_COLUMN', position: 25 }],
    ['DELETE FROM strict WHERE b = 1 RETURNING a', { code: 'NOT_IN_THIS_VERSION', position: 31 }],
    ['ALTER TABLE strict DROP COLUMN b', { code: 'BINDER_ERROR' }],
    ['ALTER TABLE strict ALTER b TYPE STRUCT(x INT)', { code: 'BINDER_ERROR' }],
    ['ALTER TABLE strict RENAME b TO a', { code: 'BINDER_ERROR' }],
    ['DELETE FROM nowhere', { code: 'UNKNOWN_TABLE' }],
    ['INSERT INTO strict VALUES (1, 2, 3)', { code: 'BINDER_ERROR' }],
  ])('%s', async (sql, expected) => {
    expect(await lab.failure(sql)).toMatchObject(expected)
    expect(await lab.rows('FROM strict ORDER BY a')).toEqual([['1', '1'], ['2', '2']])
  })
  test('NOT NULL is set only where no row breaks it', async () => {
    await lab.run('CREATE OR REPLACE TABLE holes AS SELECT 1 AS a UNION ALL SELECT NULL')
    expect(await lab.failure('ALTER TABLE holes ALTER a SET NOT NULL')).toMatchObject({ code: 'EXECUTION_ERROR' })
    await lab.run('DELETE FROM holes WHERE a IS NULL')
    await lab.run('ALTER TABLE holes ALTER a SET NOT NULL')
    expect(await lab.failure('INSERT INTO holes VALUES (NULL)')).toMatchObject({ code: 'EXECUTION_ERROR' })
  })
  test('views follow the columns of their table', async () => {
    await lab.run('CREATE OR REPLACE TABLE seen AS SELECT 1 AS a, 2 AS b')
    await lab.run('CREATE VIEW through AS SELECT * FROM seen')
    await lab.run('ALTER TABLE seen ADD COLUMN c INT DEFAULT 3')
    expect((await lab.run('FROM through')).columns.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
    expect(await lab.failure('ALTER TABLE seen RENAME TO unseen')).toMatchObject({ code: 'BINDER_ERROR' })
  })
})

describe('files without rows that are meant', () => {
  /** New files of the only table in the warehouse since `before`. */
  const filesOf = async (): Promise<readonly string[]> => {
    const names = await readdir(lab.cluster.warehouseDir, { recursive: true })
    return names.filter((name) => name.endsWith('.parquet'))
  }
  const newFiles = async (sql: string): Promise<readonly string[]> => {
    const before = new Set(await filesOf())
    await lab.run(sql)
    return (await filesOf()).filter((name) => !before.has(name))
  }
  const rowsIn = (name: string) =>
    lab.rows(`SELECT count(*) FROM '${join(lab.cluster.warehouseDir, name)}'`).then(([row]) => Number(row?.[0]))
  const sums = () => lab.rows('SELECT count(*), sum(a), sum(b) FROM parts')

  beforeAll(async () => {
    await lab.run('CREATE TABLE parts (a INTEGER, b INTEGER)')
    for (let part = 0; part < 5; part++) {
      const rows = Array.from({ length: 10 }, (_, at) => `(${part * 10 + at}, ${part})`)
      await lab.run(`INSERT INTO parts VALUES ${rows.join(', ')}`)
    }
  })
  test('stay as they are when rows of others are updated', async () => {
    const [only, ...others] = await newFiles('UPDATE parts SET b = 100 WHERE a = 23')
    expect(others).toEqual([])
    expect(await rowsIn(only!)).toBe(10)
    expect(await sums()).toEqual([['50', '1225', '198']])
    expect(await lab.rows('SELECT a FROM parts')).toEqual(Array.from({ length: 50 }, (_, at) => [String(at)]))
  })
  test('stay as they are when rows of others are deleted, the condition asks the table itself', async () => {
    const sql = 'DELETE FROM parts WHERE a > (SELECT max(a) - 3 FROM parts)'
    const [only, ...others] = await newFiles(sql)
    expect(others).toEqual([])
    expect(await rowsIn(only!)).toBe(7)
    expect(await lab.rows('SELECT count(*), max(a) FROM parts')).toEqual([['47', '46']])
  })
  test('stay as they are beside other tables, and where all rows of one go', async () => {
    const updated = await newFiles('UPDATE parts SET b = o.n FROM (VALUES (1, 7), (2, 8)) o(k, n) WHERE parts.a = o.k')
    expect(updated).toHaveLength(1)
    const deleted = await newFiles('DELETE FROM parts p USING (VALUES (10), (20)) o(k) WHERE p.a // 10 = o.k // 10')
    expect(deleted).toHaveLength(0)
    expect(await lab.rows('SELECT count(*), min(a), sum(b) FILTER (a < 3) FROM parts')).toEqual([['27', '0', '15']])
  })
  test('no row, no file', async () => {
    expect(await newFiles('UPDATE parts SET b = 0 WHERE a = 1000')).toEqual([])
    expect(await newFiles('DELETE FROM parts WHERE a = 1000')).toEqual([])
  })
  test('are written too where other rows may be meant the next time', async () => {
    await lab.run('CREATE VIEW any_row AS SELECT random() AS r')
    expect(await newFiles('UPDATE parts SET b = 7 WHERE a = 0 AND random() < 2')).toHaveLength(1)
    expect(await lab.rows('SELECT count(*) FROM parts')).toEqual([['27']])
    const [one] = await newFiles('UPDATE parts SET b = 7 WHERE a = 0 AND (SELECT r < 2 FROM any_row)')
    expect(await rowsIn(one!)).toBe(27)
  })
  test('are written too where the condition means the whole row', async () => {
    expect((await lab.run("DELETE FROM parts WHERE parts = {'a': 0, 'b': 7}")).rows).toEqual([['1']])
    expect((await lab.run('DELETE FROM parts WHERE COLUMNS(*) = 70')).rows).toEqual([['0']])
    expect(await lab.rows('SELECT count(*) FROM parts')).toEqual([['26']])
  })
})
