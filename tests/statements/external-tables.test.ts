import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
})
afterAll(() => lab?.close())

const create = (name: string, format: string, location: string, rest = '') =>
  `CREATE EXTERNAL TABLE ${name} STORED AS ${format} LOCATION '${location}' ${rest}`

describe('locations', () => {
  beforeAll(async () => {
    for (const n of [1, 2, 3]) await lab.copy(`SELECT ${n} AS n, 'x' AS s`, `parts/p${n}.parquet`)
    await lab.text('parts/_SUCCESS', '')
  })
  test.each([
    ['a file', 'parts/p1.parquet', ['1']],
    ['a directory', 'parts', ['1', '2', '3']],
    ['a directory with a slash', 'parts/', ['1', '2', '3']],
    ['a pattern', 'parts/p[12].parquet', ['1', '2']],
  ])('%s, relative, absolute and as file://', async (_, location, expected) => {
    const absolute = join(lab.directory, location)
    for (const path of [location, absolute, `file://${absolute}`, `file://localhost${absolute}`]) {
      await lab.run(create('t', 'PARQUET', path).replace('CREATE', 'CREATE OR REPLACE'))
      expect(await lab.rows('SELECT n FROM t ORDER BY n')).toEqual(expected.map((n) => [n]))
    }
  })
  test('nothing there, another store', async () => {
    expect(await lab.failure(create('u', 'PARQUET', 'nowhere.parquet'))).toMatchObject({ code: 'FILE_NOT_FOUND' })
    expect(await lab.failure(create('u', 'PARQUET', 'parts/*.orc'))).toMatchObject({ code: 'FILE_NOT_FOUND' })
    const remote = await lab.failure(create('u', 'PARQUET', 's3://bucket/x.parquet'))
    expect(remote).toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
    expect(remote.message).toContain('s3://bucket/x.parquet')
  })
  test('files that are none of the format', async () => {
    await lab.text('bad/empty.parquet', '')
    await lab.text('bad/text.parquet', 'a,b\n1,2\n'.repeat(10))
    for (const file of ['bad/empty.parquet', 'bad/text.parquet']) {
      const error = await lab.failure(create('u', 'PARQUET', file))
      expect(error).toMatchObject({ code: 'FILE_UNREADABLE' })
      expect(error.message).toContain(file)
    }
  })
})

describe('partitioned by directories', () => {
  beforeAll(async () => {
    const query = "SELECT i, 2020 + i % 2 AS year, 'm' || (i % 3) AS month FROM range(12) r(i)"
    const options = '(FORMAT parquet, PARTITION_BY (year, month))'
    await lab.copy(query, 'hive', options)
    await lab.copy(query, 'hive-csv', '(FORMAT csv, PARTITION_BY (year, month))')
  })
  test.each(['PARQUET', 'CSV'])('%s: names alone, types, and none said', async (format) => {
    const location = format === 'CSV' ? 'hive-csv' : 'hive'
    for (const clause of ['', 'PARTITIONED BY (year, month)', 'PARTITIONED BY (year INT, month VARCHAR)']) {
      await lab.run(create('OR_REPLACED', format, location, clause).replace('CREATE', 'CREATE OR REPLACE'))
      expect(await lab.rows("SELECT count(*), sum(i) FROM or_replaced WHERE year = 2021 AND month = 'm0'"))
        .toEqual([['2', '12']])
    }
    const described = await lab.rows('DESCRIBE or_replaced')
    expect(described.map(([name, type]) => [name, type])).toEqual(
      expect.arrayContaining([['year', 'INTEGER'], ['month', 'VARCHAR']]),
    )
    expect(described).toHaveLength(3)
  })
  test('types win over what the directories look like', async () => {
    const partitions = 'PARTITIONED BY (year VARCHAR, month)'
    await lab.run(create('OR_REPLACED', 'PARQUET', 'hive', partitions).replace('CREATE', 'CREATE OR REPLACE'))
    expect(await lab.rows("SELECT DISTINCT year || '!' FROM or_replaced ORDER BY 1")).toEqual([['2020!'], ['2021!']])
  })
  test('a part that the directories do not have', async () => {
    const error = await lab.failure(create('u', 'PARQUET', 'hive', 'PARTITIONED BY (day)'))
    expect(error.code).toBe('UNKNOWN_COLUMN')
    expect(error.message).toContain('day')
  })
  test('switched off', async () => {
    await lab.run(create('flat', 'PARQUET', 'hive', "OPTIONS ('hive_partitioning' 'false')"))
    expect((await lab.rows('DESCRIBE flat')).map(([name]) => name)).toEqual(['i'])
  })
})

describe('CSV and JSON', () => {
  test('header, delimiter, quote and null text', async () => {
    await lab.text('odd.csv', "id|name\n1|'a|b'\n2|nothing\n")
    const options = "OPTIONS ('has_header' 'true', 'delimiter' '|', 'quote' '''', 'nullstr' 'nothing')"
    await lab.run(create('odd', 'CSV', 'odd.csv', options))
    expect(await lab.rows('SELECT * FROM odd ORDER BY id')).toEqual([['1', 'a|b'], ['2', null]])
    await lab.text('plain.csv', '1,a\n2,b\n')
    await lab.run(create('plain', 'CSV', 'plain.csv', "OPTIONS ('header' 'false')"))
    expect(await lab.rows('SELECT column0, column1 FROM plain ORDER BY 1')).toEqual([['1', 'a'], ['2', 'b']])
  })
  test.each(['gz', 'gzip', 'zst', 'zstd', 'ZSTD'])('compressed: %s', async (word) => {
    const kind = word.startsWith('g') ? 'gzip' : 'zstd'
    for (const format of ['csv', 'json']) {
      const file = `packed-${kind}.${format}`
      await lab.copy('SELECT i, i * 2 AS d FROM range(100) r(i)', file, `(FORMAT ${format}, COMPRESSION ${kind})`)
      const sql = create('packed', format.toUpperCase(), file, `OPTIONS ('compression' '${word}')`)
      await lab.run(sql.replace('CREATE', 'CREATE OR REPLACE'))
      expect(await lab.rows('SELECT sum(d) FROM packed')).toEqual([['9900']])
    }
  })
  test('compressed, by the ending', async () => {
    await lab.copy('SELECT i FROM range(100) r(i)', 'ended.csv.gz', '(FORMAT csv, COMPRESSION gzip)')
    await lab.run(create('ended', 'CSV', 'ended.csv.gz'))
    expect(await lab.rows('SELECT sum(i) FROM ended')).toEqual([['4950']])
  })
  test('an unknown option is an error that names the known ones', async () => {
    const csv = await lab.failure(create('u', 'CSV', 'plain.csv', "OPTIONS ('delimitter' '|')"))
    expect(csv.code).toBe('UNKNOWN_SETTING')
    expect(csv.message).toMatch(/delimitter.*header, delim, quote/)
    const parquet = await lab.failure(create('u', 'PARQUET', 'hive', "OPTIONS ('header' 'true')"))
    expect(parquet.message).toMatch(/parquet tables know binary_as_string/)
    const wrong = await lab.failure(create('u', 'CSV', 'plain.csv', "OPTIONS ('header' 'perhaps')"))
    expect(wrong).toMatchObject({ code: 'INVALID_SETTING' })
  })
  test('JSON in lines and as an array, nested', async () => {
    await lab.text('lines.json', '{"a": 1, "b": {"c": [1, 2]}}\n{"a": 2, "b": {"c": []}}\n')
    await lab.text('array.json', '[{"a": 1}, {"a": 2}]')
    await lab.run(create('lines', 'JSON', 'lines.json'))
    await lab.run(create('listed', 'JSON', 'array.json'))
    expect(await lab.rows('SELECT a, b.c FROM lines ORDER BY a')).toEqual([['1', '[1, 2]'], ['2', '[]']])
    expect(await lab.rows('SELECT sum(a) FROM listed')).toEqual([['3']])
  })
})

describe('declared columns', () => {
  test.each(['CSV', 'JSON', 'PARQUET'])('%s: types are the declared ones', async (format) => {
    const file = `declared.${format.toLowerCase()}`
    const options = `(FORMAT ${format})`
    await lab.copy("SELECT 1 AS id, '12.5' AS price, 'red' AS colour", file, options)
    const columns = "(id BIGINT, price DECIMAL(9, 2), colour ENUM('red', 'green'))"
    await lab.run(`CREATE EXTERNAL TABLE declared_${format} ${columns} STORED AS ${format} LOCATION '${file}'`)
    expect((await lab.rows(`DESCRIBE declared_${format}`)).map(([name, type]) => [name, type])).toEqual([
      ['id', 'BIGINT'], ['price', 'DECIMAL(9,2)'], ['colour', "ENUM('red', 'green')"],
    ])
    expect(await lab.rows(`SELECT id, price, colour FROM declared_${format}`)).toEqual([['1', '12.50', 'red']])
  })
  test('nested ones', async () => {
    await lab.text('nested.json', '{"s": {"x": 1, "y": [{"z": "2020-01-01"}]}}\n')
    const columns = '(s STRUCT(x SMALLINT, y STRUCT(z DATE)[]))'
    await lab.run(`CREATE EXTERNAL TABLE nested ${columns} STORED AS JSON LOCATION 'nested.json'`)
    expect(await lab.rows('SELECT s.y[1].z + 1 FROM nested')).toEqual([['2020-01-02']])
  })
  test('a column that the file does not have, a type that is none, a value that does not fit', async () => {
    const declare = (columns: string, format: string, file: string) =>
      `CREATE EXTERNAL TABLE u (${columns}) STORED AS ${format} LOCATION '${file}'`
    const missing = await lab.failure(declare('id INT, colr VARCHAR', 'PARQUET', 'declared.parquet'))
    expect(missing.code).toBe('UNKNOWN_COLUMN')
    expect(missing.message).toContain('colr')
    expect((await lab.failure(declare('id INTT', 'PARQUET', 'declared.parquet'))).message).toMatch(/INTT/i)
    await lab.run(declare('id INT, price INT, colour INT', 'CSV', 'declared.csv'))
    const value = await lab.failure('SELECT sum(colour) FROM u')
    expect(['FILE_UNREADABLE', 'EXECUTION_ERROR']).toContain(value.code)
    expect(value.message).toContain('red')
    await lab.run('DROP TABLE u')
  })
})

describe('names', () => {
  beforeAll(() => lab.copy('SELECT 7 AS n', 'seven.parquet'))
  test('exist once, in any case of letters', async () => {
    await lab.run(create('Seven', 'PARQUET', 'seven.parquet'))
    expect(await lab.rows('SELECT s2.n FROM SEVEN, main.seven s2')).toEqual([['7']])
    const again = await lab.failure(create('sEVEN', 'PARQUET', 'seven.parquet'))
    expect(again).toMatchObject({ code: 'TABLE_EXISTS' })
    await lab.run("CREATE EXTERNAL TABLE IF NOT EXISTS SEVEN STORED AS PARQUET LOCATION 'nowhere.parquet'")
    expect(await lab.failure('CREATE VIEW seven AS SELECT 1')).toMatchObject({ code: 'TABLE_EXISTS' })
    expect(await lab.failure('CREATE OR REPLACE VIEW seven AS SELECT 1')).toMatchObject({ code: 'TABLE_EXISTS' })
    await lab.run('CREATE VIEW of_seven AS SELECT 8 AS n')
    const overView = create('of_seven', 'PARQUET', 'seven.parquet').replace('CREATE', 'CREATE OR REPLACE')
    const view = await lab.failure(overView)
    expect(view).toMatchObject({ code: 'TABLE_EXISTS' })
    expect(await lab.failure('DROP TABLE of_seven')).toMatchObject({ code: 'BINDER_ERROR' })
    expect(await lab.failure('DROP VIEW seven')).toMatchObject({ code: 'BINDER_ERROR' })
    await lab.run('DROP VIEW OF_SEVEN')
    await lab.run('DROP TABLE SEVEN')
    expect(await lab.failure('SELECT * FROM seven')).toMatchObject({ code: 'UNKNOWN_TABLE' })
    expect(await lab.failure('DROP TABLE seven')).toMatchObject({ code: 'UNKNOWN_TABLE' })
    await lab.run('DROP TABLE IF EXISTS seven')
    await lab.run('DROP VIEW IF EXISTS seven')
  })
  test.each(['"two words"', '"a ""quoted"" one"', '"😀"', '"select"', '"a.b"', '"Ünïcödé"', 'input_0', '"%"'])(
    '%s', async (name) => {
      await lab.run(create(name, 'PARQUET', 'seven.parquet'))
      for (const mode of ['always', 'never']) {
        await lab.run(`SET arbalest.distribute = ${mode}`)
        expect(await lab.rows(`SELECT sum(${name}.n) FROM ${name}`)).toEqual([['7']])
      }
      await lab.run('SET arbalest.distribute = always')
      expect((await lab.rows(`DESCRIBE ${name}`)).map(([column]) => column)).toEqual(['n'])
      await lab.run(`DROP TABLE ${name}`)
    },
  )
  test('that no query could use', async () => {
    for (const name of ['"x.parquet"', '"dir/x"', '"a*"', 'arbalest_files_x']) {
      expect(await lab.failure(create(name, 'PARQUET', 'seven.parquet'))).toMatchObject({ code: 'BINDER_ERROR' })
    }
    const elsewhere = await lab.failure(create('other.t', 'PARQUET', 'seven.parquet'))
    expect(elsewhere).toMatchObject({ code: 'UNKNOWN_SCHEMA' })
  })
  test('two that are made at once: one is made', async () => {
    const sql = create('twice', 'PARQUET', 'seven.parquet')
    const ends = await Promise.allSettled([lab.run(sql), lab.run(sql), lab.run(sql)])
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})
