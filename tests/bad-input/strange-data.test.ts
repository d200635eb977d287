/** Tables that are allowed and rare: names with everything in them, no rows, no columns, one huge value. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { quoteIdentifier, quoteLiteral } from '@arbalest/common'
import { startStatementLab, type StatementLab } from '../statements/statement-lab.js'

const names = [
  'a b', 'say "hi"', "it's", '🏹 bow', 'select', 'a.b', 'x;y', 'tab\there', 'line\nbreak', '-- no', 'Ünïcode',
  '%2F', "'; DROP",
]
const hugeBytes = 100 * 1024 * 1024

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  const columns = names.map((name, at) => `i + ${at} AS ${quoteIdentifier(name)}`)
  await lab.copy(`SELECT ${columns.join(', ')} FROM range(10) r(i)`, 'a "strange" 🏹 directory/it is; a file.parquet')
  await lab.copy('SELECT i AS n, repeat(chr(97 + i::INT), 3) AS t FROM range(5) r(i)', 'small.parquet')
  await lab.copy('SELECT 1 AS n, \'x\' AS t WHERE false', 'none.parquet')
  await lab.copy(`SELECT i AS n, repeat(chr(97 + i::INT), ${hugeBytes} - i) AS t FROM range(2) r(i)`, 'huge.parquet')
})
afterAll(() => lab?.close())

describe.each(['always', 'never'])('under %s', (mode) => {
  beforeAll(() => lab.run(`SET arbalest.distribute = ${mode}`).then(() => undefined))

  test.each(names)('a table, a column and a view named %j', async (name) => {
    const [table, view] = [quoteIdentifier(`table ${name}`), quoteIdentifier(`view ${name}`)]
    const location = quoteLiteral('a "strange" 🏹 directory')
    await lab.run(`CREATE EXTERNAL TABLE ${table} STORED AS PARQUET LOCATION ${location}`)
    const [column, count] = [quoteIdentifier(`of ${name}`), quoteIdentifier(`n ${name}`)]
    await lab.run(`CREATE VIEW ${view} AS SELECT ${quoteIdentifier(name)} AS ${column} FROM ${table}`)
    const answer = await lab.run(
      `SELECT ${column}, count(*) AS ${count} FROM ${view} GROUP BY 1 ORDER BY 1 LIMIT 1`)
    expect(answer.columns.map((column) => column.name)).toEqual([`of ${name}`, `n ${name}`])
    expect(answer.rows).toEqual([[String(names.indexOf(name)), '1']])
    await lab.run(`DROP VIEW ${view}`)
    await lab.run(`DROP TABLE ${table}`)
  })

  test('no columns are read', async () => {
    expect(await lab.rows("SELECT count(*) FROM 'small.parquet'")).toEqual([['5']])
    expect(await lab.rows("SELECT 1 FROM 'small.parquet'")).toEqual(Array.from({ length: 5 }, () => ['1']))
    expect(await lab.rows("SELECT count(*) FROM 'small.parquet' a, 'small.parquet' b")).toEqual([['25']])
    expect(await lab.rows("SELECT count(*) FROM 'none.parquet'")).toEqual([['0']])
    expect(await lab.rows("SELECT DISTINCT 'x' FROM 'small.parquet'")).toEqual([['x']])
    await expect(lab.rows("SELECT FROM 'small.parquet'")).rejects.toMatchObject({ category: 'user' })
  })

  test('no rows go through every operator', async () => {
    expect(await lab.rows("SELECT * FROM 'none.parquet' ORDER BY n LIMIT 3")).toEqual([])
    expect(await lab.rows("SELECT t, sum(n) FROM 'none.parquet' GROUP BY t")).toEqual([])
    expect(await lab.rows("SELECT a.t FROM 'none.parquet' a JOIN 'small.parquet' b USING (n)")).toEqual([])
    const outer = "SELECT count(b.n) FROM 'small.parquet' a LEFT JOIN 'none.parquet' b USING (n)"
    expect(await lab.rows(outer)).toEqual([['0']])
    expect(await lab.rows("SELECT n FROM 'none.parquet' UNION SELECT n FROM 'none.parquet'")).toEqual([])
    expect(await lab.rows("SELECT row_number() OVER (ORDER BY n) FROM 'none.parquet'")).toEqual([])
  })

  test('many large values', async () => {
    const rows = await lab.rows("SELECT repeat('x', 40000 + i::INT) FROM range(2100) r(i)")
    expect(rows.map(([text]) => text?.length)).toEqual(Array.from({ length: 2100 }, (_, i) => 40_000 + i))
  })

  test('a value of 100 MB', async () => {
    const grouped = await lab.rows("SELECT length(t), count(*) FROM 'huge.parquet' GROUP BY t ORDER BY 1")
    expect(grouped).toEqual([[String(hugeBytes - 1), '1'], [String(hugeBytes), '1']])
    // It does not fit into one message of a result, which is said.
    const huge = lab.rows("SELECT t FROM 'huge.parquet' WHERE n = 0")
    await expect(huge).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    const [row] = await lab.rows("SELECT left(t, 40000000) FROM 'huge.parquet' WHERE n = 0")
    expect(row?.[0]).toHaveLength(40_000_000)
  }, 180_000)
})
