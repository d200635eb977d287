import { doubleType, integerType, simpleType, typeToSql, type DataType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { partitionExpression } from './partition-expression.js'
import { testDatabase, type TestDatabase } from './testing/duckdb.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => {
  database.close()
})

const column = (type: DataType): Expr => ({ kind: 'column', index: 0, type })

/** The partitions of values of one type, of so many that accidents do not look like a law. */
async function partitionsOf(type: DataType, ...values: readonly string[]): Promise<readonly unknown[]> {
  const sql = partitionExpression([column(type)], 1_000_003, (index) => `c${index}`)
  const rows = values.map((value) => `(CAST(${value} AS ${typeToSql(type)}))`).join(', ')
  return (await database.rows(`SELECT ${sql} FROM (VALUES ${rows}) AS v(c0)`)).map(([partition]) => partition)
}

test('a partition is a BIGINT below the number of partitions', async () => {
  const sql = partitionExpression([column(integerType), column(integerType)], 7, () => 'i')
  expect(sql).toMatchInlineSnapshot(`"CAST(hash(CAST(i AS BIGINT), CAST(i AS BIGINT)) % 7 AS BIGINT)"`)
  expect(await database.types(`SELECT ${sql} FROM range(1) AS t(i)`)).toEqual(['BIGINT'])
  const [counts] = await database.rows(
    `SELECT min(p), max(p), count(DISTINCT p) FROM (SELECT ${sql} AS p FROM range(999) AS t(i))`,
  )
  expect(counts).toEqual(['0', '6', '7'])
})

test('values that SQL calls equal share a partition', async () => {
  const [zero, minusZero, nan, otherNan] = await partitionsOf(doubleType, '0.0', "'-0.0'", "'nan'", "-'nan'::DOUBLE")
  expect(minusZero).toBe(zero)
  expect(otherNan).toBe(nan)
  const [month, thirtyDays] = await partitionsOf(simpleType('INTERVAL'), "INTERVAL '1 month'", "INTERVAL '30 days'")
  expect(thirtyDays).toBe(month)
  const [first, second] = await partitionsOf(integerType, 'NULL', 'NULL')
  expect(second).toBe(first)
})

test('integers of all widths agree', async () => {
  const names = ['TINYINT', 'INTEGER', 'BIGINT', 'UBIGINT'] as const
  const all = await Promise.all(names.map((name) => partitionsOf(simpleType(name), '42')))
  expect(new Set(all.flat()).size).toBe(1)
  const signed = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'] as const
  const negative = await Promise.all(signed.map((name) => partitionsOf(simpleType(name), '-42')))
  expect(new Set(negative.flat()).size).toBe(1)
})

test('an ENUM goes by its text, whatever its place in the list', async () => {
  const one: DataType = { kind: 'enum', values: ['a', 'b', 'c'] }
  const other: DataType = { kind: 'enum', values: ['c', 'a'] }
  expect(await partitionsOf(one, "'a'", "'c'")).toEqual(await partitionsOf(other, "'a'", "'c'"))
  const inList = (child: DataType): DataType => ({ kind: 'list', child })
  expect(await partitionsOf(inList(one), "['a', 'c']")).toEqual(await partitionsOf(inList(other), "['a', 'c']"))
  const inStruct = (type: DataType): DataType => ({ kind: 'struct', fields: [{ name: 'k', type }] })
  expect(await partitionsOf(inStruct(one), "{'k': 'c'}")).toEqual(await partitionsOf(inStruct(other), "{'k': 'c'}"))
})

test('without keys there is no partition', () => {
  expect(() => partitionExpression([], 4, String)).toThrow('at least one key')
})
