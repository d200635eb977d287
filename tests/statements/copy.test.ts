/** COPY: files as one plain DuckDB would read and write them, all of them or none. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab

beforeAll(async () => {
  lab = await startStatementLab()
  await lab.run("CREATE TABLE t AS SELECT i AS a, i % 3 AS k, 'x' || i AS name FROM range(5000) r(i)")
})

afterAll(() => lab?.close())

const left = async (): Promise<readonly string[]> =>
  (await readdir(lab.directory)).filter((name) => name.startsWith('.'))

describe('COPY … TO', () => {
  test.each([
    ['one.parquet', ''],
    ['one.csv', ''],
    ['bars.csv', "(DELIMITER '|', HEADER true)"],
    ['packed.csv.gz', '(HEADER)'],
    ['one.json', ''],
    ['array.json', '(ARRAY)'],
    ['some.file', "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)"],
  ])('%s %s is one file in the order of the rows', async (file, options) => {
    const done = await lab.run(`COPY (SELECT * FROM t ORDER BY a DESC) TO '${file}' ${options}`)
    expect(done.rows).toEqual([['5000']])
    const source = file === 'some.file' ? `read_parquet('${file}')` : `'${file}'`
    const reader = file.startsWith('packed') ? `read_csv('${file}')` : source
    expect(await lab.rows(`SELECT * FROM ${reader} LIMIT 2`)).toEqual([
      ['4999', '1', 'x4999'], ['4998', '0', 'x4998'],
    ])
    expect(await lab.rows(`SELECT count(*), sum(a) FROM ${reader}`)).toEqual([['5000', '12497500']])
    expect(await left()).toEqual([])
  })
  test('a directory gets a file of each task', async () => {
    expect((await lab.run("COPY t TO 'dir' (FORMAT parquet, PER_THREAD_OUTPUT)")).rows).toEqual([['5000']])
    expect((await readdir(join(lab.directory, 'dir'))).length).toBe(2)
    expect(await lab.rows("SELECT count(*), sum(a) FROM 'dir/*.parquet'")).toEqual([['5000', '12497500']])
    expect(await lab.failure("COPY t TO 'dir' (FORMAT parquet, PER_THREAD_OUTPUT)")).toMatchObject({
      code: 'EXECUTION_ERROR',
    })
    await lab.run("COPY t TO 'dir' (FORMAT parquet, PER_THREAD_OUTPUT, APPEND)")
    expect(await lab.rows("SELECT count(*) FROM 'dir/*.parquet'")).toEqual([['10000']])
    await lab.run("COPY (FROM t LIMIT 7) TO 'dir' (FORMAT parquet, PER_THREAD_OUTPUT, OVERWRITE)")
    expect(await lab.rows("SELECT count(*) FROM 'dir/*.parquet'")).toEqual([['7']])
    expect(await left()).toEqual([])
  })
  test('columns become directories', async () => {
    await lab.run("COPY t(k, a) TO 'parts' (FORMAT csv, PARTITION_BY (k))")
    expect((await readdir(join(lab.directory, 'parts'))).sort()).toEqual(['k=0', 'k=1', 'k=2'])
    expect(await lab.rows("SELECT k, count(*), sum(a) FROM read_csv('parts/*/*.csv') GROUP BY k ORDER BY k"))
      .toEqual(await lab.rows('SELECT k, count(*), sum(a) FROM t GROUP BY k ORDER BY k'))
  })
  test('no rows are a file without rows', async () => {
    expect((await lab.run("COPY (FROM t WHERE a < 0) TO 'none.csv'")).rows).toEqual([['0']])
    expect(await readFile(join(lab.directory, 'none.csv'), 'utf8')).toBe('a,k,name\n')
  })
  test('a query that fails leaves nothing', async () => {
    expect(await lab.failure("COPY (SELECT error(name) FROM t WHERE a = 4000) TO 'failed.csv'")).toMatchObject({
      code: 'EXECUTION_ERROR',
    })
    expect((await readdir(lab.directory)).filter((name) => name.includes('failed'))).toEqual([])
  })
  test.each([
    ["COPY t TO 'x.csv' (NOTHING 1)", { code: 'UNKNOWN_SETTING' }],
    ["COPY t TO 'x.csv' (HEADER maybe)", { code: 'INVALID_SETTING' }],
    ["COPY (SELECT zz FROM t) TO 'x.csv'", { code: 'UNKNOWN_COLUMN', position: 13 }],
    ["COPY t TO 'x' (FORMAT parquet, PARTITION_BY (zz))", { code: 'UNKNOWN_COLUMN' }],
    ["COPY t TO 'x.xlsx' (FORMAT xlsx)", { code: 'INVALID_SETTING' }],
  ])('%s is refused', async (sql, expected) => {
    expect(await lab.failure(sql)).toMatchObject(expected)
  })
})

describe('COPY … FROM', () => {
  test('reads texts as the types of the columns', async () => {
    await lab.text('in.csv', 'id,code,day\n1,007,2000-01-01\n2,,2001-02-03\n')
    await lab.run('CREATE TABLE codes (id INT, code VARCHAR, day DATE)')
    expect((await lab.run("COPY codes FROM 'in.csv'")).rows).toEqual([['2']])
    await lab.text('pair.csv', '08;3\n')
    await lab.run("COPY codes (code, id) FROM 'pair.csv' (DELIMITER ';', HEADER false)")
    expect(await lab.rows('FROM codes ORDER BY id')).toEqual([
      ['1', '007', '2000-01-01'], ['2', null, '2001-02-03'], ['3', '08', null],
    ])
  })
  test('reads what COPY has written', async () => {
    await lab.run('CREATE TABLE again AS FROM t LIMIT 0')
    for (const file of ['back.parquet', 'back.json', 'back.csv']) {
      await lab.run(`COPY t TO '${file}'`)
      await lab.run(`COPY again FROM '${file}'`)
    }
    expect(await lab.rows('SELECT count(*), sum(a) FROM again')).toEqual([['15000', String(3 * 12497500)]])
  })
})

test.each([
  // The first row is a header where its texts are no values of the columns' types.
  ['"[8, 7]","[a, D]"\n', 'p INTEGER[], q VARCHAR[]', [['[8, 7]', '[a, D]']]],
  ['p,q\n1,2\n', 'p INTEGER, q INTEGER', [['1', '2']]],
  ['7,x\n8,y\n', 'p INTEGER, q VARCHAR', [['7', 'x'], ['8', 'y']]],
  ['2020-01-01;1.50\n2021-01-01;2\n', 'p DATE, q DECIMAL(5, 2)', [['2020-01-01', '1.50'], ['2021-01-01', '2.00']]],
])('%j read into (%s)', async (text, columns, rows) => {
  await writeFile(join(lab.directory, 'typed.csv'), text)
  await lab.run(`CREATE OR REPLACE TABLE typed (${columns})`)
  await lab.run("COPY typed FROM 'typed.csv'")
  expect(await lab.rows('FROM typed ORDER BY p')).toEqual(rows)
  await lab.run('CREATE OR REPLACE TABLE typed AS SELECT 1 AS other WHERE false')
  await lab.run(`CREATE OR REPLACE EXTERNAL TABLE typed_files (${columns}) STORED AS CSV LOCATION 'typed.csv'`)
  expect(await lab.rows('FROM typed_files ORDER BY p')).toEqual(rows)
})

test('files go only where the executors may write', async () => {
  const fenced = await startStatementLab({ dataDirs: [lab.directory] })
  try {
    expect(await fenced.failure("COPY (SELECT 1) TO '/tmp/arbalest-must-not-be.csv'")).toMatchObject({
      code: 'PATH_NOT_ALLOWED',
    })
    const inWarehouse = join(fenced.cluster.warehouseDir, 'taken')
    expect(await fenced.failure(`COPY (SELECT 1) TO '${inWarehouse}'`)).toMatchObject({ code: 'PATH_NOT_ALLOWED' })
    expect((await readdir('/tmp')).filter((name) => name.includes('arbalest-must-not-be'))).toEqual([])
  } finally {
    await fenced.close()
  }
})
