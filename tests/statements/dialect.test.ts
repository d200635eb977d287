import { dialectFunctions, dialectRenames } from '@arbalest/planner'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy('SELECT 5 AS x, i FROM range(3) r(i)', 'fives.parquet')
  await lab.run("CREATE EXTERNAL TABLE fives STORED AS PARQUET LOCATION 'fives.parquet'")
})
afterAll(() => lab?.close())

test('every function gives what its example says, whole and distributed', async () => {
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    for (const { name, example: [call, value] } of [...dialectFunctions, ...dialectRenames]) {
      expect(await lab.rows(`SELECT ${call} FROM fives LIMIT 1`), `${mode} ${name}`).toEqual([[value]])
    }
  }
})

test('with DISTINCT, FILTER and ORDER BY, in views and macros', async () => {
  const sql = 'SELECT collect_list(i ORDER BY i DESC) FILTER (i > 0), approx_distinct(DISTINCT i) FROM fives'
  expect(await lab.rows(sql)).toEqual([['[2, 1]', '3']])
  await lab.run('CREATE VIEW dialect AS SELECT nvl(NULL, i) AS v, initcap(\'ab\') AS w FROM fives')
  await lab.run('CREATE MACRO orzero(a) AS nvl(a, 0)')
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows('SELECT max(v), min(w), max(orzero(v)) FROM dialect')).toEqual([['2', 'Ab', '2']])
  }
})

test('a macro of the user goes first', async () => {
  await lab.run('CREATE MACRO nvl2(a, b, c) AS 99')
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows('SELECT nvl2(i, 1, 2) FROM fives LIMIT 1')).toEqual([['99']])
  }
  await lab.run('DROP MACRO nvl2')
  expect(await lab.rows('SELECT nvl2(i, 1, 2) FROM fives LIMIT 1')).toEqual([['1']])
})

test('places of errors stay', async () => {
  expect(await lab.failure('SELECT collect_list(i), nothing FROM fives'))
    .toMatchObject({ code: 'UNKNOWN_COLUMN', position: 24 })
})
