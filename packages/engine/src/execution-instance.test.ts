import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connectionSettings } from '@arbalest/common'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, Database } from './database.js'
import { connectForAttempt, openExecutionInstance } from './execution-instance.js'
import { openTestBench, type TestBench } from './testing/test-bench.js'

describe('the execution instance', () => {
  let bench: TestBench
  let database: Database
  let connection: Connection
  let outside: string
  beforeAll(async () => {
    bench = await openTestBench()
    outside = path.join(bench.directory, 'outside')
    await mkdir(outside)
    await bench.oracle(`COPY (SELECT 42 AS n) TO '${outside}/secret.parquet'`)
    await mkdir(`${bench.dataDirectory}-more`)
    await bench.oracle(`COPY (SELECT 42 AS n) TO '${bench.dataDirectory}-more/x.parquet'`)
    await symlink(outside, path.join(bench.dataDirectory, 'link'))
    await bench.oracle(`COPY (SELECT 1 AS n) TO '${bench.dataDirectory}/in.parquet'`)
    const workDir = path.join(bench.directory, 'work-2')
    await mkdir(workDir)
    await symlink(bench.dataDirectory, path.join(bench.directory, 'linked-root'))
    database = await openExecutionInstance({
      threads: 1,
      memoryLimitBytes: 256 * 1024 * 1024,
      workDir,
      dataDirs: [bench.dataDirectory, path.join(bench.directory, 'linked-root')],
    })
    connection = await connectForAttempt(database, {})
  })
  afterAll(async () => {
    await connection.close()
    await database.close()
    await bench.close()
  })

  test('reads its data directories, also one that is a link', async () => {
    for (const file of [`${bench.dataDirectory}/in.parquet`, `${bench.directory}/linked-root/in.parquet`]) {
      expect(await connection.textRows(`SELECT n::VARCHAR FROM '${file}'`)).toEqual([['1']])
    }
  })

  test('reaches nothing else on its host', async () => {
    const data = bench.dataDirectory
    for (const sql of [
      `FROM '${outside}/secret.parquet'`,
      `FROM '${data}/link/secret.parquet'`,
      `FROM '${data}/../outside/secret.parquet'`,
      `FROM '${data}-more/x.parquet'`,
      `FROM parquet_metadata('${outside}/secret.parquet')`,
      "FROM read_text('/etc/passwd')",
      "FROM read_blob('/proc/self/environ')",
      "FROM glob('/etc/*')",
      "FROM read_csv('/etc/passwd')",
      "FROM sniff_csv('/etc/passwd')",
      `COPY (SELECT 1) TO '${outside}/x.parquet'`,
      `COPY (SELECT 1) TO '${data}/link/x.csv'`,
      "COPY (SELECT 1) TO '/dev/stdout' (FORMAT csv)",
      `ATTACH '${outside}/x.duckdb'`,
      'INSTALL httpfs',
      'LOAD httpfs',
      `EXPORT DATABASE '${outside}'`,
      `IMPORT DATABASE '${outside}'`,
      "FROM 'https://example.org/x.parquet'",
    ]) {
      await expect(connection.execute(sql), sql).rejects.toMatchObject({ name: 'QueryError' })
    }
    await expect(connection.execute("FROM read_text('/etc/passwd')")).rejects.toMatchObject({
      code: 'NOT_ALLOWED',
    })
  })

  test('its options cannot be changed any more', async () => {
    for (const sql of [
      'SET threads = 8',
      "SET memory_limit = '1TB'",
      "SET temp_directory = '/'",
      'SET enable_external_access = true',
      "SET allowed_directories = ['/']",
      "SET allowed_paths = ['/etc/passwd']",
      "SET allowed_configs = ['threads']",
      'SET lock_configuration = false',
      'RESET lock_configuration',
      "SET disabled_optimizers = ''",
      "SET file_search_path = '/etc'",
      "SET home_directory = '/'",
      "SET extension_directory = '/'",
      'SET preserve_insertion_order = false',
      "SET profiling_output = '/x'",
      "SET log_query_path = '/x'",
      'SET enable_external_file_cache = true',
      'SET parquet_metadata_cache = true',
      'SET max_expression_depth = 100000',
      'SET errors_as_json = false',
      "SET default_null_order = 'nulls_first'",
    ]) {
      await expect(connection.execute(sql), sql).rejects.toMatchObject({ code: 'EXECUTION_ERROR' })
    }
  })

  test('a file that changed is read as it is now', async () => {
    const file = path.join(bench.dataDirectory, 'changing.csv')
    const read = async () =>
      (await connection.textRows(`SELECT n::VARCHAR FROM read_csv('${file}', header = true)`))[0]
    for (const value of ['111', '222', '333']) {
      await writeFile(file, `n\n${value}\n`)
      expect(await read()).toEqual([value])
    }
    const parquet = path.join(bench.dataDirectory, 'changing.parquet')
    for (const value of ['111', '222', '333']) {
      await bench.oracle(`COPY (SELECT ${value} AS n) TO '${parquet}'`)
      expect(await connection.textRows(`SELECT n::VARCHAR FROM '${parquet}'`)).toEqual([[value]])
    }
  })

  test.each(connectionSettings.map((name) => ({ name })))(
    '$name holds for one connection',
    async ({ name }) => {
      const valueOf = async (of: Connection) =>
        (await of.textRows(`SELECT value FROM duckdb_settings() WHERE name = '${name}'`))[0]?.[0] ?? undefined
      const other = await connectForAttempt(database, {})
      const before = await valueOf(other)
      expect(before).toBeDefined()
      const value = otherValue(name, before!)
      const changed = await connectForAttempt(database, { [name]: value })
      const fresh = await connectForAttempt(database, {})
      try {
        expect(await valueOf(changed)).toBe(value)
        expect(await valueOf(other)).toBe(before)
        expect(await valueOf(fresh)).toBe(before)
      } finally {
        for (const each of [other, changed, fresh]) await each.close()
      }
    },
  )
})

function otherValue(name: string, value: string): string {
  if (name === 'Calendar') return 'japanese'
  if (name === 'TimeZone') return 'Asia/Tokyo'
  if (value === 'true' || value === 'false') return String(value === 'false')
  return String(Number(value) + 1)
}
