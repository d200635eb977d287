/** Sequences beside what plain DuckDB answers too: other sessions, jobs by id, restarts, what is refused. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startStatementLab, type StatementLab } from './statement-lab.js'

let lab: StatementLab
beforeAll(async () => {
  lab = await startStatementLab()
})
afterAll(() => lab?.close())

const value = async (sql: string): Promise<string | null | undefined> => (await lab.rows(sql))[0]?.[0]

test('statements of several sessions at once get values of their own, without gaps', async () => {
  await lab.run('CREATE SEQUENCE ids')
  await lab.run("CREATE TABLE many (id BIGINT DEFAULT nextval('ids'), x INTEGER)")
  const sessions = await Promise.all(Array.from({ length: 4 }, () => lab.cluster.session()))
  await Promise.all(sessions.flatMap((session) => [
    lab.run('INSERT INTO many (x) SELECT i FROM range(1000) r(i)', session),
    lab.run('INSERT INTO many (x) VALUES (1), (2)', session),
    lab.run("CREATE OR REPLACE TEMP TABLE own AS SELECT nextval('ids') AS id FROM range(10)", session),
  ]))
  expect(await lab.rows('SELECT count(*), count(DISTINCT id) FROM many')).toEqual([['4008', '4008']])
  expect(await value("SELECT nextval('ids')")).toBe('4049')
  await Promise.all(sessions.map((session) => session.close()))
})

test('rows of a table that is read by several tasks are numbered in their order', async () => {
  await lab.run('CREATE TABLE wide AS SELECT (i * 7919) % 50000 AS k FROM range(50000) r(i)')
  await lab.run('CREATE SEQUENCE places')
  await lab.run("CREATE TABLE numbered (place BIGINT DEFAULT nextval('places'), k BIGINT)")
  await lab.run('INSERT INTO numbered (k) SELECT k FROM wide ORDER BY k')
  expect(await lab.rows('SELECT count(*), count(*) FILTER (place = k + 1) FROM numbered')).toEqual([['50000', '50000']])
})

test('a statement that fails gives its values back', async () => {
  await lab.run('CREATE SEQUENCE back')
  await lab.failure("SELECT CASE WHEN nextval('back') = 3 THEN error('stop') END FROM range(5)")
  expect(await value("SELECT nextval('back')")).toBe('1')
})

test('a temporary sequence is of its session, and no table for everybody asks it', async () => {
  const other = await lab.cluster.session()
  await lab.run('CREATE TEMP SEQUENCE own', other)
  expect(await lab.rows("SELECT nextval('own')", other)).toEqual([['1']])
  expect(await lab.failure("SELECT nextval('own')")).toMatchObject({ code: 'UNKNOWN_OBJECT', position: 15 })
  expect(await lab.failure("CREATE TABLE shared (a INTEGER DEFAULT nextval('own'))", other))
    .toMatchObject({ code: 'BINDER_ERROR' })
  expect(await lab.failure("CREATE VIEW shared AS SELECT nextval('own') AS n", other))
    .toMatchObject({ code: 'BINDER_ERROR' })
  await lab.run("CREATE TEMP TABLE mine (a INTEGER DEFAULT nextval('own'), b INTEGER)", other)
  await lab.run('INSERT INTO mine (b) VALUES (5)', other)
  expect(await lab.rows('FROM mine', other)).toEqual([['2', '5']])
  await other.close()
})

test('EXPLAIN takes no value and tells that the query runs whole, EXPLAIN ANALYZE takes them', async () => {
  await lab.run('CREATE SEQUENCE shown')
  const plan = (await lab.rows("EXPLAIN SELECT nextval('shown') FROM range(3)")).join('\n')
  expect(plan).toContain('function nextval')
  await lab.run("EXPLAIN ANALYZE SELECT nextval('shown') FROM range(3)")
  expect(await value("SELECT nextval('shown')")).toBe('4')
})

test('what would be computed twice is refused by name', async () => {
  await lab.run('CREATE SEQUENCE twice')
  await lab.run('CREATE TABLE t AS SELECT i FROM range(5) r(i)')
  for (const sql of [
    "DELETE FROM t WHERE nextval('twice') > 2",
    "UPDATE t SET i = 0 WHERE nextval('twice') > 2",
    "UPDATE t SET i = nextval('twice') FROM range(3) o(j) WHERE i = j",
    "PIVOT (SELECT nextval('twice') AS n FROM range(3)) ON n USING count(*)",
    "SELECT nextval('tw' || 'ice')",
    "SELECT * FROM range(nextval('twice'))",
  ]) expect((await lab.failure(sql)).code, sql).toMatch(/NOT_IN_THIS_VERSION|EXECUTION_ERROR|BINDER_ERROR/)
  expect(await value("SELECT nextval('twice')")).toBe('1')
  expect(await lab.rows('SELECT sum(i) FROM t')).toEqual([['10']])
})

test('values of arguments are constants: no sequence is asked there', async () => {
  await lab.run('CREATE SEQUENCE asked')
  await lab.run("CREATE MACRO asks() AS nextval('asked')")
  await lab.run('PREPARE p AS SELECT $1 + 1')
  expect(await lab.failure("EXECUTE p(nextval('asked'))")).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await lab.failure('EXECUTE p(asks())')).toMatchObject({ code: 'INVALID_PARAMETER' })
  expect(await value('SELECT asks()')).toBe('1')
})

test('a sequence goes with its schema, and stays as long as a default asks it', async () => {
  await lab.run('CREATE SCHEMA s')
  await lab.run('CREATE SEQUENCE s.n')
  await lab.run("CREATE TABLE asking (a INTEGER DEFAULT nextval('s.n'))")
  expect(await lab.failure('DROP SEQUENCE s.n CASCADE')).toMatchObject({ code: 'BINDER_ERROR' })
  await lab.run('ALTER TABLE asking ALTER a DROP DEFAULT')
  expect(await lab.failure('DROP SCHEMA s')).toMatchObject({ code: 'BINDER_ERROR' })
  await lab.run('DROP SCHEMA s CASCADE')
  expect(await lab.failure("SELECT nextval('s.n')")).toMatchObject({ code: 'UNKNOWN_OBJECT' })
})

test('a value is never given again after a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'arbalest-sequences-'))
  const kept = { stateDir: join(directory, 'state'), warehouseDir: join(directory, 'warehouse') }
  const first = await startStatementLab(kept)
  await first.run('CREATE SEQUENCE n START 5 INCREMENT 5')
  await first.run("CREATE TABLE t (id BIGINT DEFAULT nextval('n'), x INTEGER)")
  await first.run("CREATE VIEW v AS SELECT nextval('n') AS id")
  await first.run('INSERT INTO t (x) VALUES (1), (2)')
  expect(await first.rows('FROM v')).toEqual([['15']])
  await first.close()
  const second = await startStatementLab(kept)
  try {
    await second.run('INSERT INTO t (x) VALUES (3)')
    expect(await second.rows('FROM t ORDER BY id')).toEqual([['5', '1'], ['10', '2'], ['20', '3']])
    expect(await second.rows("SELECT currval('n'), id FROM v")).toEqual([['25', '25']])
    expect(await second.failure('DROP SEQUENCE n')).toMatchObject({ code: 'BINDER_ERROR' })
  } finally {
    await second.close()
    await rm(directory, { recursive: true })
  }
})
