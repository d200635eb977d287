/** Tables whose files lie by the values of a key: joins and groups by it go without an exchange. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab

beforeAll(async () => {
  lab = await startStatementLab()
})

afterAll(() => lab?.close())

describe('managed tables written in the order of a key', () => {
  beforeAll(async () => {
    await lab.run(`CREATE TABLE orders AS SELECT (i * 7919) % 600000 AS k, i % 10 AS g, 's' || i % 3 AS s
      FROM range(600000) t(i) ORDER BY k`)
    await lab.run(`CREATE TABLE lines AS SELECT ((i * 7919) % 900000) // 3 AS k, i % 100 AS q
      FROM range(900000) t(i) ORDER BY k`)
  })
  test('are joined and grouped where they lie', async () => {
    const joined = 'SELECT k, max(g), sum(q) AS q FROM orders JOIN lines USING (k) WHERE k % 50 = 0 GROUP BY k'
    expect(await lab.stagesOf(joined)).toBe(1)
    expect(await lab.stagesOf('SELECT k, count(*) FROM lines GROUP BY k HAVING count(*) <> 3')).toBe(1)
  })
  test('stay so when rows are appended in order, and no longer when they are not', async () => {
    const grouped = 'SELECT k, list(q ORDER BY q) FROM lines WHERE k % 1000 = 0 GROUP BY k'
    await lab.run('INSERT INTO lines SELECT 300000 + i, i % 100 FROM range(300000) t(i) ORDER BY ALL')
    expect(await lab.stagesOf(grouped)).toBe(1)
    await lab.run('INSERT INTO lines SELECT i, 7 FROM range(300000) t(i) ORDER BY ALL')
    expect(await lab.stagesOf(grouped)).toBeGreaterThan(1)
  })
})

describe('Hive directories', () => {
  beforeAll(async () => {
    const days = `DATE '2024-01-01' + (i % 12)::INTEGER AS day`
    await lab.copy(`SELECT i, ${days}, i % 6 AS part, CASE WHEN i % 7 > 0 THEN i % 4 END AS gap
      FROM range(300000) t(i)`, 'sales', '(FORMAT parquet, PARTITION_BY (day))')
    await lab.copy(`SELECT i % 100 AS n, ${days} FROM range(240000) t(i)`, 'visits',
      '(FORMAT parquet, PARTITION_BY (day))')
    await lab.copy('SELECT i, i % 5 AS year, i % 3 AS month FROM range(300000) t(i)', 'months',
      '(FORMAT parquet, PARTITION_BY (year, month))')
    await lab.copy(`SELECT i, CASE WHEN i % 10 > 0 THEN i % 4 END AS k FROM range(300000) t(i)`, 'holes',
      '(FORMAT parquet, PARTITION_BY (k))')
    await lab.copy('SELECT i, CASE WHEN i % 20 = 0 THEN i % 8 ELSE 3 END AS k FROM range(300000) t(i)', 'skewed',
      '(FORMAT parquet, PARTITION_BY (k))')
    for (const name of ['sales', 'visits', 'months', 'holes', 'skewed']) {
      await lab.run(`CREATE EXTERNAL TABLE ${name} STORED AS PARQUET LOCATION '${name}'`)
    }
  })
  test.each([
    'SELECT day, count(*), sum(i) FROM sales GROUP BY day',
    'SELECT day, gap, count(DISTINCT part) FROM sales GROUP BY day, gap',
    `SELECT s.day, s.c, v.c FROM (SELECT day, count(*) AS c FROM sales GROUP BY day) s
      JOIN (SELECT day, sum(n) AS c FROM visits GROUP BY day) v USING (day)`,
    'SELECT s.day, count(*) FROM sales s JOIN visits v ON s.day = v.day WHERE s.i % 500 = 0 AND n = 7 GROUP BY s.day',
    "SELECT day, median(i) FROM sales WHERE day > DATE '2024-01-04' GROUP BY day",
    'SELECT year, month, median(i) FROM months GROUP BY ALL',
    'SELECT month, max(i) FROM months GROUP BY month',
  ])('%s', async (sql) => expect(await lab.stagesOf(sql)).toBe(1))
  test.each([
    'SELECT k, median(i) FROM holes GROUP BY k', 'SELECT k, median(i) FROM skewed GROUP BY k',
  ])('NULLs and skew take an exchange: %s', async (sql) => expect(await lab.stagesOf(sql)).toBeGreaterThan(1))
})
