import { mkdir, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { typeToSql } from '@arbalest/common'
import { inputViewSql, type InspectReply, type InspectRequest, type TableSource } from '@arbalest/plan'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { columnsOf, openTestBench, type TestBench } from './testing/test-bench.js'

describe('inspection', () => {
  let bench: TestBench
  let directory: string
  let count = 0
  beforeAll(async () => {
    bench = await openTestBench()
  })
  afterAll(() => bench.close())
  beforeEach(async () => {
    directory = path.join(bench.dataDirectory, `t${count++}`)
    await mkdir(directory)
  })

  const write = async (name: string, sql: string, options = 'FORMAT parquet') => {
    const file = path.join(directory, name)
    await mkdir(path.dirname(file), { recursive: true })
    await bench.oracle(`COPY (${sql}) TO '${file}' (${options})`)
    return file
  }
  const ask = async (
    parts: Partial<InspectRequest> & { locations: readonly string[] },
  ): Promise<InspectReply> => {
    const request: InspectRequest = {
      table: 't',
      declaredColumns: undefined,
      knownVersion: undefined,
      reader: { format: 'parquet', options: {}, partitionColumns: [] },
      ...parts,
    }
    return (await bench.engine.inspect([request]))[0]!
  }
  const inspect = async (
    parts: Partial<InspectRequest> & { locations: readonly string[] },
  ): Promise<TableSource> => {
    const reply = await ask(parts)
    if (reply.kind !== 'inspected') throw new Error('unchanged')
    return reply.source
  }
  const namesOf = (source: TableSource) => source.files.map((file) => path.relative(directory, file.path))
  const typesOf = (source: TableSource) =>
    source.columns.map(({ name, type }) => `${name} ${typeToSql(type)}`)
  /** All rows of a source as its readers would see them. */
  const rowsOf = (source: TableSource) =>
    bench.oracle(
      inputViewSql({ kind: 'files', name: 'x', ...source, splits: source.files.map((file) => ({ file })) }),
    )

  test('columns that the row groups of all files are clustered by come with their ranges', async () => {
    const rows = `SELECT range AS id, range % 7 AS mixed,
      DATE '2020-01-01' + (range // 9)::INTEGER AS day,
      CASE WHEN range <> 5 THEN range END AS gap, range::UBIGINT AS u, range::DOUBLE AS d
      FROM range(20000) r(range)`
    await write('t.parquet', `${rows} ORDER BY id`, 'FORMAT parquet, ROW_GROUP_SIZE 4096')
    const clustered = (await inspect({ locations: [directory] })).clustered ?? {}
    expect(Object.keys(clustered)).toEqual(['id', 'day'])
    expect(clustered['id']).toEqual({ mins: [0, 4096, 8192, 12288, 16384], maxs: [4095, 8191, 12287, 16383, 19999] })
    expect(clustered['day']?.mins[1]).toBe(Date.parse('2020-01-01') / 86_400_000 + Math.floor(4096 / 9))
    await write('u.parquet', `${rows} LIMIT 10`)
    expect((await inspect({ locations: [directory] })).clustered).toBeUndefined()
  })

  test('a directory gives its files by path without hidden ones, a pattern gives all', async () => {
    for (const name of [
      'b.parquet',
      'sub/a.parquet',
      'a.parquet',
      '_x/a.parquet',
      '.y.parquet',
      '_z.parquet',
    ]) {
      await write(name, 'SELECT 1 AS n')
    }
    await writeFile(path.join(directory, 'note.txt'), 'x')
    expect(namesOf(await inspect({ locations: [directory] }))).toEqual([
      'a.parquet',
      'b.parquet',
      'sub/a.parquet',
    ])
    expect(namesOf(await inspect({ locations: [`${directory}/*.parquet`] }))).toEqual([
      '.y.parquet',
      '_z.parquet',
      'a.parquet',
      'b.parquet',
    ])
  })

  test('footers tell columns, rows, row groups and statistics', async () => {
    await write(
      'a.parquet',
      `SELECT i::INTEGER AS n, DATE '1970-01-11' + i::INTEGER AS d, (i / 4)::DECIMAL(9, 2) AS x, 's' AS s,
        NULL::INTEGER AS z FROM range(5000) t(i)`,
      'FORMAT parquet, ROW_GROUP_SIZE 2048',
    )
    await write(
      'b.parquet',
      'SELECT -7::INTEGER AS n, NULL::DATE AS d, 1::DECIMAL(9, 2) AS x, NULL::VARCHAR AS s, NULL::INTEGER AS z',
    )
    const source = await inspect({ locations: [directory] })
    expect(typesOf(source)).toEqual(['n INTEGER', 'd DATE', 'x DECIMAL(9,2)', 's VARCHAR', 'z INTEGER'])
    expect(source.rows).toBe(5001)
    expect(source.files.map((file) => [file.rows, file.rowGroupRows])).toEqual([
      [5000, [2048, 2048, 904]],
      [1, [1]],
    ])
    const bytes = expect.any(Number) as number
    expect(source.statistics).toEqual({
      n: { min: -7, max: 4999, bytes },
      d: { min: 10, max: 5009, bytes },
      x: { min: 0, max: 1249.75, bytes },
      s: { bytes },
      z: { bytes },
    })
    expect(source.files[0]!.footerHash).toMatch(/^[0-9a-f]{32}$/)
  })

  test('nothing has changed, or the version is another one', async () => {
    const file = await write('a.parquet', 'SELECT 1 AS n')
    const first = await ask({ locations: [file] })
    const knownVersion = first.kind === 'inspected' ? first.version : ''
    expect(await ask({ locations: [file], knownVersion })).toEqual({ kind: 'unchanged' })
    await write('a.parquet', 'SELECT 2 AS n')
    const second = await ask({ locations: [file], knownVersion })
    expect(second.kind).toBe('inspected')
    expect(
      await ask({ locations: [file], knownVersion: second.kind === 'inspected' ? second.version : '' }),
    ).toEqual({ kind: 'unchanged' })
  })

  test('files with other columns are named', async () => {
    const first = await write('a.parquet', 'SELECT 1::INTEGER AS n')
    const second = await write('b.parquet', 'SELECT 1::BIGINT AS n')
    await expect(ask({ locations: [directory] })).rejects.toMatchObject({
      code: 'FILE_SCHEMAS_DIFFER',
      fields: { first, second },
    })
    const source = await inspect({
      locations: [directory],
      reader: { format: 'parquet', options: { union_by_name: 'true' }, partitionColumns: [] },
    })
    expect(typesOf(source)).toEqual(['n BIGINT'])
  })

  test('what is not a whole Parquet file is named', async () => {
    const good = await write('good.parquet', 'SELECT 1 AS n')
    const bad: Record<string, (file: string) => Promise<void>> = {
      'empty.parquet': (file) => writeFile(file, ''),
      'text.parquet': (file) => writeFile(file, 'this is not a Parquet file at all'),
      'short.parquet': async (file) => {
        await writeFile(file, await readFile(good))
        await truncate(file, (await readFile(good)).length - 20)
      },
      'damaged.parquet': async (file) => {
        const bytes = await readFile(good)
        bytes.fill(0xff, bytes.length - 40, bytes.length - 8)
        await writeFile(file, bytes)
      },
    }
    for (const [name, make] of Object.entries(bad)) {
      const file = path.join(directory, name)
      await make(file)
      await expect(ask({ locations: [file] }), name).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        fields: { path: file },
      })
    }
  })

  test('a location without files is an error that names it', async () => {
    for (const location of [`${directory}/none.parquet`, `${directory}/*.nothing`, directory]) {
      await expect(ask({ locations: [location] })).rejects.toMatchObject({
        code: 'FILE_NOT_FOUND',
        fields: { path: location },
      })
    }
  })

  test('paths outside the data directories are refused, also through links and dots', async () => {
    const outside = path.join(bench.directory, 'outside.parquet')
    await rename(await write('a.parquet', 'SELECT 1 AS n'), outside)
    await symlink(outside, path.join(directory, 'link.parquet'))
    await mkdir(`${bench.dataDirectory}-more`, { recursive: true })
    const locations = [
      outside,
      '/etc/passwd',
      '/etc/*',
      '/nowhere/at/all',
      `${directory}/../../outside.parquet`,
      path.join(directory, 'link.parquet'),
      `${directory}/*.parquet`,
      directory,
      `${bench.dataDirectory}-more/x.parquet`,
      `${bench.directory}/*.parquet`,
    ]
    for (const location of locations) {
      await expect(ask({ locations: [location] }), location).rejects.toMatchObject({
        code: 'PATH_NOT_ALLOWED',
      })
    }
  })

  test('directories named key=value become columns', async () => {
    await write('year=2023/m=01/a.parquet', 'SELECT 1 AS n')
    await write('year=2024/m=x/a.parquet', 'SELECT 2 AS n')
    const source = await inspect({ locations: [directory] })
    expect(source.reader.partitionColumns).toEqual(['year', 'm'])
    expect(typesOf(source).sort()).toEqual(['m VARCHAR', 'n INTEGER', 'year BIGINT'])
    expect(
      await rowsOf({ ...source, columns: columnsOf({ n: 'INTEGER', year: 'BIGINT', m: 'VARCHAR' }) }),
    ).toEqual([
      ['1', '2023', '01'],
      ['2', '2024', 'x'],
    ])
    const plain = await inspect({
      locations: [directory],
      reader: { format: 'parquet', options: { hive_partitioning: 'false' }, partitionColumns: [] },
    })
    expect(typesOf(plain)).toEqual(['n INTEGER'])
  })

  test('declared columns give names, order and types', async () => {
    await write('a.parquet', "SELECT 1::INTEGER AS n, '2' AS s")
    const declaredColumns = columnsOf({ s: 'BIGINT', N: 'HUGEINT' })
    const source = await inspect({ locations: [directory], declaredColumns })
    expect(source.columns).toEqual(declaredColumns)
    expect(await rowsOf(source)).toEqual([['2', '1']])
    await expect(
      ask({ locations: [directory], declaredColumns: columnsOf({ x: 'INTEGER' }) }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN', message: expect.stringContaining('x') as string })
  })

  test('a CSV file tells its dialect once, and readers follow it', async () => {
    await writeFile(path.join(directory, 'a.csv'), "id|name|day\r\n1|'a|b'|2024-01-31\r\n2||2023-12-01\r\n")
    const source = await inspect({
      locations: [directory],
      reader: { format: 'csv', options: {}, partitionColumns: [] },
    })
    expect(typesOf(source)).toEqual(['id BIGINT', 'name VARCHAR', 'day DATE'])
    expect(source.reader.options).toMatchObject({ auto_detect: 'false', delim: "'|'", header: 'true' })
    expect(source.rows).toBeGreaterThan(0)
    expect(await rowsOf(source)).toEqual([
      ['1', 'a|b', '2024-01-31'],
      ['2', null, '2023-12-01'],
    ])
    const some = { ...source, columns: columnsOf({ day: 'VARCHAR' }) }
    expect(await rowsOf(some)).toEqual([['2024-01-31'], ['2023-12-01']])
  })

  test("the user's options and columns of a CSV file win", async () => {
    await writeFile(path.join(directory, 'a.tbl'), '1|x|\n2|y|\n')
    const source = await inspect({
      locations: [`${directory}/a.tbl`],
      declaredColumns: columnsOf({ k: 'INTEGER', v: 'VARCHAR', nothing: 'VARCHAR' }),
      reader: { format: 'csv', options: { delim: "'|'", header: 'false' }, partitionColumns: [] },
    })
    expect(await rowsOf(source)).toEqual([
      ['1', 'x', null],
      ['2', 'y', null],
    ])
  })

  test('JSON files tell their columns', async () => {
    await writeFile(
      path.join(directory, 'a.ndjson'),
      '{"n": 1, "s": {"a": [1, null]}}\n{"n": null, "s": {"a": []}}\n',
    )
    const source = await inspect({
      locations: [directory],
      reader: { format: 'json', options: {}, partitionColumns: [] },
    })
    expect(typesOf(source)).toEqual(['n BIGINT', 's STRUCT("a" BIGINT[])'])
    expect(source.rows).toBe(2)
    expect(await rowsOf(source)).toEqual([
      ['1', "{'a': [1, NULL]}"],
      [null, "{'a': []}"],
    ])
  })

  test('many tables are inspected in one call, in order', async () => {
    const file = await write('a.parquet', 'SELECT 1 AS n')
    const request = (table: string): InspectRequest => ({
      table,
      locations: [file],
      reader: { format: 'parquet', options: {}, partitionColumns: [] },
      declaredColumns: undefined,
      knownVersion: undefined,
    })
    const replies = await bench.engine.inspect(['a', 'b', 'c'].map(request))
    expect(replies.map((reply) => (reply.kind === 'inspected' ? reply.source.table : ''))).toEqual([
      'a',
      'b',
      'c',
    ])
  })
})
