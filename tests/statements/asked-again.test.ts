/** The same text again: what was prepared before never outlives what it was prepared from. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
})
afterAll(() => lab?.close())

const query = 'SELECT g, count(*) AS c FROM again GROUP BY g ORDER BY g'
const ask = () => lab.rows(query)

describe.each(['always', 'never', 'auto'])('under %s', (mode) => {
  beforeEach(async () => {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    await rm(join(lab.directory, 'again'), { recursive: true, force: true })
    await lab.copy('SELECT i % 2 AS g FROM range(10) r(i)', 'again/0.parquet')
    await lab.run("CREATE OR REPLACE EXTERNAL TABLE again STORED AS PARQUET LOCATION 'again'")
    for (let time = 0; time < 3; time++) expect(await ask()).toEqual([['0', '5'], ['1', '5']])
  })

  test('a file is added', async () => {
    await lab.copy('SELECT 2::BIGINT AS g FROM range(3)', 'again/1.parquet')
    expect(await ask()).toEqual([['0', '5'], ['1', '5'], ['2', '3']])
  })

  test('a file is replaced', async () => {
    await lab.copy('SELECT i % 2 + 10 AS g FROM range(10) r(i)', 'again/0.parquet')
    expect(await ask()).toEqual([['10', '5'], ['11', '5']])
  })

  test('an empty file gets rows', async () => {
    await lab.copy('SELECT 1 AS g WHERE false', 'again/0.parquet')
    expect(await ask()).toEqual([])
    expect(await ask()).toEqual([])
    await lab.copy('SELECT 7 AS g', 'again/0.parquet')
    expect(await ask()).toEqual([['7', '1']])
  })

  test('the files go', async () => {
    await rm(join(lab.directory, 'again'), { recursive: true })
    await expect(ask()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(ask()).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await lab.copy('SELECT 8 AS g', 'again/0.parquet')
    expect(await ask()).toEqual([['8', '1']])
  })

  test('a column changes its type', async () => {
    await lab.copy("SELECT 'x' AS g", 'again/0.parquet')
    expect(await ask()).toEqual([['x', '1']])
  })

  test('the table is made anew from other files, and then dropped', async () => {
    await lab.copy('SELECT 9 AS g', 'others/0.parquet')
    await lab.run("CREATE OR REPLACE EXTERNAL TABLE again STORED AS PARQUET LOCATION 'others'")
    expect(await ask()).toEqual([['9', '1']])
    await lab.run('DROP TABLE again')
    await expect(ask()).rejects.toMatchObject({ code: 'UNKNOWN_TABLE' })
  })

  test('a view on the way is made anew', async () => {
    const overView = () => lab.rows('SELECT count(*) FROM narrow')
    await lab.run('CREATE OR REPLACE VIEW narrow AS SELECT * FROM again WHERE g = 0')
    expect([await overView(), await overView()]).toEqual([[['5']], [['5']]])
    await lab.run('CREATE OR REPLACE VIEW narrow AS SELECT * FROM again WHERE g < 7')
    expect(await overView()).toEqual([['10']])
    await lab.run('DROP VIEW narrow')
  })

  test('a setting changes what the text means', async () => {
    const divided = () => lab.rows('SELECT sum(g + 3) / 2 FROM again')
    const before = [await divided(), await divided()]
    await lab.run('SET integer_division = true')
    const after = await divided()
    await lab.run('RESET integer_division')
    expect([...before, after]).toEqual([[['17.5']], [['17.5']], [['17']]])
  })
})

test('time goes on', async () => {
  const first = await lab.rows('SELECT now()')
  await expect.poll(() => lab.rows('SELECT now()')).not.toEqual(first)
})
