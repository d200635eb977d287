/** What is wrong with files: missing, empty, damaged, of another format, changed under a query. */
import { mkdir, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionContext } from '@arbalest/client'
import type { ErrorCode } from '@arbalest/common'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

let cluster: TestCluster
let root: string
let good: Buffer
const sessions: Record<string, SessionContext> = {}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-files-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const write = (select: string, name: string) => connection.run(`COPY (${select}) TO '${join(root, name)}'`)
  await write('SELECT range AS n, hash(range) AS h FROM range(40000)', 'good.parquet')
  await write('SELECT range AS n, hash(range + 1) AS h FROM range(40000)', 'other.parquet')
  await mkdir(join(root, 'mixed'))
  await write('SELECT range AS n FROM range(10)', 'mixed/one.parquet')
  await write('SELECT range::VARCHAR AS n, range AS more FROM range(10)', 'mixed/two.parquet')
  connection.closeSync()
  instance.closeSync()
  good = await readFile(join(root, 'good.parquet'))
  await writeFile(join(root, 'empty.parquet'), '')
  await writeFile(join(root, 'text.parquet'), 'this,is\nno,parquet\n')
  await writeFile(join(root, 'cut.parquet'), good.subarray(0, good.length - 100))
  await writeFile(join(root, 'short.parquet'), good.subarray(0, 6))
  await writeFile(join(root, 'footer.parquet'), damaged(good, good.length - 200, 150))
  await writeFile(join(root, 'pages.parquet'), damaged(good, 100, good.length / 2))
  await writeFile(join(root, 'bad.json'), '{"a": 1\n{]')
  cluster = await startTestCluster({ executors: 2, dataDirs: [root], baseDirectory: root })
  for (const mode of ['always', 'never']) sessions[mode] = await cluster.session({ 'arbalest.distribute': mode })
})

afterAll(async () => {
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

const unreadable: readonly (readonly [file: string, code: ErrorCode])[] = [
  ['missing.parquet', 'FILE_NOT_FOUND'],
  ['nowhere/*.parquet', 'FILE_NOT_FOUND'],
  ['missing.csv', 'FILE_NOT_FOUND'],
  ['empty.parquet', 'FILE_UNREADABLE'],
  ['text.parquet', 'FILE_UNREADABLE'],
  ['cut.parquet', 'FILE_UNREADABLE'],
  ['short.parquet', 'FILE_UNREADABLE'],
  ['footer.parquet', 'FILE_UNREADABLE'],
  ['pages.parquet', 'FILE_UNREADABLE'],
  ['bad.json', 'FILE_UNREADABLE'],
  ['mixed/*.parquet', 'FILE_SCHEMAS_DIFFER'],
]

describe.each(['always', 'never'])('under %s', (mode) => {
  test.each(unreadable)('%s in a query', async (file, code) => {
    const error = await errorOf(mode, `SELECT sum(hash(COLUMNS(*))) FROM '${file}'`)
    expect(error).toMatchObject({ code })
  })

  test.each(unreadable)('%s as a table', async (file, code) => {
    const format = file.endsWith('parquet') ? 'PARQUET' : file.endsWith('csv') ? 'CSV' : 'JSON'
    const sql = `CREATE OR REPLACE EXTERNAL TABLE damaged STORED AS ${format} LOCATION '${file}'`
    const made = await errorOf(mode, sql)
    const error = made ?? (await errorOf(mode, 'SELECT sum(hash(COLUMNS(*))) FROM damaged'))
    expect(error).toMatchObject({ code })
  })

  test('the message names the file', async () => {
    const error = await errorOf(mode, "SELECT * FROM 'text.parquet'")
    expect(error?.message).toContain('text.parquet')
  })

  test.each<readonly [string, () => Promise<unknown>, ErrorCode]>([
    ['is written again', () => writeFile(join(root, 'live.parquet'), good), 'INPUT_CHANGED'],
    ['is replaced', replaceFile, 'INPUT_CHANGED'],
    ['grows', () => writeFile(join(root, 'live.parquet'), Buffer.concat([good, good])), 'INPUT_CHANGED'],
    ['has other contents of the same size and time', swapContents, 'INPUT_CHANGED'],
    ['is removed', () => rm(join(root, 'live.parquet')), 'FILE_NOT_FOUND'],
  ])('a file that %s between planning and reading', async (_, change, code) => {
    await writeFile(join(root, 'live.parquet'), good)
    await utimes(join(root, 'live.parquet'), 1_700_000_000, 1_700_000_000)
    cluster.beforeNextSubmit(() => change().then(() => undefined))
    const error = await errorOf(mode, "SELECT sum(h) FROM 'live.parquet'")
    expect(error).toMatchObject({ code, message: expect.stringContaining('live.parquet') as unknown })
  })

  test('a file changed between two queries is read as it is now', async () => {
    await writeFile(join(root, 'live.parquet'), good)
    const before = await rowsOf(mode, "SELECT sum(h) FROM 'live.parquet'")
    await writeFile(join(root, 'live.parquet'), await readFile(join(root, 'other.parquet')))
    const after = await rowsOf(mode, "SELECT sum(h) FROM 'live.parquet'")
    expect(after).toEqual(await rowsOf(mode, "SELECT sum(h) FROM 'other.parquet'"))
    expect(after).not.toEqual(before)
  })
})

async function replaceFile(): Promise<void> {
  await writeFile(join(root, 'new'), good)
  await rename(join(root, 'new'), join(root, 'live.parquet'))
}

/** Changes a byte of the footer and sets the time back. */
async function swapContents(): Promise<void> {
  const changed = Buffer.from(good)
  const at = changed.lastIndexOf('DuckDB')
  changed.write('duckdb', at)
  await writeFile(join(root, 'live.parquet'), changed)
  await utimes(join(root, 'live.parquet'), 1_700_000_000, 1_700_000_000)
}

function damaged(contents: Buffer, from: number, length: number): Buffer {
  const copy = Buffer.from(contents)
  for (let at = Math.floor(from); at < from + length; at++) copy[at] = (copy[at] ?? 0) ^ 0xa5
  return copy
}

async function rowsOf(mode: string, sql: string) {
  return (await (await sessions[mode]!.sql(sql)).collectText()).rows
}

async function errorOf(mode: string, sql: string): Promise<Error | undefined> {
  try {
    const run = await sessions[mode]!.execute(sql, { text: true })
    for await (const row of run.textRows()) return new Error(`it answered ${row.join(' | ')}`)
  } catch (error) {
    return error as Error
  }
  return undefined
}
