import { afterAll, beforeAll, expect, test } from 'vitest'
import { bigintType, parseDataType, type StageId } from '@arbalest/common'
import { rangeKeyOf, type KeySample, type RangeNumber, type ShuffleRead, type SortOrder } from '@arbalest/plan'
import { renderSelect } from './render-plan.js'
import { testDatabase, type TestDatabase } from './testing/duckdb.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

/** Values of a type from the numbers `i`, some of them equal, some NULL. */
const valuesOf: Readonly<Record<string, string>> = {
  BOOLEAN: 'i % 3 = 0',
  TINYINT: '(i % 200 - 100)::TINYINT',
  INTEGER: '(i * 7919 % 1000 - 500)::INTEGER',
  BIGINT: 'CASE i % 50 WHEN 7 THEN -9223372036854775808 WHEN 8 THEN 9223372036854775807 ELSE i - 300 END::BIGINT',
  HUGEINT: 'i::HUGEINT * 1000000000000000000000 - 7',
  UHUGEINT: 'i::UHUGEINT * 1000000000000000000000',
  'DECIMAL(5,1)': '(i - 300)::DECIMAL(5,1)',
  'DECIMAL(38,4)': '(i - 300)::DECIMAL(38,4) / 7',
  FLOAT: "CASE i % 9 WHEN 1 THEN 'nan' WHEN 2 THEN '-inf' WHEN 3 THEN 'inf' WHEN 4 THEN '-0.0' ELSE '0' END::FLOAT",
  DOUBLE: "CASE i % 9 WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN '-0.0'::DOUBLE WHEN 3 THEN 0 ELSE 300 - i END::DOUBLE",
  VARCHAR: "CASE i % 11 WHEN 3 THEN '' ELSE chr((97 + i % 26)::INTEGER) || repeat('é', i % 140) || i END",
  BLOB: "encode(chr((97 + i % 26)::INTEGER) || i)",
  UUID: 'md5(i::VARCHAR)::UUID',
  DATE: "DATE '2000-01-01' + (i - 300)::INTEGER",
  TIME: "TIME '00:00:01' + to_seconds(i)",
  TIMESTAMP: "TIMESTAMP '1969-12-31' + to_hours(i::INTEGER)",
  TIMESTAMP_NS: "(TIMESTAMP '1969-12-31' + to_hours(i::INTEGER))::TIMESTAMP_NS",
  BIT: "(i % 64)::INTEGER::BIT",
  BIGNUM: '(i - 300)::BIGNUM',
  "ENUM('z', 'm', 'a')": "(['a', 'z', 'm'])[i % 3 + 1]::ENUM('z', 'm', 'a')",
  'INTEGER[]': '[CASE WHEN i % 5 > 0 THEN i % 7 END, i % 3]::INTEGER[]',
  'STRUCT(a INTEGER, b VARCHAR)': "{'a': CASE WHEN i % 5 > 0 THEN i % 7 END, 'b': 'v' || i % 3}",
}

const directions = [false, true].flatMap((descending) =>
  [false, true].map((nullsFirst) => ({ descending, nullsFirst })))

test.each(Object.keys(valuesOf))('ranges of %s ascend in its order', async (name) => {
  const value = valuesOf[name]!
  await database.rows(
    `CREATE OR REPLACE TABLE input AS SELECT i AS c0, CASE WHEN i % 17 <> 5 THEN ${value} END::${name} AS c1
     FROM range(600) r(i)`,
  )
  for (const direction of directions) {
    for (const columns of [[1], [1, 0]]) await expectRanges(name, columns.map((column) => ({ column, ...direction })))
  }
})

test.each(['INTERVAL', 'TIME WITH TIME ZONE', 'INTERVAL[]', 'STRUCT(t TIMETZ)'])('%s has no ranges', (name) => {
  const expr = { kind: 'column', index: 0, type: parseDataType(name) } as const
  expect(rangeKeyOf([{ expr, descending: false, nullsFirst: false }])).toBeUndefined()
})

interface Key { readonly column: number; readonly descending: boolean; readonly nullsFirst: boolean }

/** Two samples, of a part of the rows each; then every row's range. */
async function expectRanges(name: string, keys: readonly Key[]): Promise<void> {
  const types = [bigintType, parseDataType(name)]
  const read = (id: number, of: readonly (typeof types)[number][]): ShuffleRead => ({
    kind: 'shuffle-read', id, types: of, live: of.map((_, index) => index), stageId: id as StageId, mode: 'all',
  })
  const orders = keys.map(({ column, descending, nullsFirst }): SortOrder =>
    ({ expr: { kind: 'column', index: column, type: types[column]! }, descending, nullsFirst }))
  const sampleTypes = [{ kind: 'list', child: rangeKeyOf(orders)!.type } as const, bigintType]
  const sample: KeySample = {
    kind: 'key-sample', id: 3, types: sampleTypes, live: [0, 1], input: read(1, types), orders,
  }
  const samples = read(2, sampleTypes)
  const partitions = 7
  const number: RangeNumber = {
    kind: 'range-number', id: 4, types: [...types, bigintType], live: [0, 1, 2], input: read(1, types), samples, orders,
    partitions,
  }
  const sql = (plan: KeySample | RangeNumber, input: string) =>
    renderSelect(plan, { inputName: ({ id }) => (id === 1 ? input : 'samples') }, (column) =>
      plan.live.map((index) => `${column(index)} AS c${index}`).join(', '))
  await database.rows('CREATE OR REPLACE VIEW few AS FROM input WHERE c0 < 50')
  await database.rows(
    `CREATE OR REPLACE TABLE samples AS (${sql(sample, 'input')}) UNION ALL (${sql(sample, 'few')})`,
  )
  const order = keys.map(({ column, descending, nullsFirst }) =>
    `c${column} ${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`).join(', ')
  const found = await database.rows(
    `SELECT c2, rank() OVER (ORDER BY ${order}) FROM (${sql(number, 'input')}) ORDER BY ${order}`,
  )
  const ranges = found.map(([range]) => Number(range))
  expect(ranges, order).toEqual(ranges.toSorted((a, b) => a - b))
  expect(ranges.every((range) => range >= 0 && range < partitions)).toBe(true)
  const ofRank = new Map(found.map(([range, rank]) => [rank, range]))
  expect(found.every(([range, rank]) => ofRank.get(rank) === range), `${order}: equal keys meet`).toBe(true)
  if (keys.length === 2) expect(new Set(ranges).size, order).toBe(partitions)
}
