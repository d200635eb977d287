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
  Table,
  TimeMicrosecond,
  TimestampMicrosecond,
  Utf8,
  Vector,
  makeData,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow'
import { afterEach, describe, expect, test } from 'vitest'
import type { StatementResult } from '@arbalest/protocol'
import { closeFronts, column, inline, jobId, numbers, session, ticket } from './testing-front.js'

afterEach(closeFronts)

describe('rows', () => {
  const large = 400
  async function* manyBatches(): AsyncGenerator<Uint8Array> {
    const batches = Array.from(
      { length: large },
      (_, batch) => numbers(batch * 20_000, 20_000).batches,
    ).flat()
    yield tableToIPC(new Table(batches), 'stream')
  }

  test('stream with bounded memory: who reads slowly is not overrun, who leaves ends it', async () => {
    const { context, seen } = await session({
      answer: () => ({ columns: column, rowCount: large * 20_000, data: ticket }),
      rows: manyBatches,
    })
    const frame = await context.sql('SELECT n FROM large')
    let rows = 0
    for await (const batch of frame.stream()) {
      expect(batch.getChildAt(0)!.get(0)).toBe(rows)
      rows += batch.numRows
      if (rows === 60_000) break
    }
    await expect.poll(() => seen.closed).toContain('doGet')
    expect(seen.messages).toBeLessThan(large)
    const controller = new AbortController()
    const reading = (async () => {
      for await (const _ of frame.stream({ signal: controller.signal })) controller.abort()
    })()
    await expect(reading).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  })

  test('come as an Arrow table, also without any', async () => {
    const { context } = await session({
      answer: ({ sql }) =>
        sql.startsWith('DROP')
          ? {}
          : {
              columns: column,
              rowCount: 3,
              data: sql.endsWith('FROM t') ? ticket : inline(numbers(0, 0)),
            },
      rows: async function* () {
        yield Buffer.from(tableToIPC(numbers(0, 3), 'stream'))
      },
    })
    const table = await (await context.sql('SELECT n FROM t')).toArrow()
    expect(table.getChild('n')!.toJSON()).toEqual([0, 1, 2])
    const none = await (await context.sql('SELECT n FROM u')).toArrow()
    expect([none.numRows, none.schema.fields.map(({ name }) => name)]).toEqual([0, ['n']])
    expect((await (await context.sql('DROP TABLE t')).toArrow()).numRows).toBe(0)
  })

  test('are counted, shown, described and explained', async () => {
    const text = (name: string, ...values: (string | null)[]): Partial<StatementResult> => ({
      columns: [{ name, type: 'BIGINT' }],
      rowCount: values.length,
      data: inline(new Table({ [name]: vectorFromArray(values, new Utf8()) })),
    })
    const described = new Table({
      column_name: vectorFromArray(['n'], new Utf8()),
      column_type: vectorFromArray(['HUGEINT'], new Utf8()),
    })
    const { context, seen } = await session({
      answer: ({ sql }) => {
        if (sql.startsWith('SELECT count')) return text('n', '42')
        if (sql.startsWith('EXPLAIN')) return text('plan', 'stage 1', 'stage 2')
        if (sql.startsWith('DESCRIBE'))
          return {
            columns: [
              { name: 'column_name', type: 'VARCHAR' },
              { name: 'column_type', type: 'VARCHAR' },
            ],
            data: inline(described),
          }
        return text('x', '1', null, '3')
      },
    })
    const frame = await context.sql('SELECT x')
    expect(await frame.count()).toBe(42)
    expect(await frame.schema()).toEqual([{ name: 'n', type: 'HUGEINT' }])
    expect(await frame.explain({ analyze: true, verbose: true })).toBe('stage 1\nstage 2')
    let shown = ''
    await frame.show(2, { write: (line) => (shown += line) })
    expect(shown).toMatch(/│ {6}1 │\n│ {3}NULL │\n└─+┘\n3 rows \(2 shown\)$/)
    expect(await frame.collectText()).toMatchObject({
      rows: [['1'], [null], ['3']],
      mode: 'whole',
      stages: 1,
      jobId,
    })
    expect(seen.requests.map(({ sql, textResult }) => [sql, textResult])).toEqual([
      ['SELECT count(*) AS n FROM (SELECT x\n) AS counted', true],
      ['DESCRIBE SELECT x', true],
      ['EXPLAIN ANALYZE VERBOSE SELECT x', true],
      ['SELECT x', true],
      ['SELECT x', true],
    ])
  })

  test('are exact values of JavaScript', async () => {
    const duck = (name: string, type: string, arrow: Field['type']) =>
      new Field(name, arrow, true, new Map([['ARBALEST:type', type]]))
    const decimal = makeData({
      type: new Decimal(2, 38, 128),
      length: 2,
      data: new Uint32Array([4294966946, 4294967295, 4294967295, 4294967295, 5, 0, 0, 0]),
    })
    const item = new Field('item', new Int64(), true)
    const columns: [Field, Vector][] = [
      [duck('big', 'BIGINT', new Int64()), vectorFromArray([9007199254740993n, null], new Int64())],
      [
        duck('huge', 'HUGEINT', new Utf8()),
        vectorFromArray(['-170141183460469231731687303715884105728', null], new Utf8()),
      ],
      [duck('dec', 'DECIMAL(38,2)', new Decimal(2, 38, 128)), new Vector([decimal])],
      [duck('flag', 'BOOLEAN', new Bool()), vectorFromArray([true, false], new Bool())],
      [duck('d', 'DOUBLE', new Float64()), vectorFromArray([0.1, NaN], new Float64())],
      [
        duck('blob', 'BLOB', new Binary()),
        vectorFromArray([Buffer.from([1, 2]), null], new Binary()),
      ],
      [
        duck('day', 'DATE', new DateDay()),
        new Vector([
          makeData({ type: new DateDay(), length: 2, data: new Int32Array([-719_163, 19_782]) }),
        ]),
      ],
      [
        duck('t', 'TIME', new TimeMicrosecond()),
        new Vector([
          makeData({ type: new TimeMicrosecond(), length: 2, data: new BigInt64Array([1n, 0n]) }),
        ]),
      ],
      [
        duck('ts', 'TIMESTAMP', new TimestampMicrosecond()),
        new Vector([
          makeData({
            type: new TimestampMicrosecond(),
            length: 2,
            data: new BigInt64Array([1n, 9_223_372_036_854_775_807n]),
          }),
        ]),
      ],
      [duck('list', 'BIGINT[]', new List(item)), vectorFromArray([[1n, null], []], new List(item))],
      [
        duck('pair', 'INTEGER[2]', new FixedSizeList(2, new Field('i', new Int32(), true))),
        vectorFromArray(
          [
            [1, 2],
            [3, 4],
          ],
          new FixedSizeList(2, new Field('i', new Int32(), true)),
        ),
      ],
      [
        duck('st', 'STRUCT(a INTEGER)', new Struct([new Field('a', new Int32(), true)])),
        vectorFromArray([{ a: 1 }, null], new Struct([new Field('a', new Int32(), true)])),
      ],
    ]
    const schema = new Schema(columns.map(([field]) => field))
    const children = columns.map(([, vector]) => vector.data[0]!)
    const batch = new RecordBatch(
      schema,
      makeData({ type: new Struct(schema.fields), length: 2, nullCount: 0, children }),
    )
    const { context } = await session({
      answer: () => ({ columns: column, rowCount: 2, data: inline(new Table(schema, [batch])) }),
    })
    const rows = await (await context.sql('SELECT *')).collect()
    expect(rows).toEqual([
      {
        big: 9007199254740993n,
        huge: -(2n ** 127n),
        dec: '-3.50',
        flag: true,
        d: 0.1,
        blob: new Uint8Array([1, 2]),
        day: '0001-12-31 (BC)',
        t: '00:00:00.000001',
        ts: '1970-01-01 00:00:00.000001',
        list: [1n, null],
        pair: [1, 2],
        st: { a: 1 },
      },
      {
        big: null,
        huge: null,
        dec: '0.05',
        flag: false,
        d: NaN,
        blob: null,
        day: '2024-02-29',
        t: '00:00:00',
        ts: 'infinity',
        list: [],
        pair: [3, 4],
        st: null,
      },
    ])
  })

  test('keep columns of the same name and maps', async () => {
    const n = new Field('n', new Int32(), true)
    const map = new Map_<Utf8, Int32>(
      new Field(
        'entries',
        new Struct([
          new Field('key', new Utf8(), false),
          new Field('value', new Int32(), true),
        ]) as never,
        false,
      ),
    )
    const schema = new Schema([n, n, new Field('m', map, true)])
    const int = vectorFromArray([1], new Int32()).data[0]!
    const maps = vectorFromArray(
      [
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      ] as never,
      map as never,
    ).data[0]!
    const batch = new RecordBatch(
      schema,
      makeData({
        type: new Struct(schema.fields),
        length: 1,
        nullCount: 0,
        children: [int, int, maps],
      }),
    )
    const { context } = await session({
      answer: () => ({ columns: column, rowCount: 1, data: inline(new Table(schema, [batch])) }),
    })
    expect(await (await context.sql('SELECT *')).collect()).toEqual([
      {
        n: 1,
        n_1: 1,
        m: new Map([
          ['a', 1],
          ['b', 2],
        ]),
      },
    ])
  })
})
