/**
 * `IN` and `NOT IN` whose values are divided by hash: what is NULL hangs on all of them, and the answers are plain
 * DuckDB's. Joins whose right side has few different rows drop the others first.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

/** Rows that stand in the planner's books, so that every table is divided and few keys are worth looking for. */
const dividedRows = 30_000

const tables = {
  l: `SELECT CASE WHEN i % 11 > 0 THEN i % 60 END AS k, 't' || i % 23 AS s, i AS v, (i % 9 - 4)::DOUBLE / 2 AS d,
    (i % 30)::SMALLINT AS n FROM range(400) t(i)`,
  r: `SELECT i % 40 AS k, CASE WHEN i % 70 > 0 THEN i % 40 END AS gap, 't' || i % 31 AS s, i % 7 AS q,
    CASE i % 5 WHEN 0 THEN 'NaN'::DOUBLE WHEN 1 THEN -0.0 ELSE i % 5 END AS d, NULL::BIGINT AS none,
    (i % 45)::DECIMAL(9,2) AS m FROM range(500) t(i)`,
}

let database: UnfoldDatabase
beforeAll(async () => {
  database = await unfoldDatabase()
  for (const [name, sql] of Object.entries(tables)) {
    const files = [0, 1].map((part) => join(database.directory, `${name}-${part}.parquet`))
    for (const [part, file] of files.entries()) {
      const placed = `SELECT *, row_number() OVER () AS place FROM (${sql})`
      const rows = `SELECT * EXCLUDE (place) FROM (${placed}) WHERE place % 2 = ${part}`
      await database.connection.run(`COPY (${rows}) TO '${file}' (FORMAT parquet)`)
    }
    const statistics = { k: { min: 0, max: 59 }, n: { min: 0, max: 29 }, q: { min: 0, max: 6 } }
    await database.addTable({ name, files, statistics }, () => dividedRows)
  }
})
afterAll(() => database.close())

const statements = [
  'SELECT v FROM l WHERE k NOT IN (SELECT k FROM r)',
  'SELECT v FROM l WHERE k NOT IN (SELECT k FROM r WHERE q = 3)',
  'SELECT v FROM l WHERE k NOT IN (SELECT gap FROM r)',
  'SELECT v, k IN (SELECT gap FROM r WHERE q < 4) AS mark FROM l',
  'SELECT v, k NOT IN (SELECT k FROM r WHERE q < 4) AS mark FROM l',
  'SELECT v, k IN (SELECT k FROM r WHERE q > 90) AS mark FROM l',
  'SELECT v, k IN (SELECT none FROM r) AS mark FROM l',
  'SELECT v, n IN (SELECT m FROM r) AS mark FROM l',
  'SELECT v, n IN (SELECT m FROM r WHERE q = 2) OR k NOT IN (SELECT gap FROM r WHERE q > 5) AS mark FROM l',
  'SELECT v FROM l WHERE s NOT IN (SELECT s FROM r WHERE q <> 0) OR v < 5',
  'SELECT count(*) FILTER (d IN (SELECT d FROM r)), count(*) FROM l',
  'SELECT v, d NOT IN (SELECT d FROM r WHERE q < 3) AS mark FROM l',
  'SELECT v FROM l WHERE (k, s) NOT IN (SELECT k, s FROM r)',
  'SELECT k, count(*), bool_or(k IN (SELECT k FROM r WHERE q = 1)) FROM l GROUP BY k',
  'SELECT a, n FROM (SELECT k AS a, sum(n) AS n FROM l GROUP BY k) WHERE a NOT IN (SELECT gap FROM r)',
  'SELECT v FROM l WHERE k IN (SELECT k FROM r)',
  'SELECT v FROM l WHERE k IN (SELECT k FROM r WHERE q > 1) AND n IN (SELECT q FROM r)',
  'SELECT v FROM l WHERE EXISTS (SELECT 1 FROM r WHERE r.q = l.n)',
  'SELECT v FROM l WHERE NOT EXISTS (SELECT 1 FROM r WHERE r.q = l.n AND r.k > 8)',
  'SELECT l.v FROM l ANTI JOIN r ON l.n = r.q',
  'SELECT l.v FROM l SEMI JOIN r ON l.n = r.q AND l.v > r.k',
]

describe('at 1, 2, 3 and 5 executors the answer is DuckDB\'s', () => {
  test.each(statements)('%s', async (sql) => {
    const expected = await database.answer(sql)
    const query = await database.prepare(sql)
    for (const executors of [1, 2, 3, 5]) {
      for (const [finishLocally, broadcastThresholdBytes] of [[true, 0], [false, 0], [false, 1e9]] as const) {
        const asked = { ...query, settings: { ...query.settings, finishLocally, broadcastThresholdBytes } }
        const { answer, stages } = await database.run(asked, { executors })
        const told = stages.map(({ stageId, key, sql: text }) => `-- ${stageId} ${key}\n${text}`).join('\n')
        expect(answerDifference(answer, expected, false), `${executors} executors\n${told}`).toBeUndefined()
      }
    }
  })
})

test('values of IN are divided where they are too many to be sent to everybody', async () => {
  const query = await database.prepare('SELECT v FROM l WHERE s NOT IN (SELECT s FROM r)')
  const keysOf = async (broadcastThresholdBytes: number) => {
    const settings = { ...query.settings, finishLocally: false, broadcastThresholdBytes }
    const { stages } = await database.run({ ...query, settings }, { executors: 2 })
    return stages.map(({ key }) => key.replace(/^\d+:/, ''))
  }
  expect(await keysOf(0)).toEqual(['values', 'nulls', 'probe', 'result'])
  expect(await keysOf(1e9)).toEqual(['values', 'result'])
})

test('few different keys are written without the others', async () => {
  const query = await database.prepare('SELECT v FROM l SEMI JOIN r ON l.n = r.q')
  const { stages, decisions } = await database.run(query, { executors: 2 })
  expect(stages[0]?.sql).toContain('DISTINCT')
  expect(decisions.map(({ choice }) => choice)).toContain('different keys of the right side')
  const many = await database.prepare('SELECT v FROM l SEMI JOIN r ON l.s = r.s')
  expect((await database.run(many, { executors: 2 })).stages[0]?.sql).not.toContain('DISTINCT')
})
