import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy("SELECT i AS n, 'w' || i % 3 AS w FROM range(5000) r(i)", 'words.parquet')
  await lab.run("CREATE EXTERNAL TABLE words STORED AS PARQUET LOCATION 'words.parquet'")
  await lab.run('CREATE VIEW v AS SELECT w FROM words')
  await lab.run('SET arbalest.distribute = always')
})
afterAll(() => lab?.close())

/** What EXPLAIN expects of the groups of a query. */
const estimate = async (sql: string) =>
  /partial aggregate .*~([\d.]+( k)?) rows/.exec((await lab.rows(`EXPLAIN ${sql}`)).flat().join('\n'))?.[1]

test('the planner knows how many values columns have, until the table changes', async () => {
  const sql = 'SELECT w, count(*) FROM words GROUP BY w'
  const guessed = await estimate(sql)
  expect(Number(guessed)).toBeGreaterThan(10)
  await lab.run('ANALYZE words')
  expect(await estimate(sql)).toBe('3')
  expect(await lab.rows(`${sql} ORDER BY w LIMIT 1`)).toEqual([['w0', '1667']])
  await lab.copy("SELECT i AS n, 'w' || i % 5 AS w FROM range(6000) r(i)", 'words.parquet')
  expect(Number(await estimate(sql))).toBeGreaterThan(10)
  await lab.run('ANALYZE')
  expect(await estimate(sql)).toBe('5')
  await lab.run('analyze main.words (n)')
})

test('what cannot be counted is refused', async () => {
  expect(await lab.failure('ANALYZE nothing')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  expect(await lab.failure('ANALYZE v')).toMatchObject({ code: 'BINDER_ERROR' })
  expect(await lab.failure('ANALYZE words (n, x)')).toMatchObject({ code: 'UNKNOWN_COLUMN' })
  expect(await lab.failure('ANALYZE words n')).toMatchObject({ code: 'SYNTAX_ERROR', position: 14 })
})
