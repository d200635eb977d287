import type { Vector } from 'apache-arrow'
import {
  Binary,
  Bool,
  DateDay,
  Decimal,
  Field,
  FixedSizeList,
  Float64,
  Int32,
  Int64,
  List,
  Map_,
  RecordBatch,
  Schema,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  Utf8,
  makeData,
  vectorFromArray,
  type Data,
  type DataType,
} from 'apache-arrow'
import { expect, test } from 'vitest'
import { batchRows, type Value } from './row-values.js'

/** The values of one column, whose field carries DuckDB's name of the type. */
function valuesOf(duckType: string, type: DataType, data: Data): Value[] {
  const field = new Field('v', type, true, new Map([['ARBALEST:type', duckType]]))
  const schema = new Schema([field])
  const rows = new RecordBatch(
    schema,
    makeData({ type: new Struct([field]), length: data.length, nullCount: 0, children: [data] }),
  )
  return batchRows(rows).map(({ v }) => v ?? null)
}

const fromValues = (duckType: string, type: DataType, values: unknown[]): Value[] =>
  valuesOf(duckType, type, (vectorFromArray(values, type as never) as Vector).data[0]!)
const fromBuffer = (
  duckType: string,
  type: DataType,
  data: Int32Array | Uint32Array | BigInt64Array,
  length: number,
): Value[] => valuesOf(duckType, type, makeData({ type: type as never, length, data } as never))

const int = new Field('i', new Int32(), true)

test('numbers are exact', () => {
  expect(fromValues('BIGINT', new Int64(), [9007199254740993n, null])).toEqual([
    9007199254740993n,
    null,
  ])
  expect(
    fromValues('HUGEINT', new Utf8(), ['-170141183460469231731687303715884105728', null]),
  ).toEqual([-(2n ** 127n), null])
  expect(fromValues('DOUBLE', new Float64(), [0.1, NaN])).toEqual([0.1, NaN])
  const words = new Uint32Array([4294966946, 4294967295, 4294967295, 4294967295, 5, 0, 0, 0])
  expect(fromBuffer('DECIMAL(38,2)', new Decimal(2, 38, 128), words, 2)).toEqual(['-3.50', '0.05'])
  expect(fromBuffer('DECIMAL(38,0)', new Decimal(0, 38, 128), words, 2)).toEqual(['-350', '5'])
})

test('dates and times are text over their whole range', () => {
  expect(fromBuffer('DATE', new DateDay(), new Int32Array([-719_163, 19_782]), 2)).toEqual([
    '0001-12-31 (BC)',
    '2024-02-29',
  ])
  expect(fromBuffer('TIME', new TimeMicrosecond(), new BigInt64Array([1n, 0n]), 2)).toEqual([
    '00:00:00.000001',
    '00:00:00',
  ])
  const stamps = new BigInt64Array([1n, 9_223_372_036_854_775_807n])
  expect(fromBuffer('TIMESTAMP', new TimestampMicrosecond(), stamps, 2)).toEqual([
    '1970-01-01 00:00:00.000001',
    'infinity',
  ])
  expect(
    fromBuffer('TIMESTAMP WITH TIME ZONE', new TimestampMicrosecond('UTC'), stamps, 1),
  ).toEqual(['1970-01-01 00:00:00.000001+00'])
})

test('other simple values', () => {
  expect(fromValues('BOOLEAN', new Bool(), [true, null, false])).toEqual([true, null, false])
  expect(fromValues('BLOB', new Binary(), [Buffer.from([1, 2]), null])).toEqual([
    new Uint8Array([1, 2]),
    null,
  ])
  expect(fromValues('UUID', new Utf8(), ['x'])).toEqual(['x'])
})

test('nested values', () => {
  const longs = new List(new Field('item', new Int64(), true))
  expect(fromValues('BIGINT[]', longs, [[1n, null], [], null, [2n]])).toEqual([
    [1n, null],
    [],
    null,
    [2n],
  ])
  expect(
    fromValues('INTEGER[2]', new FixedSizeList(2, int), [
      [1, 2],
      [3, 4],
    ]),
  ).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(fromValues('STRUCT(i INTEGER)', new Struct([int]), [{ i: 1 }, null])).toEqual([
    { i: 1 },
    null,
  ])
  const entry = new Struct([
    new Field('key', new Utf8(), false),
    new Field('value', new Int32(), true),
  ])
  const map = new Map_<Utf8, Int32>(new Field('entries', entry as never, false))
  const entries = new Map([
    ['a', 1],
    ['b', 2],
  ])
  expect(fromValues('MAP(VARCHAR, INTEGER)', map, [entries])).toEqual([entries])
})

test('columns of the same name are told apart', () => {
  const fields = ['n', 'n', 'n_1', 'n'].map((name) => new Field(name, new Int32(), true))
  const children = [1, 2, 3, 4].map((value) => vectorFromArray([value], new Int32()).data[0]!)
  const batch = new RecordBatch(
    new Schema(fields),
    makeData({ type: new Struct(fields), length: 1, nullCount: 0, children }),
  )
  expect(batchRows(batch)).toEqual([{ n: 1, n_1: 2, n_1_1: 3, n_2: 4 }])
})
