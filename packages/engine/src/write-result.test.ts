import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { limits } from '@arbalest/common'
import { typeSamples } from '@arbalest/plan/testing'
import { tableFromIPC, type Table } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columnsOf, openTestBench, type TestBench } from './testing/test-bench.js'

describe('a result', () => {
  let bench: TestBench
  beforeAll(async () => {
    bench = await openTestBench()
  })
  afterAll(() => bench.close())

  async function resultOf(
    sql: string,
    columns: Readonly<Record<string, string>>,
  ): Promise<{ table: Table; rows: number }> {
    const attempt = await bench.attempt({
      sql,
      columns: columnsOf(columns),
      output: { kind: 'result' },
      checksum: true,
    })
    const output = await bench.engine.run(attempt)
    expect(output.names).toEqual(['result.arrow'])
    const bytes = await readFile(path.join(attempt.directory, 'result.arrow'))
    expect(output.files[0]!.bytes).toBe(bytes.length)
    return { table: tableFromIPC(bytes), rows: output.rows }
  }

  test('keeps order and values over many batches', async () => {
    const rows = 300_000
    const { table } = await resultOf(
      `SELECT i AS c0, CASE WHEN i % 3 = 0 THEN NULL ELSE 'value ' || i END AS c1, i % 2 = 0 AS c2,
        CASE WHEN i >= 100000 AND i % 7 = 0 THEN NULL ELSE i / 4 END AS c3
       FROM range(${rows}) t(i) WHERE i % 5 <> 1 ORDER BY i DESC`,
      { n: 'BIGINT', s: 'VARCHAR', b: 'BOOLEAN', d: 'DOUBLE' },
    )
    const expected = Array.from({ length: rows }, (_, at) => rows - 1 - at).filter((i) => i % 5 !== 1)
    expect(table.batches.length).toBeGreaterThan(3)
    expect(table.numRows).toBe(expected.length)
    const [n, s, b, d] = table.schema.fields.map((_, at) => table.getChildAt(at)!)
    expected.forEach((i, row) => {
      const right =
        n!.get(row) === BigInt(i) &&
        s!.get(row) === (i % 3 === 0 ? null : `value ${i}`) &&
        b!.get(row) === (i % 2 === 0) &&
        d!.get(row) === (i >= 100_000 && i % 7 === 0 ? null : i / 4)
      if (!right) throw new Error(`row ${row} of ${i} differs`)
    })
    expect(s!.nullCount).toBe(expected.filter((i) => i % 3 === 0).length)
  })

  test('large values are divided among batches of bounded size, at any row and bit', async () => {
    const kinds = {
      b: 'BOOLEAN', n: 'INTEGER', l: 'STRUCT(a BIGINT, b VARCHAR[])[]', w: 'INTEGER[3]', m: 'MAP(VARCHAR, BOOLEAN)',
      s: 'STRUCT(x BOOLEAN, y DOUBLE)',
    }
    const query = (wide: string) => `SELECT i % 2 = 0 AS c0, CASE WHEN i % 3 <> 0 THEN i END::INTEGER AS c1,
        CASE WHEN i % 5 <> 0 THEN [{'a': i, 'b': CASE WHEN i % 2 = 0 THEN ['x' || i, NULL] END}, NULL] END AS c2,
        CASE WHEN i % 7 <> 0 THEN [i, NULL, -i] END::INTEGER[3] AS c3, MAP {'k' || i: i % 11 = 0} AS c4,
        CASE WHEN i % 4 <> 0 THEN {'x': i % 3 = 0, 'y': i / 8} END AS c5${wide}
      FROM range(3001) t(i)`
    const { table } = await resultOf(query(", CASE WHEN i % 9 <> 0 THEN repeat('w', 20000 + i::INT) END AS c6"),
      { ...kinds, t: 'VARCHAR' })
    const narrow = (await resultOf(query(''), kinds)).table
    for (const name of Object.keys(kinds)) {
      const [values, expected] = [table.getChild(name)!, narrow.getChild(name)!]
      expect(Array.from(values, String)).toEqual(Array.from(expected, String))
      expect(values.nullCount).toBe(expected.nullCount)
    }
    const lengths = Array.from(table.getChild('t')!, (text) => (text as string | null)?.length ?? null)
    expect(lengths).toEqual(lengths.map((_, i) => (i % 9 === 0 ? null : 20_000 + i)))
    const bytes = table.batches.map((batch) => batch.data.children.reduce((sum, child) => sum + child.byteLength, 0))
    expect(Math.max(...bytes)).toBeLessThan(limits.arrowBatchBytesMax + 2 * limits.arrowBatchBytes)
  })

  test('nested values with NULLs at every level come through many chunks', async () => {
    const { table } = await resultOf(
      `SELECT CASE WHEN i % 5 = 0 THEN NULL
         ELSE [{'a': i, 'b': CASE WHEN i % 2 = 0 THEN ['x' || i, NULL] END}, NULL] END AS c0,
        [i, NULL, -i]::INTEGER[3] AS c1, MAP {'k' || i: i} AS c2
       FROM range(10000) t(i)`,
      { l: 'STRUCT(a BIGINT, b VARCHAR[])[]', a: 'INTEGER[3]', m: 'MAP(VARCHAR, BIGINT)' },
    )
    const entries = table.schema.fields[2]!.type.children[0]!
    expect([entries.nullable, entries.type.children[0]!.nullable]).toEqual([false, false])
    const [l, a, m] = [0, 1, 2].map((at) => table.getChildAt(at)!)
    for (const i of [0, 1, 2, 2047, 2048, 2049, 9998, 9999]) {
      const json = (value: unknown) =>
        JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v))
      expect(json(l!.get(i)), `list ${i}`).toBe(
        i % 5 === 0 ? 'null' : JSON.stringify([{ a: i, b: i % 2 === 0 ? [`x${i}`, null] : null }, null]),
      )
      expect([...a!.get(i)]).toEqual([i, null, i === 0 ? 0 : -i])
      expect([...m!.get(i)]).toEqual([[`k${i}`, BigInt(i)]])
    }
  })

  test('without rows there is the schema, with the names the user gave', async () => {
    const { table, rows } = await resultOf('SELECT 1 AS c0, 2 AS c1, 3 AS c2 WHERE false', {
      n: 'INTEGER',
      'a "q" 🎯': 'INTEGER',
      select: 'INTEGER',
    })
    expect(rows).toBe(0)
    expect(table.schema.fields.map((field) => field.name)).toEqual(['n', 'a "q" 🎯', 'select'])
  })

  test('a struct without field names goes as text', async () => {
    const { table } = await resultOf("SELECT row(1, 'x') AS c0, [row(2)] AS c1", {
      r: 'STRUCT(INTEGER, VARCHAR)',
      l: 'STRUCT(INTEGER)[]',
    })
    expect(table.schema.fields.map((field) => field.metadata.get('ARBALEST:type'))).toEqual([
      'STRUCT(INTEGER, VARCHAR)',
      'STRUCT(INTEGER)[]',
    ])
    expect([table.getChildAt(0)!.get(0), ...table.getChildAt(1)!.get(0)]).toEqual(['(1, x)', '(2)'])
  })

  test('two columns may have one name', async () => {
    const attempt = await bench.attempt({
      sql: 'SELECT 1 AS c0, 2 AS c1',
      output: { kind: 'result' },
      columns: [...columnsOf({ x: 'INTEGER' }), ...columnsOf({ x: 'INTEGER' })],
    })
    await bench.engine.run(attempt)
    const table = tableFromIPC(await readFile(path.join(attempt.directory, 'result.arrow')))
    expect(table.schema.fields.map((field) => field.name)).toEqual(['x', 'x'])
    expect(table.getChildAt(1)!.get(0)).toBe(2)
  })

  test('an error in the middle of the rows fails the attempt', async () => {
    const attempt = await bench.attempt({
      sql: "SELECT CAST(CASE WHEN i = 70000 THEN 'x' ELSE '1' END AS INTEGER) AS c0 FROM range(100000) t(i)",
      output: { kind: 'result' },
      columns: columnsOf({ n: 'INTEGER' }),
    })
    await expect(bench.engine.run(attempt)).rejects.toMatchObject({ code: 'EXECUTION_ERROR' })
  })

  test('a long result can be cancelled while it streams', async () => {
    const attempt = await bench.attempt({
      sql: 'SELECT i AS c0, random() AS c1 FROM range(2000000000) t(i)',
      output: { kind: 'result' },
      columns: columnsOf({ n: 'BIGINT', r: 'DOUBLE' }),
    })
    const running = bench.engine.run(attempt)
    setImmediate(() => bench.engine.cancel(attempt.attemptId))
    await expect(running).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
  })

  test.each([
    ['BIGINT', "('-9223372036854775808'), ('9223372036854775807')", 'x'],
    ['UBIGINT', "('18446744073709551615')", 'x'],
    [
      'DATE',
      "('infinity'), ('0044-03-15 (BC)'), ('1969-12-31')",
      "CASE WHEN isfinite(x) THEN date_diff('day', DATE '1970-01-01', x) ELSE 2147483647 END",
    ],
    ['TIME', "('24:00:00'), ('00:00:00.000001')", 'epoch_us(x)'],
    ['TIME_NS', "('23:59:59.999999999')", 'epoch_ns(x)'],
    [
      'TIMESTAMP',
      "('infinity'), ('1677-01-01 00:00:00.000001'), ('290309-12-22 (BC) 00:00:00')",
      'CASE WHEN isfinite(x) THEN epoch_us(x) ELSE 9223372036854775807 END',
    ],
    ['TIMESTAMP_S', "('1969-12-31 23:59:59'), ('290308-12-22 00:00:00')", 'epoch_ms(x) // 1000'],
    ['TIMESTAMP_MS', "('1969-12-31 23:59:59.999')", 'epoch_ms(x)'],
    ['TIMESTAMP_NS', "('2262-04-11 23:47:16.854775806'), ('1969-12-31 23:59:59.999999999')", 'epoch_ns(x)'],
    ['TIMESTAMP WITH TIME ZONE', "('2024-03-31 02:30:00+01')", 'epoch_us(x)'],
    ['FLOAT', "('-0.0'), ('3.4028235e38'), ('1e-45')", 'x::DOUBLE'],
    ['DOUBLE', "('5e-324'), ('-1.7976931348623157e308')", 'x'],
  ])('values of %s are carried exactly', async (type, values, number) => {
    const from = `FROM (SELECT CAST(v AS ${type}) AS x FROM (VALUES ${values}) t(v))`
    const { table } = await resultOf(`SELECT x AS c0 ${from}`, { v: type })
    const raw = [...(table.getChildAt(0)!.data[0]!.values as Iterable<number | bigint>)]
    const expected = await bench.oracle(`SELECT ${number} ${from}`)
    expect(raw.map(Number)).toEqual(expected.map(([text]) => Number(text)))
    if (typeof raw[0] === 'bigint') expect(raw.map(String)).toEqual(expected.map(([text]) => text))
  })

  describe('every type', () => {
    test.each(typeSamples.map(({ type, values }) => ({ type, values })))(
      '$type',
      async ({ type, values }) => {
        const union = ['NULL', ...values]
          .map((value, row) => `SELECT ${row} AS n, CAST(${value} AS ${type}) AS c0`)
          .join(' UNION ALL ')
        const { table } = await resultOf(`SELECT c0 FROM (${union}) ORDER BY n`, { v: type })
        expect(table.numRows).toBe(values.length + 1)
        const [typeName] = (await bench.oracle(`SELECT typeof(CAST(NULL AS ${type}))`))[0]!
        expect(table.schema.fields[0]!.metadata.get('ARBALEST:type')).toBe(typeName)
        const texts = await bench.oracle(`SELECT c0 FROM (${union}) ORDER BY n`)
        const column = table.getChildAt(0)!
        expect(column.get(0)).toBe(null)
        if (String(column.type) === 'Utf8') expect([...column]).toEqual(texts.map(([text]) => text))
        else for (let row = 1; row < table.numRows; row++) expect(column.isValid(row)).toBe(true)
      },
    )
  })
})
