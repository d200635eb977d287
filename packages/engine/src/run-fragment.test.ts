import { access, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { decodeCounts, decodeSegments, inputViewSql, rangesOf, type LocalInput } from '@arbalest/plan'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columnsOf, identityOf, openTestBench, type TestBench } from './testing/test-bench.js'

const plainParquet = { format: 'parquet', options: {}, partitionColumns: [] } as const

describe('a fragment', () => {
  let bench: TestBench
  beforeAll(async () => {
    bench = await openTestBench()
  })
  afterAll(() => bench.close())

  const scan = async (
    file: string,
    columns: Record<string, string>,
    ranges?: readonly [number, number][],
  ) => {
    const identity = await identityOf(file)
    const splits = ranges?.map(([firstRow, rows]) => ({ file: identity, range: { firstRow, rows } }))
    return {
      kind: 'files',
      name: 'input_0',
      reader: plainParquet,
      columns: columnsOf(columns),
      splits: splits ?? [{ file: identity }],
    } satisfies LocalInput
  }
  const numbers = async (name: string, rows: number) => {
    const file = path.join(bench.dataDirectory, `${name}.parquet`)
    await bench.oracle(
      `COPY (SELECT i::INTEGER AS n, 'v' || i AS s FROM range(${rows}) t(i)) TO '${file}' (ROW_GROUP_SIZE 2048)`,
    )
    return file
  }

  test('writes one file for a single output and tells its rows, bytes and checksum', async () => {
    const input = await scan(await numbers('single', 10_000), { n: 'INTEGER' })
    const attempt = await bench.attempt({
      sql: 'SELECT n AS c0 FROM input_0 WHERE n % 2 = 0',
      inputs: [input],
      columns: columnsOf({ c0: 'INTEGER' }),
      checksum: true,
    })
    const output = await bench.engine.run(attempt)
    const bytes = await readFile(path.join(attempt.directory, output.names[0]!))
    expect(output).toMatchObject({ rows: 5000, bytes: bytes.length })
    expect(output.files).toEqual([{ partition: 0, rows: 5000, bytes: bytes.length, crc32: crc32(bytes) }])
    expect(output.metrics.inputRows).toBe(10_000)
    expect(output.metrics.peakMemoryBytes).toBeGreaterThan(0)
  })

  test.each([[9_999, true], [10_001, false]])('takes its alternative where %d rows say so', async (least, took) => {
    const input = await scan(await numbers('alternative', 10_000), { n: 'INTEGER' })
    const when = `WITH t AS (SELECT n FROM input_0) SELECT count(*) >= ${least} FROM t`
    const attempt = await bench.attempt({
      sql: 'SELECT n AS c0 FROM input_0',
      alternative: { when, sql: 'SELECT n AS c0 FROM input_0 WHERE n < 7', what: 'with less' },
      inputs: [input],
      columns: columnsOf({ c0: 'INTEGER' }),
    })
    const output = await bench.engine.run(attempt)
    expect({ rows: output.rows, took: output.tookAlternative ?? false }).toEqual({ rows: took ? 7 : 10_000, took })
  })

  test("a query's own table expression named like the slice hides it", async () => {
    const attempt = await bench.attempt({
      sql: 'WITH task_slice AS (SELECT 41 AS p) SELECT p + 1 AS c0 FROM task_slice',
      slice: [0],
      columns: columnsOf({ c0: 'INTEGER' }),
    })
    await bench.engine.run(attempt)
    expect(await bench.oracle(`SELECT c0 FROM '${attempt.directory}/*.parquet'`)).toEqual([['42']])
  })

  test('divides rows by the partition number of a hash output; partitions without rows have no file', async () => {
    const input = await scan(await numbers('hash', 10_000), { n: 'INTEGER', s: 'VARCHAR' })
    const attempt = await bench.attempt({
      sql: 'SELECT n AS c0, s AS c1, ((n % 3) * 2)::INTEGER AS __p FROM input_0',
      inputs: [input],
      output: { kind: 'hash', partitions: 6, isMarked: false },
      compression: 'zstd',
      columns: columnsOf({ c0: 'INTEGER', c1: 'VARCHAR' }),
    })
    const output = await bench.engine.run(attempt)
    expect(output.files.map((file) => [file.partition, file.rows])).toEqual([
      [0, 3334],
      [2, 3333],
      [4, 3333],
    ])
    const rows = await bench.oracle(
      `SELECT count(*), min(c0 % 3), max(c0 % 3), count(COLUMNS(*))
       FROM read_parquet('${path.join(attempt.directory, output.names[1]!)}', hive_partitioning = false)`,
    )
    expect(rows).toEqual([['3333', '1', '1', '3333', '3333']])
  })

  test('rows of many partitions lie in their order in one file, with an index to read a part of it', async () => {
    const input = await scan(await numbers('sorted', 200_000), { n: 'INTEGER', s: 'VARCHAR' })
    const attempt = await bench.attempt({
      sql: 'SELECT n AS c0, s AS c1, hash(n) % 1000 AS __p FROM input_0',
      inputs: [input],
      output: { kind: 'hash', partitions: 1000, isMarked: true, isSorted: true },
      columns: columnsOf({ c0: 'INTEGER', c1: 'VARCHAR' }),
      checksum: true,
    })
    const output = await bench.engine.run(attempt)
    expect(output.names).toEqual(['part.parquet', 'part.index'])
    const [file, index] = output.files
    const source = path.join(attempt.directory, 'part.parquet')
    const counted = await bench.oracle(`SELECT count(*) FROM '${source}' GROUP BY __p ORDER BY __p`)
    expect(decodeCounts(file!.partitionRows!).map(String)).toEqual(counted.map(([count]) => count))
    const text = await readFile(path.join(attempt.directory, 'part.index'))
    expect([text.length, crc32(text)]).toEqual([index!.bytes, index!.crc32])
    const segments = decodeSegments(text.toString(), file!.bytes)!
    expect(segments.length).toBeGreaterThan(8)
    const bytes = await readFile(source)
    const part = Buffer.alloc(bytes.length)
    const only = Array.from({ length: 100 }, (_, at) => 300 + 2 * at)
    for (const range of rangesOf(segments, only)) {
      let { offset } = range
      for (const segment of range.segments) {
        const end = offset + segment.bytes
        bytes.copy(part, offset, offset, end)
        expect(segment.crc32).toBe(crc32(bytes.subarray(offset, end)))
        offset = end
      }
    }
    expect(part.filter((byte) => byte !== 0).length).toBeLessThan(bytes.length / 2)
    const target = path.join(attempt.directory, 'copy.parquet')
    await writeFile(target, part)
    const { columns } = attempt
    const viewOf = (from: string) =>
      inputViewSql({ kind: 'shuffle', name: 'input_0', columns, paths: [from], rows: 0, bytes: 0, only })
    const sums = (from: string) => bench.oracle(`SELECT count(*), sum(hash(c0, c1)) FROM (${viewOf(from)})`)
    expect(await sums(target)).toEqual(await sums(source))
  })

  test.each([
    ['VARCHAR[]', "['a', 'b']"],
    ['MAP(VARCHAR, INTEGER)', "MAP {'a': 1, 'b': 2}"],
    ['STRUCT(l BLOB[])', "{'l': ['a'::BLOB, 'b'::BLOB]}"],
  ])('writes few rows with longer lists of texts: %s', async (type, value) => {
    const attempt = await bench.attempt({
      sql: `SELECT ${value} AS c0 FROM range(3)`, columns: columnsOf({ c0: type }),
    })
    await bench.engine.run(attempt)
    expect(await bench.oracle(`SELECT c0 = ${value}, count(*) FROM '${attempt.directory}/*.parquet' GROUP BY ALL`))
      .toEqual([['true', '3']])
  })

  test('reads only the given rows of a cut file, in file order', async () => {
    const input = await scan(await numbers('cut', 10_000), { n: 'INTEGER' }, [
      [4096, 2048],
      [0, 5],
    ])
    const attempt = await bench.attempt({
      sql: 'SELECT n AS c0 FROM input_0',
      inputs: [input],
      columns: columnsOf({ c0: 'INTEGER' }),
    })
    const output = await bench.engine.run(attempt)
    const rows = await bench.oracle(`SELECT c0 FROM '${path.join(attempt.directory, output.names[0]!)}'`)
    expect(rows.map(([n]) => Number(n))).toEqual([
      ...Array.from({ length: 2048 }, (_, i) => 4096 + i),
      0,
      1,
      2,
      3,
      4,
    ])
  })

  test('counts rows of an input of which no column is wanted', async () => {
    const input = await scan(await numbers('count', 10_000), {})
    const attempt = await bench.attempt({
      sql: 'SELECT count(*) AS c0 FROM input_0',
      inputs: [input],
      columns: columnsOf({ c0: 'BIGINT' }),
    })
    const output = await bench.engine.run(attempt)
    expect(await bench.oracle(`SELECT * FROM '${path.join(attempt.directory, output.names[0]!)}'`)).toEqual([
      ['10000'],
    ])
  })

  test('an output without rows has no files', async () => {
    const inputs: LocalInput[] = [
      {
        kind: 'shuffle', name: 'input_0', columns: columnsOf({ a: 'HUGEINT', b: "ENUM('x')" }), paths: [],
        rows: 0, bytes: 0,
      },
    ]
    for (const output of [{ kind: 'single' }, { kind: 'hash', partitions: 4, isMarked: false }] as const) {
      const attempt = await bench.attempt({
        sql: 'SELECT a AS c0, b AS c1, 0 AS __p FROM input_0',
        inputs,
        output,
        columns: columnsOf({ c0: 'HUGEINT', c1: "ENUM('x')" }),
      })
      expect(await bench.engine.run(attempt)).toMatchObject({ rows: 0, files: [], names: [] })
    }
  })

  test('a file that is not as it was planned is an error that names it', async () => {
    const file = await numbers('changed', 100)
    const input = await scan(file, { n: 'INTEGER' })
    const attempt = await bench.attempt({ sql: 'SELECT n AS c0 FROM input_0', inputs: [input] })
    const before = await stat(file)
    const bytes = await readFile(file)
    // Same size and time, another footer.
    bytes[bytes.length - 12] = bytes[bytes.length - 12]! ^ 1
    await writeFile(file, bytes)
    await utimes(file, before.atime, before.mtime)
    await expect(bench.engine.run(attempt)).rejects.toMatchObject({
      code: 'INPUT_CHANGED',
      fields: { path: file },
    })
  })

  test('a file that is gone is an error that names it', async () => {
    const input = await scan(await numbers('gone', 100), { n: 'INTEGER' })
    const gone = { ...input, splits: [{ file: { ...input.splits[0]!.file, path: '/nowhere/x.parquet' } }] }
    await expect(
      bench.engine.run(await bench.attempt({ sql: 'SELECT 1 AS c0', inputs: [gone] })),
    ).rejects.toMatchObject({ code: 'FILE_NOT_FOUND', fields: { path: '/nowhere/x.parquet' } })
  })

  test('a damaged file is unreadable, and named', async () => {
    const file = await numbers('damaged', 20_000)
    const bytes = await readFile(file)
    for (let at = 4; at < 8000; at++) bytes[at] = bytes[at]! ^ 0x5a
    await writeFile(file, bytes)
    const input = await scan(file, { n: 'INTEGER', s: 'VARCHAR' })
    const attempt = await bench.attempt({ sql: 'SELECT max(n) AS c0, max(s) AS c1 FROM input_0', inputs: [input] })
    await expect(bench.engine.run(attempt)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      fields: { path: file },
    })
  })

  test("errors of the data are the user's", async () => {
    const attempt = await bench.attempt({ sql: "SELECT CAST('x' AS INTEGER) AS c0" })
    await expect(bench.engine.run(attempt)).rejects.toMatchObject({
      code: 'EXECUTION_ERROR',
      message: expect.stringContaining("'x'"),
    })
  })

  test('a type that no file can hold is refused by name', async () => {
    const attempt = await bench.attempt({ sql: 'SELECT [1::VARIANT] AS c0', columns: columnsOf({ c0: 'VARIANT[]' }) })
    await expect(bench.engine.run(attempt)).rejects.toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
  })

  test('rows of many partitions are sorted on the disk where memory is small', async () => {
    const small = await openTestBench({ memoryLimitBytes: 48 * 1024 * 1024 })
    try {
      const attempt = await small.attempt({
        sql: 'SELECT i AS c0, hash(i) AS c1, hash(i + 1) AS c2, hash(i) % 1000 AS __p FROM range(3000000) t(i)',
        output: { kind: 'hash', partitions: 1000, isMarked: true, isSorted: true },
        columns: columnsOf({ c0: 'BIGINT', c1: 'UBIGINT', c2: 'UBIGINT' }),
      })
      const { rows, files, metrics } = await small.engine.run(attempt)
      expect([rows, files.length]).toEqual([3_000_000, 2])
      expect(metrics.spilledBytes).toBeGreaterThan(0)
    } finally {
      await small.close()
    }
  })

  test('too little memory is OUT_OF_MEMORY', async () => {
    const small = await openTestBench({ memoryLimitBytes: 24 * 1024 * 1024 })
    try {
      const attempt = await small.attempt({ sql: 'SELECT list(i) AS c0 FROM range(20000000) t(i)' })
      await expect(small.engine.run(attempt)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' })
    } finally {
      await small.close()
    }
  })

  test('a cancelled attempt ends as JOB_CANCELLED and the engine goes on', async () => {
    const attempt = await bench.attempt({
      sql: 'SELECT count(*) AS c0 FROM range(10000000) a(i), range(1000000) b(j) WHERE i * j % 7 = 3',
    })
    const running = bench.engine.run(attempt)
    bench.engine.cancel(attempt.attemptId)
    await expect(running).rejects.toMatchObject({ code: 'JOB_CANCELLED' })
    expect(await bench.engine.run(await bench.attempt({ sql: 'SELECT 1 AS c0' }))).toMatchObject({ rows: 1 })
  })

  test('settings travel with the attempt and end with it', async () => {
    const halves = async (settings: Record<string, string>) => {
      const attempt = await bench.attempt({
        sql: "SELECT 5 / 2 AS c0, current_setting('TimeZone') AS c1",
        settings,
      })
      const output = await bench.engine.run(attempt)
      return bench.oracle(`SELECT * FROM '${path.join(attempt.directory, output.names[0]!)}'`)
    }
    expect(await halves({ integer_division: 'true', TimeZone: 'Asia/Tokyo' })).toEqual([['2', 'Asia/Tokyo']])
    expect(await halves({})).toEqual([['2.5', 'UTC']])
  })

  test('names with quotes, emoji and reserved words are names like others', async () => {
    const file = path.join(bench.dataDirectory, "it's [odd] 🎯.parquet")
    await bench.oracle(
      `COPY (SELECT 1 AS "select", 2 AS "a ""b"" 🎯", 3 AS "it's")
       TO '${file.replaceAll("'", "''")}' (FORMAT parquet)`,
    )
    const input = await scan(file, { select: 'BIGINT', 'a "b" 🎯': 'VARCHAR', "it's": 'INTEGER' })
    const attempt = await bench.attempt({
      sql: `SELECT "select" AS c0, "a ""b"" 🎯" AS c1, "it's" AS c2 FROM input_0`,
      inputs: [input],
    })
    const output = await bench.engine.run(attempt)
    expect(await bench.oracle(`SELECT * FROM '${path.join(attempt.directory, output.names[0]!)}'`)).toEqual([
      ['1', '2', '3'],
    ])
    await access(attempt.directory)
  })
})
