/** Tables with buckets: what is written into them, what needs no exchange for them, and DuckDB's answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab

beforeAll(async () => {
  lab = await startStatementLab()
  await lab.run(`CREATE TABLE orders CLUSTERED BY (k) INTO 8 BUCKETS AS
    SELECT ((i * 7919) % 60000)::INTEGER AS k, i % 10 AS g, 's' || i % 3 AS s FROM range(60000) t(i)`)
  await lab.run('CREATE TABLE lines (k BIGINT, q INTEGER, n VARCHAR) CLUSTERED BY (k) INTO 4 BUCKETS')
  await lab.run(`INSERT INTO lines SELECT CASE WHEN i % 100 > 0 THEN (i * 31) % 70000 END, i % 50, 'n' || i % 1000
    FROM range(90000) t(i)`)
  await lab.run('CREATE TABLE plain AS SELECT (i * 13) % 50000 AS k, i % 7 AS v FROM range(50000) t(i)')
})

afterAll(() => lab?.close())

test('DESCRIBE tells the columns of the buckets', async () => {
  expect((await lab.rows('DESCRIBE lines')).map(([name, , , , , extra]) => [name, extra])).toEqual([
    ['k', 'clustered into 4 buckets'], ['q', null], ['n', null],
  ])
})

describe('without an exchange', () => {
  test.each([
    'SELECT k, median(q) FROM lines GROUP BY k',
    'SELECT k, n, count(DISTINCT q) FROM lines GROUP BY k, n',
    'SELECT o.k, g, q FROM orders o JOIN lines l ON o.k = l.k',
    'SELECT o.k, g, q FROM orders o FULL JOIN lines l ON o.k = l.k',
    'SELECT o.k, list(q ORDER BY q) FROM orders o LEFT JOIN lines l ON o.k = l.k GROUP BY o.k',
    'SELECT k FROM orders WHERE k IN (SELECT k FROM lines WHERE q = 3)',
    'SELECT DISTINCT k, n FROM lines',
    'SELECT k, q, row_number() OVER (PARTITION BY k ORDER BY q, n) FROM lines',
    'SELECT a.k, a.q, b.n FROM lines a JOIN lines b ON a.k = b.k AND a.q < b.q',
  ])('%s', async (sql) => expect(await lab.stagesOf(sql)).toBe(1))

  test('only the other side travels where one side has buckets', async () => {
    expect(await lab.stagesOf('SELECT o.k, g, sum(v) FROM orders o JOIN plain p ON o.k = p.k GROUP BY ALL')).toBe(2)
  })

  test.each([1, 3, 4])('with %d partitions wanted the answer is the same', async (partitions) => {
    await lab.run(`SET arbalest.target_partitions = ${partitions}`)
    await lab.stagesOf('SELECT o.k, g, median(q) FROM orders o JOIN lines l ON o.k = l.k GROUP BY ALL')
    await lab.run('RESET arbalest.target_partitions')
  })
})

describe('through changes of the table', () => {
  const grouped = 'SELECT a, b, count(*), sum(c) FROM t GROUP BY a, b'
  beforeAll(async () => {
    await lab.run(`CREATE TABLE t (a INTEGER, b VARCHAR, c DECIMAL(9,2)) CLUSTERED BY (a, "b") INTO 6 BUCKETS`)
    await lab.run(`INSERT INTO t SELECT i % 3000, 'b' || i % 7, i / 8 FROM range(40000) r(i)`)
  })
  test.each([
    ['INSERT of values', "INSERT INTO t VALUES (1, 'new', 3.5), (NULL, NULL, 1), (-5, 'x', 2)"],
    ['UPDATE of a key', 'UPDATE t SET a = a + 1 WHERE a < 100'],
    ['DELETE', 'DELETE FROM t WHERE c > 4000'],
    ['a new column', 'ALTER TABLE t ADD COLUMN d DOUBLE DEFAULT 0.5'],
    ['another type of a key', 'ALTER TABLE t ALTER a TYPE BIGINT'],
    ['a dropped column', 'ALTER TABLE t DROP COLUMN d'],
  ])('%s', async (_, statement) => {
    await lab.run(statement)
    expect(await lab.stagesOf(grouped)).toBe(1)
  })
  test('a key gets another name', async () => {
    await lab.run('ALTER TABLE t RENAME COLUMN b TO bb')
    expect(await lab.stagesOf('SELECT a, bb, median(c) FROM t GROUP BY a, bb')).toBe(1)
    expect(await lab.stagesOf('SELECT bb, median(c) FROM t GROUP BY bb')).toBe(2)
  })
  test('a key stays, and so does the name that files use', async () => {
    expect(await lab.failure('ALTER TABLE t DROP COLUMN bb')).toMatchObject({ code: 'BINDER_ERROR' })
    expect(await lab.failure('ALTER TABLE t ADD COLUMN __p INT')).toMatchObject({ code: 'BINDER_ERROR' })
  })
  test('many small files are merged and stay in their buckets', async () => {
    await lab.run('CREATE TABLE small (a INTEGER) CLUSTERED BY (a) INTO 2 BUCKETS')
    for (let at = 0; at < 34; at++) await lab.run(`INSERT INTO small SELECT i + ${at * 40} FROM range(40) r(i)`)
    await lab.run('INSERT INTO small SELECT i FROM range(3000) r(i)')
    expect(await lab.stagesOf('SELECT a, count(*) FROM small GROUP BY a')).toBe(1)
  })
})

test('what is no division is refused where it stands', async () => {
  expect(await lab.failure('CREATE TABLE x (a INT) CLUSTERED BY (b) INTO 2 BUCKETS')).toMatchObject({
    code: 'UNKNOWN_COLUMN', position: 37,
  })
  expect(await lab.failure('CREATE TABLE x (a INT) CLUSTERED BY (a) INTO 0 BUCKETS')).toMatchObject({
    code: 'SYNTAX_ERROR', position: 45,
  })
  expect(await lab.failure('CREATE TABLE x (a INT) CLUSTERED BY (a, A) INTO 3 BUCKETS')).toMatchObject({
    code: 'SYNTAX_ERROR', position: 40,
  })
  expect(await lab.failure('CREATE TABLE x (a INT, __p INT) CLUSTERED BY (a) INTO 3 BUCKETS')).toMatchObject({
    code: 'BINDER_ERROR',
  })
})
