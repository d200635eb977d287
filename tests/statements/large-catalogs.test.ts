/** Many files, many columns, no rows. */
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
})
afterAll(() => lab?.close())

test('10,000 files in one table', async () => {
  const seed = await lab.copy('SELECT i AS n FROM range(10) r(i)', 'many/0.parquet')
  for (let from = 1; from < 10_000; from += 100) {
    const batch = Array.from({ length: Math.min(100, 10_000 - from) }, (_, at) => from + at)
    await Promise.all(batch.map((n) => copyFile(seed, join(lab.directory, `many/${n}.parquet`))))
  }
  const startedMs = performance.now()
  await lab.run("CREATE EXTERNAL TABLE many STORED AS PARQUET LOCATION 'many'")
  expect(await lab.rows('SELECT count(*), sum(n) FROM many')).toEqual([['100000', '450000']])
  const elapsedMs = performance.now() - startedMs
  expect(await lab.rows('SELECT n, count(*) FROM many WHERE n > 8 GROUP BY n')).toEqual([['9', '10000']])
  expect(elapsedMs).toBeLessThan(60_000)
}, 180_000)

test('5,000 columns', async () => {
  const columns = Array.from({ length: 5_000 }, (_, n) => `${n} AS column_${n}`)
  await lab.copy(`SELECT ${columns.join(', ')}`, 'wide.parquet')
  await lab.run("CREATE EXTERNAL TABLE wide STORED AS PARQUET LOCATION 'wide.parquet'")
  expect(await lab.rows('SELECT column_4999 - column_1 FROM wide')).toEqual([['4998']])
  expect(await lab.rows('DESCRIBE wide')).toHaveLength(5_000)
  expect((await lab.rows('SELECT * FROM wide'))[0]).toHaveLength(5_000)
}, 120_000)

test.each(['parquet', 'csv', 'json'])('no rows: %s', async (format) => {
  const file = `none.${format}`
  if (format === 'json') await lab.text(file, '[]')
  else await lab.copy('SELECT 1 AS n, 2 AS m WHERE false', file)
  const sql = `CREATE EXTERNAL TABLE none_${format} (n BIGINT, m BIGINT) STORED AS ${format} LOCATION '${file}'`
  await lab.run(sql)
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows(`SELECT count(*), sum(n) FROM none_${format}`)).toEqual([['0', null]])
    const rows = await lab.run(`SELECT n, count(*) FROM none_${format} GROUP BY n ORDER BY n`)
    expect([rows.rows, rows.columns.map(({ type }) => type)]).toEqual([[], ['BIGINT', 'BIGINT']])
  }
})
