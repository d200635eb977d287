import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy(`SELECT * FROM (VALUES ('x', 2, DATE '2020-01-01', 1.5, 'b'), ('x', 10, DATE '2019-01-01', 2.5, 'a'),
    ('y', 2, DATE '2020-01-01', 3.5, 'a'), ('y', NULL, NULL, 4.5, NULL)) v(g, n, d, m, s)`, 'p.parquet')
  await lab.run("CREATE EXTERNAL TABLE p STORED AS PARQUET LOCATION 'p.parquet'")
})
afterAll(() => lab?.close())

test.each<[string, string[], (string | null)[][]]>([
  ['PIVOT p ON n USING sum(m) GROUP BY g ORDER BY g', ['g', '10', '2'], [['x', '2.5', '1.5'], ['y', null, '3.5']]],
  ['PIVOT p ON d USING sum(m) GROUP BY g ORDER BY g', ['g', '2019-01-01', '2020-01-01'],
    [['x', '2.5', '1.5'], ['y', null, '3.5']]],
  ['PIVOT p ON s, n USING sum(m) GROUP BY g ORDER BY g', ['g', 'a_10', 'a_2', 'b_10', 'b_2'],
    [['x', '2.5', null, null, '1.5'], ['y', null, '3.5', null, null]]],
  ["PIVOT (FROM p WHERE s = 'a') ON (s || n) GROUP BY g ORDER BY g", ['g', 'a10', 'a2'],
    [['x', '1', '0'], ['y', '0', '1']]],
  ['PIVOT p ON s, n IN (2) USING count(*) GROUP BY g ORDER BY g', ['g', 'a_2', 'b_2'],
    [['x', '0', '1'], ['y', '1', '0']]],
])('%s', async (sql, columns, rows) => {
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    const answer = await lab.run(sql)
    expect(answer.columns.map(({ name }) => name)).toEqual(columns)
    expect(answer.rows).toEqual(rows)
  }
})

test('errors keep their places', async () => {
  expect(await lab.failure('PIVOT p ON n USING sum(nothing)')).toMatchObject({ code: 'UNKNOWN_COLUMN', position: 23 })
  expect(await lab.failure('PIVOT nowhere ON n USING sum(m)')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  expect(await lab.failure('PIVOT (FROM p WHERE g IS NULL) ON n')).toMatchObject({ code: 'BINDER_ERROR' })
})
