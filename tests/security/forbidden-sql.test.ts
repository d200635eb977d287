/**
 * What SQL must not reach: other jobs' files, files outside the data directories, the engine's own state,
 * and anything that writes. Every attempt ends with a code and leaves nothing behind, whether the query
 * would be divided or run whole.
 */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SessionContext } from '@arbalest/client'
import type { ErrorCode } from '@arbalest/common'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCluster, type TestCluster } from '../testing/test-cluster.js'

let cluster: TestCluster
let root: string
let data: string
const sessions: Record<string, SessionContext> = {}
/** Files of a job that has ended and whose result nobody has read. */
let otherJobsFiles: readonly string[]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'arbalest-security-'))
  data = join(root, 'data')
  await mkdir(data)
  await mkdir(join(root, 'database'))
  await writeFile(join(root, 'database', 'secret.csv'), 'secret\n1\n')
  await writeFile(join(root, 'secret.csv'), 'secret\n1\n')
  await symlink(join(root, 'secret.csv'), join(data, 'link.csv'))
  await symlink(join(root, 'database'), join(data, 'way-out'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (SELECT range AS n FROM range(40000)) TO '${join(data, 'numbers.parquet')}'`)
  connection.closeSync()
  instance.closeSync()
  cluster = await startTestCluster({ executors: 2, dataDirs: [data], baseDirectory: data, tokens: ['the-token'] })
  for (const mode of ['always', 'never']) sessions[mode] = await cluster.session({ 'arbalest.distribute': mode })
  const victim = await cluster.session({ 'arbalest.distribute': 'always' })
  await victim.registerParquet('numbers', 'numbers.parquet')
  await victim.execute('SELECT a.n, repeat(b.n::VARCHAR, 5) AS t FROM numbers a JOIN numbers b ON a.n = b.n')
  const files = await Promise.all(cluster.executors.map(({ workDir }) => filesBelow(workDir)))
  otherJobsFiles = files.flat().filter((file) => /\.(parquet|arrow)$/.test(file))
})

afterAll(async () => {
  await cluster?.close()
  await rm(root, { recursive: true, force: true })
})

/** What a query tries, and the code that answers it; `DATA` stands for the data directory. */
const attempts: readonly (readonly [sql: string, code: ErrorCode])[] = [
  // files of the machine
  ["SELECT * FROM '/etc/passwd'", 'UNKNOWN_TABLE'],
  ["SELECT * FROM read_csv('/etc/passwd', delim = ':')", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM read_csv(['/etc/passwd'])", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM read_parquet('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM read_json('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM read_csv('/etc/pass*')", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM read_csv('file:///etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["CREATE EXTERNAL TABLE stolen STORED AS CSV LOCATION '/etc/passwd'", 'PATH_NOT_ALLOWED'],
  ["CREATE EXTERNAL TABLE stolen STORED AS CSV LOCATION 'file:///etc/passwd'", 'PATH_NOT_ALLOWED'],
  ["CREATE EXTERNAL TABLE stolen STORED AS CSV LOCATION 'http://127.0.0.1/x.csv'", 'NOT_IN_THIS_VERSION'],
  ["SELECT * FROM 's3://bucket/x.parquet'", 'NOT_IN_THIS_VERSION'],
  // out of the data directory
  ["SELECT * FROM '../secret.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/../secret.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/../data/../secret.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATAbase/secret.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATAbase/*.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/../data*/secret.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/link.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/l*.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/way-out/secret.csv'", 'PATH_NOT_ALLOWED'],
  ["SELECT * FROM 'DATA/*/secret.csv'", 'PATH_NOT_ALLOWED'],
  ["CREATE EXTERNAL TABLE stolen STORED AS CSV LOCATION 'DATA/link.csv'", 'PATH_NOT_ALLOWED'],
  ["CREATE EXTERNAL TABLE stolen STORED AS CSV LOCATION 'DATA/..'", 'PATH_NOT_ALLOWED'],
  // functions that read files, run text, or tell of the engine
  ["SELECT * FROM glob('/etc/*')", 'NOT_ALLOWED'],
  ["SELECT * FROM glob('DATA/*')", 'NOT_ALLOWED'],
  ["SELECT * FROM read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT * FROM read_blob('DATA/numbers.parquet')", 'NOT_ALLOWED'],
  ["SELECT * FROM parquet_metadata('DATA/numbers.parquet')", 'NOT_ALLOWED'],
  ["SELECT * FROM sniff_csv('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT * FROM query('SELECT 1')", 'NOT_ALLOWED'],
  ["SELECT * FROM query_table('numbers')", 'NOT_ALLOWED'],
  ['SELECT * FROM duckdb_settings()', 'NOT_ALLOWED'],
  ['SELECT * FROM duckdb_secrets()', 'NOT_ALLOWED'],
  ['SELECT * FROM duckdb_extensions()', 'NOT_ALLOWED'],
  ['SELECT * FROM duckdb_temporary_files()', 'NOT_ALLOWED'],
  ["SELECT * FROM pragma_table_info('numbers')", 'NOT_ALLOWED'],
  ['SELECT * FROM pragma_database_list()', 'NOT_ALLOWED'],
  ['SELECT * FROM duckdb_logs()', 'NOT_ALLOWED'],
  ["SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))", 'NOT_ALLOWED'],
  ["SELECT getenv('HOME')", 'NOT_ALLOWED'],
  ["SELECT getvariable('x')", 'NOT_ALLOWED'],
  ["SELECT current_setting('allowed_directories')", 'NOT_ALLOWED'],
  ["SELECT n, current_setting('threads') FROM numbers", 'NOT_ALLOWED'],
  ["SELECT which_secret('x', 's3')", 'NOT_ALLOWED'],
  ["SELECT write_log('x')", 'NOT_ALLOWED'],
  // the same, hidden
  ["SELECT * FROM (SELECT * FROM glob('/etc/*'))", 'NOT_ALLOWED'],
  ["SELECT n FROM numbers WHERE EXISTS (SELECT 1 FROM read_text('/etc/passwd'))", 'NOT_ALLOWED'],
  ["SELECT n, (SELECT count(*) FROM glob('/etc/*')) FROM numbers", 'NOT_ALLOWED'],
  ["WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT 1", 'NOT_ALLOWED'],
  ["WITH RECURSIVE x AS (SELECT 1 AS i UNION ALL SELECT 1 FROM x, glob('/etc/*')) SELECT * FROM x", 'NOT_ALLOWED'],
  ["SELECT * FROM numbers, LATERAL (SELECT * FROM read_text('/etc/passwd')) t", 'NOT_ALLOWED'],
  ["SELECT * FROM numbers JOIN read_text('/etc/passwd') ON true", 'NOT_ALLOWED'],
  ["SELECT 1 UNION ALL SELECT size FROM read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT * FROM READ_TEXT('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT * FROM \"read_text\"('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT * FROM main.read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT * FROM system.main.read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["SELECT n FROM numbers ORDER BY (SELECT count(*) FROM glob('/*'))", 'NOT_ALLOWED'],
  ["SELECT n FROM numbers LIMIT (SELECT count(*) FROM glob('/*'))", 'NOT_ALLOWED'],
  ["SELECT list_transform([1], lambda x: getvariable('x')) FROM numbers", 'NOT_ALLOWED'],
  ["SELECT sum(n) FILTER (current_setting('threads') = '1') FROM numbers", 'NOT_ALLOWED'],
  ["SELECT sum(n) OVER (ORDER BY getvariable('x')) FROM numbers", 'NOT_ALLOWED'],
  ["PIVOT numbers ON (getvariable('x')) USING count(*)", 'NOT_ALLOWED'],
  ["EXPLAIN SELECT * FROM glob('/etc/*')", 'NOT_ALLOWED'],
  ["EXPLAIN ANALYZE SELECT * FROM read_csv('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["EXPLAIN ANALYZE COPY numbers TO 'DATA/out.parquet'", 'NOT_IN_THIS_VERSION'],
  ["DESCRIBE SELECT * FROM read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["DESCRIBE SELECT * FROM read_csv('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["DESCRIBE '/etc/passwd'", 'UNKNOWN_TABLE'],
  ["SUMMARIZE SELECT * FROM read_csv('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["CREATE VIEW stolen AS SELECT * FROM read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["CREATE VIEW stolen AS SELECT * FROM read_csv('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["CREATE VIEW stolen AS SELECT getvariable('x')", 'NOT_ALLOWED'],
  // statements that write, load or change the engine
  ["COPY numbers TO 'DATA/out.parquet'", 'PATH_NOT_ALLOWED'],
  ["COPY (SELECT 1) TO 'DATA/out.csv'", 'PATH_NOT_ALLOWED'],
  ["COPY numbers FROM '/etc/passwd'", 'BINDER_ERROR'],
  ["COPY (SELECT * FROM read_text('/etc/passwd')) TO '/tmp/out.csv'", 'NOT_ALLOWED'],
  ["EXPORT DATABASE 'DATA/export'", 'NOT_ALLOWED'],
  ["IMPORT DATABASE 'DATA'", 'NOT_ALLOWED'],
  ["ATTACH 'DATA/x.db'", 'NOT_ALLOWED'],
  ["ATTACH ':memory:' AS y", 'NOT_ALLOWED'],
  ['DETACH memory', 'NOT_ALLOWED'],
  ['USE memory', 'UNKNOWN_SCHEMA'],
  ['INSTALL httpfs', 'NOT_ALLOWED'],
  ['LOAD httpfs', 'NOT_ALLOWED'],
  ["LOAD 'DATA/evil.duckdb_extension'", 'NOT_ALLOWED'],
  ['PRAGMA database_list', 'NOT_ALLOWED'],
  ["PRAGMA temp_directory = '/'", 'NOT_ALLOWED'],
  ['CALL duckdb_settings()', 'NOT_ALLOWED'],
  ['CHECKPOINT', 'NOT_ALLOWED'],
  ['VACUUM', 'NOT_ALLOWED'],
  ["SET allowed_directories = ['/']", 'SYNTAX_ERROR'],
  ['SET enable_external_access = true', 'NOT_ALLOWED'],
  ["SET GLOBAL temp_directory = '/'", 'NOT_ALLOWED'],
  ["SET VARIABLE x = (SELECT content FROM read_text('/etc/passwd'))", 'NOT_IN_THIS_VERSION'],
  ["CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')", 'NOT_ALLOWED'],
  ["CREATE MACRO m() AS TABLE SELECT * FROM read_text('/etc/passwd')", 'NOT_ALLOWED'],
  ["CREATE MACRO m() AS TABLE SELECT * FROM read_csv('/etc/passwd')", 'PATH_NOT_ALLOWED'],
  ["CREATE MACRO m() AS TABLE (SELECT 1 AS a), (x) AS TABLE (SELECT * FROM read_text('/etc/passwd'))", 'NOT_ALLOWED'],
  ["CREATE MACRO m(x := getenv('HOME')) AS x", 'NOT_ALLOWED'],
  ["CREATE FUNCTION f() AS getenv('HOME')", 'NOT_ALLOWED'],
  ["CREATE FUNCTION f() AS (SELECT content FROM read_text('/etc/passwd'))", 'NOT_ALLOWED'],
  ["CREATE MACRO read_text(x) AS TABLE SELECT 1", 'BINDER_ERROR'],
  ["CREATE TYPE t AS ENUM (SELECT content FROM read_text('/etc/passwd'))", 'NOT_ALLOWED'],
  ["CREATE TYPE t AS INTEGER), CAST(getenv('HOME') AS VARCHAR", 'SYNTAX_ERROR'],
  ["PREPARE p AS SELECT getenv(?)", 'NOT_ALLOWED'],
  ["EXECUTE p(getenv('HOME'))", 'UNKNOWN_OBJECT'],
  ['INSERT INTO numbers VALUES (1)', 'BINDER_ERROR'],
  ['DELETE FROM numbers', 'BINDER_ERROR'],
  ['UPDATE numbers SET n = 1', 'BINDER_ERROR'],
  ["WITH x AS (SELECT 1) INSERT INTO numbers SELECT * FROM x", 'BINDER_ERROR'],
  ["SELECT 1; COPY numbers TO 'DATA/out.parquet'", 'INVALID_REQUEST'],
]

describe.each(['always', 'never'])('with arbalest.distribute = %s', (mode) => {
  test.each(attempts)('%s', async (sql, expected) => {
    const before = [await filesBelow(root), await sessions[mode]?.tables()]
    expect(await codeOf(mode, sql.replaceAll('DATA', data))).toBe(expected)
    expect([await filesBelow(root), await sessions[mode]?.tables()]).toEqual(before)
  })

  test("another job's files are out of reach", async () => {
    expect(otherJobsFiles.length).toBeGreaterThan(0)
    for (const file of otherJobsFiles) {
      const quoted = `'${file}'`
      for (const sql of [
        `SELECT * FROM read_parquet(${quoted})`,
        `SELECT n FROM numbers WHERE n IN (FROM read_parquet(${quoted}))`,
        `CREATE EXTERNAL TABLE stolen STORED AS PARQUET LOCATION ${quoted}`,
      ]) expect(await codeOf(mode, sql)).toBe('PATH_NOT_ALLOWED')
    }
    for (const { workDir } of cluster.executors) {
      expect(await codeOf(mode, `SELECT * FROM read_parquet('${workDir}/**/*.parquet')`)).toBe('PATH_NOT_ALLOWED')
    }
  })

  test('what is not known inside a query stays unknown', async () => {
    for (const name of ['input_0', 'task_slice', 'sqlite_master', 'duckdb_tables']) {
      expect(await codeOf(mode, `SELECT * FROM ${name}`)).toBe('UNKNOWN_TABLE')
    }
    for (const name of ['system.information_schema.tables', 'pg_catalog.pg_class', 'system.main.duckdb_tables']) {
      expect(['UNKNOWN_SCHEMA', 'UNKNOWN_TABLE']).toContain(await codeOf(mode, `SELECT * FROM ${name}`))
    }
  })

  test('an honest query still runs', async () => {
    const { rows } = await (await sessions[mode]!.sql('SELECT count(*), sum(n) FROM numbers')).collectText()
    expect(rows).toEqual([['40000', '799980000']])
  })
})

async function codeOf(mode: string, sql: string): Promise<string> {
  try {
    const run = await sessions[mode]!.execute(sql, { text: true })
    for await (const row of run.textRows()) return `answered ${row.join(' | ').slice(0, 80)}`
    return 'answered without rows'
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error)
  }
}

async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name)).sort()
}
