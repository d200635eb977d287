/** What is wrong with a statement: its code, and the place in the text in UTF-16 units. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionContext } from '@arbalest/client'
import type { ErrorCode, QueryError } from '@arbalest/common'
import { caretExcerpt } from '@arbalest/planner'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

let cluster: TestCluster
let root: string
const sessions: Record<string, SessionContext> = {}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-errors-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(
    `COPY (SELECT range AS n, CASE range WHEN 4000 THEN 'x' ELSE range::VARCHAR END AS t FROM range(5000))
     TO '${join(root, 'numbers.parquet')}'`,
  )
  connection.closeSync()
  instance.closeSync()
  cluster = await startTestCluster({ executors: 2, baseDirectory: root })
  for (const mode of ['always', 'never']) sessions[mode] = await cluster.session({ 'arbalest.distribute': mode })
  await sessions['always']!.registerParquet('numbers', 'numbers.parquet')
})

afterAll(async () => {
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

/** The caret stands where `^` does, which is taken out of the text. */
const marked: readonly (readonly [text: string, code: ErrorCode])[] = [
  ['SELECT * FROM ^numberz', 'UNKNOWN_TABLE'],
  ["SELECT '🎯', * FROM ^numberz", 'UNKNOWN_TABLE'],
  ['SELECT n\nFROM numbers\nJOIN ^other ON true', 'UNKNOWN_TABLE'],
  ['SELECT ^m FROM numbers', 'UNKNOWN_COLUMN'],
  ["SELECT '🎯🎯', ^m FROM numbers", 'UNKNOWN_COLUMN'],
  ['SELECT n\nFROM numbers\nWHERE ^m > 1', 'UNKNOWN_COLUMN'],
  ['SELECT ^numbers.m FROM numbers', 'UNKNOWN_COLUMN'],
  ['SELECT ^nosuch(n) FROM numbers', 'UNKNOWN_FUNCTION'],
  ["SELECT 'ä🎯' || ^nosuch(n) FROM numbers", 'UNKNOWN_FUNCTION'],
  ['SELECT n FROM numbers FORM ^x y', 'SYNTAX_ERROR'],
  ['^SELEC 1', 'SYNTAX_ERROR'],
  ["SELECT '🎯' n ^n FROM numbers", 'SYNTAX_ERROR'],

  ['EXPLAIN SELECT ^m FROM numbers', 'UNKNOWN_COLUMN'],
  ['EXPLAIN ANALYZE SELECT * FROM ^numberz', 'UNKNOWN_TABLE'],
  ["EXPLAIN VERBOSE SELECT '🎯', ^nosuch(n) FROM numbers", 'UNKNOWN_FUNCTION'],
  ['EXPLAIN SELECT n n ^n FROM numbers', 'SYNTAX_ERROR'],
  ['CREATE VIEW v AS SELECT ^m FROM numbers', 'UNKNOWN_COLUMN'],
  ["CREATE OR REPLACE VIEW \"ü🎯\" AS SELECT * FROM ^numberz", 'UNKNOWN_TABLE'],
  ['CREATE VIEW v AS SELECT n n ^n FROM numbers', 'SYNTAX_ERROR'],
  ['DESCRIBE SELECT ^m FROM numbers', 'UNKNOWN_COLUMN'],
  ['DESCRIBE SELECT n n ^n FROM numbers', 'SYNTAX_ERROR'],
].map(([text, code]) => [text!, code as ErrorCode])

describe('the place of the error', () => {
  test.each(marked)('%s', async (text, code) => {
    const position = text.indexOf('^')
    const error = await errorOf('always', text.replaceAll('^', ''))
    expect({ code: error.code, position: error.position }).toEqual({ code, position })
  })

  test('stands under a caret', async () => {
    const sql = "SELECT 1,\n  '🎯', m FROM numbers"
    const { position } = await errorOf('always', sql)
    expect(caretExcerpt(sql, position!)).toMatchInlineSnapshot(`
      "  '🎯', m FROM numbers
              ^"
    `)
  })
})

describe.each(['always', 'never'])('while a query runs under %s', (mode) => {
  test.each([
    'SELECT CAST(t AS INTEGER) FROM numbers',
    'SELECT sum(CAST(t AS INTEGER)) FROM numbers GROUP BY n % 7',
    'SELECT a.n FROM numbers a JOIN numbers b ON a.n = CAST(b.t AS INTEGER)',
    'SELECT CAST(n AS TINYINT) FROM numbers',
    'SELECT (n * 9223372036854775807) FROM numbers',
    "SELECT CAST(t || '-13-45' AS DATE) FROM numbers",
    "SELECT error('no') FROM numbers",
    'SELECT (SELECT n FROM numbers) FROM numbers',
  ])('%s', async (sql) => {
    const error = await errorOf(mode, sql)
    expect({ code: error.code, job: error.jobId !== undefined }).toEqual({ code: 'EXECUTION_ERROR', job: true })
  })

  test('a name inside the error is that of the query', async () => {
    const { message } = await errorOf(mode, 'SELECT CAST(t AS INTEGER) FROM numbers')
    expect(message).toMatch(/'x'/)
  })
})

describe('requests', () => {
  test.each<readonly [string, ErrorCode]>([
    ['', 'STATEMENT_EMPTY'],
    [' ; -- nothing\n ;', 'STATEMENT_EMPTY'],
    ['SELECT 1; SELECT 2', 'INVALID_REQUEST'],
    [`SELECT '${'x'.repeat(16 * 1024 * 1024)}'`, 'STATEMENT_TOO_LONG'],
    ['SET arbalest.distrbute = always', 'UNKNOWN_SETTING'],
    ['SET arbalest.distribute = sometimes', 'INVALID_SETTING'],
    ['SET arbalest.target_partitions = 0', 'INVALID_SETTING'],
    ['SET no_such_setting = 1', 'UNKNOWN_SETTING'],
    ['DROP TABLE numberz', 'UNKNOWN_TABLE'],
    ["CREATE EXTERNAL TABLE numbers STORED AS PARQUET LOCATION 'numbers.parquet'", 'TABLE_EXISTS'],
    ['SELECT count(n, n, n) FROM numbers', 'BINDER_ERROR'],
    ['SELECT n FROM numbers GROUP BY t', 'BINDER_ERROR'],
    ['SELECT 1 UNION SELECT 1, 2', 'BINDER_ERROR'],
    ['CREATE INDEX i ON numbers (n)', 'NOT_IN_THIS_VERSION'],
    ['SELECT 1\0', 'SYNTAX_ERROR'],
  ])('%s', async (sql, code) => {
    expect((await errorOf('always', sql)).code).toBe(code)
  })

  test('an unknown name comes with the nearest known one', async () => {
    expect((await errorOf('always', 'SELECT * FROM numberz')).message).toContain('numbers')
    expect((await errorOf('always', 'SET arbalest.distrbute = always')).message).toContain('arbalest.distribute')
  })
})

describe.each(['always', 'never'])('what is unusual and no error under %s', (mode) => {
  test.each<readonly [string, readonly (readonly (string | null)[])[]]>([
    ['SELECT n FROM numbers WHERE n < 0', []],
    ['SELECT count(*) FROM numbers WHERE n < 0', [['0']]],
    ['SELECT n FROM numbers LIMIT 0', []],
    ['SELECT 1 AS "a b", 2 AS "select", 3 AS "🎯", 4 AS "q""q" FROM numbers WHERE n = 7', [['1', '2', '3', '4']]],
    ['SELECT n, n, n AS n FROM numbers WHERE n = 7', [['7', '7', '7']]],
    ['SELECT a.n, b.n FROM numbers a JOIN numbers b ON a.n = b.n WHERE a.n = 7', [['7', '7']]],
    ['SELECT "🎯" FROM (SELECT n AS "🎯" FROM numbers) WHERE "🎯" = 7', [['7']]],
    ['FROM numbers SELECT count(*)', [['5000']]],
  ])('%s', async (sql, rows) => {
    const run = await sessions[mode]!.execute(sql, { text: true })
    const found: (readonly (string | null)[])[] = []
    for await (const row of run.textRows()) found.push(row)
    expect(found).toEqual(rows)
  })
})

async function errorOf(mode: string, sql: string): Promise<QueryError> {
  try {
    const run = await sessions[mode]!.execute(sql, { text: true })
    for await (const row of run.textRows()) throw new Error(`it answered ${row.join(' | ')}`)
  } catch (error) {
    return error as QueryError
  }
  throw new Error('it answered without rows')
}
