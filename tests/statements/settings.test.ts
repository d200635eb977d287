import { connectionSettings, textSettings } from '@arbalest/common'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duckdbGlobalSettings } from '../../packages/server/src/duckdb-global-settings.js'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
  const query = "SELECT i % 8 AS n, TIMESTAMPTZ '2020-06-01 12:00:00+00' AS t FROM range(200000) r(i)"
  await lab.copy(query, 'times.parquet')
  await lab.run("CREATE EXTERNAL TABLE times STORED AS PARQUET LOCATION 'times.parquet'")
})
afterAll(() => lab?.close())

test('are shown, changed, and go back', async () => {
  const all = await lab.rows('SHOW ALL')
  expect(all.map(([name]) => name)).toEqual(expect.arrayContaining(['arbalest.distribute', 'TimeZone']))
  await lab.run('SET ARBALEST.target_partitions = 7')
  expect(await lab.rows('SHOW arbalest.target_partitions')).toEqual([['arbalest.target_partitions', '7']])
  await lab.run('RESET arbalest.target_partitions')
  expect(await lab.rows('SHOW arbalest.target_partitions')).toEqual([['arbalest.target_partitions', '']])
  await lab.run("SET timezone = 'Asia/Tokyo'")
  expect(await lab.rows('SHOW TimeZone')).toEqual([['TimeZone', 'Asia/Tokyo']])
  await lab.run('RESET ALL')
  expect(await lab.rows('SHOW TimeZone')).toEqual([['TimeZone', '']])
})

test.each(['always', 'never'])('TimeZone and integer_division travel with jobs: %s', async (mode) => {
  const session = await lab.cluster.session({ 'arbalest.distribute': mode })
  const sql = 'SELECT max(t)::VARCHAR, sum(hour(t)), max(n / 2), avg(n) FROM times GROUP BY n % 1'
  expect(await lab.rows(sql, session)).toEqual([['2020-06-01 12:00:00+00', '2400000', '3.5', '3.5']])
  await lab.run("SET TIME ZONE 'Asia/Tokyo'", session)
  await lab.run('SET integer_division = true', session)
  const changed = await lab.run(sql, session)
  expect(changed.rows).toEqual([['2020-06-01 21:00:00+09', '4200000', '3', '3.5']])
  expect([changed.mode, changed.modeReason]).toEqual([mode === 'always' ? 'distributed' : 'whole', expect.anything()])
  await lab.run(`CREATE OR REPLACE VIEW halves AS SELECT n / 2 AS h FROM times`, session)
  await lab.run('RESET integer_division', session)
  expect(await lab.rows('SELECT max(h), max(h / 2) FROM halves', session)).toEqual([['3', '1.5']])
  expect(await lab.rows('SELECT max(t)::VARCHAR FROM times')).toEqual([['2020-06-01 12:00:00+00']])
})

test('a value that does not fit is refused at once', async () => {
  for (const sql of ["SET TimeZone = 'Mars/Olympus'", 'SET integer_division = perhaps', 'SET pivot_limit = x']) {
    expect(await lab.failure(sql), sql).toMatchObject({ code: 'INVALID_SETTING' })
  }
  expect(await lab.failure('SET arbalest.distribute = sometimes')).toMatchObject({ code: 'INVALID_SETTING' })
  const opened = lab.cluster.session({ TimeZone: 'Mars/Olympus' })
  await expect(opened).rejects.toMatchObject({ code: 'INVALID_SETTING' })
  expect(await lab.rows('SELECT 1')).toEqual([['1']])
})

test('those of the whole engine are refused by name, unknown ones with the nearest', async () => {
  for (const name of ['threads', 'memory_limit', 'Enable_External_Access', 'lambda_syntax']) {
    const error = await lab.failure(`SET ${name} = 1`)
    expect(error).toMatchObject({ code: 'NOT_ALLOWED' })
    expect(error.message).toContain(name.toLowerCase())
  }
  expect((await lab.failure('SET arbalest.distribut = never')).message).toContain('did you mean arbalest.distribute?')
  expect((await lab.failure('RESET TimeZon')).message).toContain('did you mean TimeZone?')
  expect(await lab.failure('SHOW nothing_like_it')).toMatchObject({ code: 'UNKNOWN_SETTING' })
})

test('those that nothing heeds yet take no value', async () => {
  expect(await lab.failure('SET arbalest.adaptive = false')).toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
  await lab.run('SET arbalest.adaptive = true')
})

test('a pool that there is none of is told when a job wants its share', async () => {
  await lab.run("SET arbalest.pool = 'nightly'")
  const error = await lab.failure('SELECT 1')
  expect(error).toMatchObject({ code: 'INVALID_SETTING' })
  expect(error.message).toContain('nightly: the pools are default')
  await lab.run('SET arbalest.pool = default')
  await lab.run('SET arbalest.job_priority = 7')
  await lab.run("SET arbalest.job_name = 'nightly report'")
  const { jobId } = await lab.run('SELECT 1')
  const answer = await fetch(`http://127.0.0.1:${lab.cluster.port}/api/job/${jobId}`)
  expect(await answer.json()).toMatchObject({ job_name: 'nightly report', pool: 'default', priority: 7 })
  expect(await lab.failure('SET arbalest.job_priority = 101')).toMatchObject({ code: 'INVALID_SETTING' })
  await lab.run('RESET arbalest.pool')
})

test('what ORDER BY means by default is written into the texts of the session', async () => {
  const sql = `SELECT list(k ORDER BY k), first(k ORDER BY k DESC), list_sort([1, NULL], 'DESC'),
    (SELECT list(k) FROM (FROM (VALUES (1), (NULL), (2)) v(k) ORDER BY k)) FROM (VALUES (1), (NULL), (2)) v(k)`
  const nullsLast = ['[1, 2, NULL]', '2', '[1, NULL]', '[1, 2, NULL]']
  const nullsFirst = ['[NULL, 1, 2]', null, '[NULL, 1]', '[NULL, 1, 2]']
  const rows = async () => (await lab.rows(sql))[0]
  for (const mode of ['always', 'never']) {
    await lab.run(`SET arbalest.distribute = ${mode}`)
    expect(await rows()).toEqual(nullsLast)
    await lab.run("SET default_null_order = 'nulls_first'")
    expect(await rows()).toEqual(nullsFirst)
    await lab.run("SET default_null_order = 'postgres'")
    expect(await rows()).toEqual(['[1, 2, NULL]', null, '[NULL, 1]', '[1, 2, NULL]'])
    await lab.run('RESET default_null_order')
    await lab.run('SET default_order = desc')
    expect((await rows())?.[0]).toBe('[2, 1, NULL]')
    expect(await lab.failure('SELECT list_reverse_sort([1])')).toMatchObject({ code: 'NOT_IN_THIS_VERSION' })
    await lab.run('RESET default_order')
  }
  expect(await lab.failure("SET default_null_order = 'x'")).toMatchObject({ code: 'INVALID_SETTING' })
})

test("the lists of settings are DuckDB's", async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const names = (await connection.runAndReadAll('SELECT lower(name) FROM duckdb_settings()')).getRows().flat()
    const known = [...duckdbGlobalSettings, ...connectionSettings.map((name) => name.toLowerCase()), ...textSettings]
    expect(names.filter((name) => !known.includes(String(name)))).toEqual([])
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
})
