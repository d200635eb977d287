import { typed, type Parameters } from '@arbalest/client'
import { QueryError } from '@arbalest/common'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  await lab.copy("SELECT i AS n, DATE '2026-01-01' + i::INT AS day FROM range(10) r(i)", 'days.parquet')
  await lab.run("CREATE EXTERNAL TABLE days STORED AS PARQUET LOCATION 'days.parquet'")
})
afterAll(() => lab?.close())

const rows = async (sql: string, params?: Parameters) =>
  (await (await lab.session.sql(sql, params)).collectText()).rows

async function failed(work: Promise<unknown>): Promise<Pick<QueryError, 'code' | 'message' | 'position'>> {
  const error: unknown = await work.then(() => new Error('not refused'), (thrown: unknown) => thrown)
  if (error instanceof QueryError) return error
  throw error
}

test('values by place and by name', async () => {
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await rows('SELECT count(*), max(n) FROM days WHERE n > ? AND n < ?', [2, 7])).toEqual([['4', '6']])
    expect(await rows('SELECT sum(n) FROM days WHERE day >= $from', { from: '2026-01-08' })).toEqual([['24']])
    expect(await rows('SELECT sum(n) FROM days WHERE n IN ? LIMIT $2', [[1, 2], 5])).toEqual([['3']])
    expect(await rows('SELECT n FROM days ORDER BY n LIMIT ? OFFSET ?', [1, 3])).toEqual([['3']])
  }
})

test('each type is exact', async () => {
  const values: readonly (readonly [Parameters, string, string])[] = [
    [[7], 'INTEGER', '7'],
    [[2n ** 63n - 1n], 'BIGINT', '9223372036854775807'],
    [[-(2n ** 63n)], 'BIGINT', '-9223372036854775808'],
    [[2n ** 127n - 1n], 'HUGEINT', String(2n ** 127n - 1n)],
    [[0.1], 'DOUBLE', '0.1'],
    [["it's \\x"], 'VARCHAR', "it's \\x"],
    [[false], 'BOOLEAN', 'false'],
    [[Uint8Array.of(0, 39, 255)], 'BLOB', "\\x00\\x27\\xFF"],
    [[new Date(1)], 'TIMESTAMP WITH TIME ZONE', '1970-01-01 00:00:00.001+00'],
    [[typed('12345678901234567890.50', 'DECIMAL(38,2)')], 'DECIMAL(38,2)', '12345678901234567890.50'],
    [[typed('1 month 2 days', 'INTERVAL')], 'INTERVAL', '1 month 2 days'],
    [[typed([1, null], 'TINYINT[]')], 'TINYINT[]', '[1, NULL]'],
    [[{ a: [1], b: 'x' }], 'STRUCT(a INTEGER[], b VARCHAR)', "{'a': [1], 'b': x}"],
    [[new Map([['k', 1n]])], 'MAP(VARCHAR, BIGINT)', '{k=1}'],
    [[typed(null, 'UUID')], 'UUID', null as unknown as string],
  ]
  for (const [params, type, text] of values) {
    expect(await rows('SELECT typeof($1), $1', params), type).toEqual([[type, text]])
  }
})

test('values that do not fit', async () => {
  expect(await failed(rows('SELECT ?'))).toMatchObject({ code: 'INVALID_PARAMETER', position: 7 })
  expect(await failed(rows('SELECT $1, $3', [1, 2]))).toMatchObject({ code: 'INVALID_PARAMETER', position: 11 })
  expect(await failed(rows('SELECT $1', [1, 2]))).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await failed(rows('SELECT $a', { b: 2 }))).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await failed(rows('SELECT $1', [typed('1', 'no such')]))).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await failed(rows("SELECT 'a' || ?, nothing FROM days", ['a longer text'])))
    .toMatchObject({ code: 'UNKNOWN_COLUMN', position: 17 })
  expect((await failed(rows('SELECT n FROM days WHERE day > ?', ['no day']))).code).toMatch(/ERROR$/)
})

test('in other statements', async () => {
  await lab.session.sql('CREATE VIEW late AS SELECT * FROM days WHERE n > ?', [7])
  expect(await lab.rows('SELECT count(*) FROM late')).toEqual([['2']])
  expect(await rows('DESCRIBE SELECT ? AS x', [1.5])).toEqual([['x', 'DOUBLE', 'YES', null, null, null]])
})

test('prepared statements belong to their session', async () => {
  await lab.run('PREPARE above AS SELECT count(*) FROM days WHERE n > $1')
  await lab.run('PREPARE named AS SELECT $low + n FROM days WHERE n = $high')
  await lab.run('PREPARE since AS SELECT count(*) FROM days WHERE day >= ?')
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await lab.rows('EXECUTE above(7)')).toEqual([['2']])
    expect(await lab.rows('EXECUTE named(high := 3, low := 40 + 2)')).toEqual([['45']])
    expect(await lab.rows("EXECUTE since('2026-01-09')")).toEqual([['2']])
    expect(await lab.rows("EXECUTE since(DATE '2026-01-01' + INTERVAL 8 DAY)")).toEqual([['2']])
  }
  expect(await rows('EXECUTE above(?)', [4])).toEqual([['5']])
  const other = await lab.cluster.session()
  expect(await lab.failure('EXECUTE above(7)', other)).toMatchObject({ code: 'UNKNOWN_OBJECT' })
  await lab.run('DEALLOCATE above')
  expect(await lab.failure('EXECUTE above(7)')).toMatchObject({ code: 'UNKNOWN_OBJECT' })
  expect(await lab.failure('DEALLOCATE above')).toMatchObject({ code: 'UNKNOWN_OBJECT' })
  await lab.run('DEALLOCATE ALL')
  expect(await lab.failure('EXECUTE named(1, 2)')).toMatchObject({ code: 'UNKNOWN_OBJECT' })
})

test('any statement can be prepared', async () => {
  await lab.run('PREPARE v AS CREATE OR REPLACE VIEW prepared_view AS SELECT $1 AS a')
  await lab.run("EXECUTE v('x')")
  expect(await lab.rows('FROM prepared_view')).toEqual([['x']])
  await lab.run('PREPARE e AS EXPLAIN SELECT * FROM days WHERE n > ?')
  expect((await lab.rows('EXECUTE e(1)')).length).toBeGreaterThan(0)
})

test('what is wrong is told when it is prepared', async () => {
  expect(await lab.failure('PREPARE p AS SELECT nothing FROM days WHERE n > ?'))
    .toMatchObject({ code: 'UNKNOWN_COLUMN', position: 20 })
  expect(await lab.failure('PREPARE p AS SELECT ? FROM nowhere')).toMatchObject({ code: 'UNKNOWN_TABLE' })
  expect(await lab.failure('PREPARE p AS SELCT 1')).toMatchObject({ code: 'SYNTAX_ERROR' })
  expect(await lab.failure('PREPARE p AS SELECT $a, $1')).toMatchObject({ code: 'INVALID_PARAMETER', position: 24 })
  await lab.run('PREPARE p AS SELECT $1 + n FROM days')
  expect(await lab.failure('EXECUTE p')).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await lab.failure('EXECUTE p(1, 2)')).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await lab.failure('EXECUTE p(n)')).toMatchObject({ code: 'INVALID_PARAMETER', position: 10 })
  expect(await lab.failure('EXECUTE p((SELECT 1))')).toMatchObject({ code: 'INVALID_PARAMETER', position: 10 })
  expect(await lab.failure('EXECUTE p(a := 1, a := 2)')).toMatchObject({ code: 'INVALID_PARAMETER', position: 23 })
})

test('writes take values and can be prepared', async () => {
  await lab.run('CREATE TABLE written (a INTEGER, day DATE)')
  await lab.session.sql('INSERT INTO written VALUES (?, ?)', [1, '2026-01-31'])
  await lab.run('PREPARE more AS INSERT INTO written SELECT n, day FROM days WHERE n > $1')
  await lab.run('EXECUTE more(7)')
  expect(await lab.rows('SELECT count(*), min(day) FROM written')).toEqual([['3', '2026-01-09']])
})
