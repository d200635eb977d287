import {
  bigintType, booleanType, decimalType, doubleType, hugeintType, integerType, simpleType, typeToSql, varcharType,
  type DataType, type SimpleTypeName,
} from '@arbalest/common'
import type { Constant, ConstantValue } from '@arbalest/plan'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderConstant } from './render-constant.js'
import { testDatabase, type TestDatabase } from './testing/duckdb.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase("SET TimeZone = 'UTC'")
})
afterAll(() => {
  database.close()
})

const constant = (type: DataType, value: ConstantValue): Constant => ({ kind: 'constant', type, value })
const text = (type: DataType, value: string) => constant(type, { kind: 'text', text: value })
const ticks = (name: SimpleTypeName, count: string) => constant(simpleType(name), { kind: 'ticks', ticks: count })
const days = (count: number) => constant(simpleType('DATE'), { kind: 'days', days: count })
const interval = (months: number, day: number, micros: string) =>
  constant(simpleType('INTERVAL'), { kind: 'interval', months, days: day, micros })
const list = (type: DataType, ...items: readonly Constant[]) => constant(type, { kind: 'list', items })
const struct = (type: DataType, ...items: readonly Constant[]) => constant(type, { kind: 'struct', items })
const integer = (value: number) => text(integerType, String(value))

const pair: DataType = {
  kind: 'struct',
  fields: [{ name: 'a b', type: integerType }, { name: 'c', type: varcharType }],
}
const map: DataType = { kind: 'map', key: integerType, value: varcharType }
const colours: DataType = { kind: 'enum', values: ['red', "it's"] }

/** [constant, what CAST(… AS VARCHAR) gives of it] */
const cases: readonly (readonly [Constant, string | null])[] = [
  [constant(integerType, { kind: 'null' }), null],
  [constant(pair, { kind: 'null' }), null],
  [constant(booleanType, { kind: 'boolean', value: false }), 'false'],
  [integer(-2147483648), '-2147483648'],
  [text(simpleType('TINYINT'), '-128'), '-128'],
  [text(simpleType('UBIGINT'), '18446744073709551615'), '18446744073709551615'],
  [text(bigintType, '-9223372036854775808'), '-9223372036854775808'],
  [text(hugeintType, '-170141183460469231731687303715884105728'), '-170141183460469231731687303715884105728'],
  [text(decimalType(38, 10), '-0.0000000001'), '-0.0000000001'],
  [text(decimalType(5, 2), '1.50'), '1.50'],
  [text(doubleType, '0.1'), '0.1'],
  [text(doubleType, '-0.0'), '-0.0'],
  [text(doubleType, 'NaN'), 'nan'],
  [text(doubleType, '-Infinity'), '-inf'],
  [text(simpleType('FLOAT'), '0.10000000149011612'), '0.1'],
  [text(varcharType, "it's 🌲"), "it's 🌲"],
  [text(varcharType, ''), ''],
  [text(simpleType('BLOB'), 'a\\x00b'), 'a\\x00b'],
  [text(simpleType('UUID'), '7f2a0b9c-1111-2222-3333-444455556666'), '7f2a0b9c-1111-2222-3333-444455556666'],
  [text(simpleType('TIME'), '23:59:59.999999'), '23:59:59.999999'],
  [text(simpleType('TIME WITH TIME ZONE'), '01:02:03.000000-05:30:00'), '01:02:03-05:30'],
  [days(0), '1970-01-01'],
  [days(-1), '1969-12-31'],
  [days(11016), '2000-02-29'],
  [days(-719162), '0001-01-01'],
  [days(-719163), '0001-12-31 (BC)'],
  [days(2932896), '9999-12-31'],
  [days(2932897), '10000-01-01'],
  [days(2147483647), 'infinity'],
  [days(-2147483647), '-infinity'],
  [ticks('TIMESTAMP', '1582979696789000'), '2020-02-29 12:34:56.789'],
  [ticks('TIMESTAMP', '-1'), '1969-12-31 23:59:59.999999'],
  [ticks('TIMESTAMP', '9223372036854775807'), 'infinity'],
  [ticks('TIMESTAMP', '-62135683200000000'), '0001-12-31 (BC) 00:00:00'],
  [ticks('TIMESTAMP_S', '-1'), '1969-12-31 23:59:59'],
  [ticks('TIMESTAMP_S', '253402300800'), '10000-01-01 00:00:00'],
  [ticks('TIMESTAMP_MS', '1'), '1970-01-01 00:00:00.001'],
  [ticks('TIMESTAMP_NS', '1'), '1970-01-01 00:00:00.000000001'],
  [ticks('TIMESTAMP WITH TIME ZONE', '1000'), '1970-01-01 00:00:00.001+00'],
  [interval(0, 0, '0'), '00:00:00'],
  [interval(-14, 3, '-1500000'), '-1 year -2 months 3 days -00:00:01.5'],
  [interval(0, 0, '9223372036854775807'), '2562047788:00:54.775807'],
  [list({ kind: 'list', child: integerType }, integer(1), constant(integerType, { kind: 'null' })), '[1, NULL]'],
  [list({ kind: 'list', child: pair }), '[]'],
  [list({ kind: 'array', child: integerType, size: 2 }, integer(1), integer(2)), '[1, 2]'],
  [struct(pair, integer(1), text(varcharType, 'x')), "{'a b': 1, 'c': x}"],
  [list(map, struct(pair, integer(1), text(varcharType, 'x'))), '{1=x}'],
  [list(map), '{}'],
  [text(colours, "it's"), "it's"],
]

const rendered = cases.map(([value, expected]) => [renderConstant(value), expected, value.type] as const)

test.each(rendered)('%s is %s', async (sql, expected, type) => {
  expect(await database.rows(`SELECT CAST(${sql} AS VARCHAR), typeof(${sql})`)).toEqual([
    [expected, await nameOf(type)],
  ])
})

test('a zero character does not end the text', async () => {
  const sql = renderConstant(text(varcharType, 'a\0\0b'))
  expect(sql).not.toContain('\0')
  expect(await database.rows(`SELECT length(${sql}), ascii(substring(${sql}, 3, 1))`)).toEqual([['4', 0]])
})

const nameOf = async (type: DataType) =>
  (await database.rows(`SELECT typeof(CAST(NULL AS ${typeToSql(type)}))`))[0]?.[0]
