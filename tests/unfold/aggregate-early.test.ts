/**
 * Aggregates of which a part is computed below joins: the answers are plain DuckDB's whatever the calls, with NULL and
 * repeated keys, rows without partners, and inputs without rows.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

interface Table { readonly sql: string, readonly rows: number, readonly values?: Readonly<Record<string, number>> }

const ofMany = `SELECT CASE WHEN i % 13 > 0 THEN i % 17 END AS k, (i % 5)::SMALLINT AS y,
  CASE WHEN i % 7 > 0 THEN i END AS v, i % 3 = 0 AS b, 't' || i % 29 AS s,
  CASE WHEN i % 4 > 0 THEN (i * 37 % 1000 - 300) / 10.0 END::DECIMAL(9,2) AS m,
  CASE i % 9 WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN -0.0 WHEN 3 THEN NULL ELSE i % 11 / 4.0 END AS d,
  (i % 40)::UTINYINT AS u, (i % 3 - 1) * 9000000000000000000 AS big, (i - 50)::HUGEINT * 10::HUGEINT ** 35 AS huge,
  CASE WHEN i % 17 > 14 THEN 'x' ELSE i % 6 || '' END AS digits FROM range(400) t(i)`

/** Rows and different values as they stand in the planner's books: enough that putting rows together early pays. */
const tables: Readonly<Record<string, Table>> = {
  many: { sql: ofMany, rows: 4_000_000, values: { k: 20, y: 5 } },
  none: { sql: `SELECT * FROM (${ofMany}) WHERE v < 0`, rows: 4_000_000, values: { k: 20, y: 5 } },
  // Keys that come twice, are NULL, or have no partner; some of `many` have none either.
  one: {
    sql: `SELECT CASE WHEN i % 9 > 0 THEN i % 15 + 2 END AS k, 'n' || i % 4 AS name, i AS n, i % 2 = 0 AS f,
      (i % 15 + 2)::DECIMAL(9,2) AS dk FROM range(24) t(i)`,
    rows: 3_000_000, values: { k: 20, n: 24, name: 4 },
  },
  few: { sql: "SELECT i AS k, 'f' || i % 3 AS name, i % 2 = 0 AS f FROM range(15) t(i)", rows: 15 },
  empty: { sql: "SELECT i AS k, 'f' AS name, true AS f FROM range(15) t(i) WHERE i < 0", rows: 100_000 },
}

let database: UnfoldDatabase
beforeAll(async () => {
  database = await unfoldDatabase()
  for (const [name, { sql, rows, values = {} }] of Object.entries(tables)) {
    const files = [0, 1].map((part) => join(database.directory, `${name}-${part}.parquet`))
    for (const [part, file] of files.entries()) {
      const placed = `SELECT *, row_number() OVER () AS place FROM (${sql})`
      const half = `SELECT * EXCLUDE (place) FROM (${placed}) WHERE place % 2 = ${part}`
      await database.connection.run(`COPY (${half}) TO '${file}' (FORMAT parquet)`)
    }
    const statistics = Object.fromEntries(Object.entries(values).map(([column, distinct]) => [column, { distinct }]))
    await database.addTable({ name, files, statistics }, () => rows)
  }
})
afterAll(() => database.close())

const calls = [
  'count(*)', 'count(r.v), count(r.s)', 'sum(r.v), sum(r.y)', 'sum(r.m), avg(r.m)', 'avg(r.v), avg(r.y), count(r.y)',
  'min(r.d), max(r.d)', 'min(r.s), max(r.v), max(r.m)', 'bool_and(r.b), bool_or(r.b)',
  'bit_and(r.u), bit_or(r.v), bit_xor(r.v)', 'sum(r.big), avg(r.big)', 'sum(r.m * 2)',
  'sum(r.m + 1), sum(CASE WHEN r.b THEN r.v ELSE 0 END)',
  'max(l.k), min(l.name), bool_or(l.f)', 'count(DISTINCT l.name), sum(r.v)', 'min(DISTINCT r.v)',
  'sum(r.v) FILTER (l.f), count(*) FILTER (l.f), avg(r.m) FILTER (NOT l.f)',
  'sum(CASE WHEN l.name > \'f0\' THEN r.m END), count(CASE WHEN l.f THEN r.v END)', 'max(r.y), sum(l.k + r.v)',
  'sum(r.huge), count(*)', 'list(r.v ORDER BY r.v), string_agg(DISTINCT r.s, \'\' ORDER BY r.s)',
  'stddev(r.v), sum(r.d)', 'count(coalesce(r.v, 0)), sum(CASE WHEN r.v IS NULL THEN 1 ELSE 0 END)',
  'sum(2), count(r.v)', 'count_if(r.b), any_value(l.name ORDER BY l.name)',
]

/** What may never be computed below a join, for rows that it may drop or in another order. */
const neverEarly = new Set([
  'list(r.v ORDER BY r.v), string_agg(DISTINCT r.s, \'\' ORDER BY r.s)', 'stddev(r.v), sum(r.d)',
  'sum(r.huge), count(*)', 'max(r.y), sum(l.k + r.v)',
  'count_if(r.b), any_value(l.name ORDER BY l.name)',
])
const neverBelowLeft = new Set([
  'sum(r.m + 1), sum(CASE WHEN r.b THEN r.v ELSE 0 END)',
  'sum(2), count(r.v)', 'count(coalesce(r.v, 0)), sum(CASE WHEN r.v IS NULL THEN 1 ELSE 0 END)',
])

const clusters = [[2, true, 0], [3, false, 1e9], [5, false, 0]] as const

/** The choices that were made on the way. */
async function isEqual(sql: string): Promise<readonly string[]> {
  const expected = await database.answer(sql)
  const query = await database.prepare(sql)
  const choices: string[] = []
  for (const [executors, finishLocally, broadcastThresholdBytes] of clusters) {
    const asked = { ...query, settings: { ...query.settings, finishLocally, broadcastThresholdBytes } }
    const { answer, stages, decisions } = await database.run(asked, { executors })
    const told = stages.map(({ stageId, key, sql: text }) => `-- ${stageId} ${key}\n${text}`).join('\n')
    expect(answerDifference(answer, expected, false), `${executors} executors\n${told}`).toBeUndefined()
    choices.push(...decisions.map(({ choice }) => choice))
  }
  return choices
}

describe.each(['one', 'few'])('with %s', (other) => {
  describe.each(['JOIN', 'LEFT JOIN'])('%s', (type) => {
    test.each(calls)('%s', async (list) => {
      // Three texts are long enough, where no exchange is saved.
      const keys = 'l.name, upper(l.name), l.name || 1'
      const sql = `SELECT ${keys}, ${list} FROM ${other} l ${type} many r ON l.k = r.k GROUP BY ${keys}`
      const isEarly = !neverEarly.has(list) && (type === 'JOIN' || !neverBelowLeft.has(list))
      expect((await isEqual(sql)).includes('first below joins')).toBe(isEarly)
    })
  })
})

const statements = [
  'SELECT count(*), sum(r.v) FROM one l JOIN many r ON l.k = r.k',
  'SELECT count(*), sum(r.v), count(r.v), max(r.m), avg(r.y) FROM one l LEFT JOIN many r ON l.k = r.k AND r.y = 2',
  'SELECT l.n, r.y, count(*), sum(r.m) FROM one l JOIN many r ON l.k = r.k GROUP BY ALL',
  'SELECT r.y, sum(r.m), count(*) FROM one l LEFT JOIN many r ON l.k = r.k GROUP BY r.y',
  'SELECT coalesce(r.y, 77) AS y, sum(r.m), count(*) FROM one l LEFT JOIN many r ON l.k = r.k GROUP BY 1',
  'SELECT l.name, r.y + l.n AS z, count(r.s) FROM one l JOIN many r ON l.k = r.k GROUP BY 1, 2',
  'SELECT l.name, sum(r.v) FROM one l JOIN many r ON l.k = r.k AND l.n > r.y GROUP BY l.name',
  'SELECT l.name, sum(r.v), count(*) FROM one l LEFT JOIN many r ON l.k = r.k AND l.n > r.y GROUP BY l.name',
  'SELECT l.name, sum(r.v) FROM one l JOIN many r ON l.k IS NOT DISTINCT FROM r.k GROUP BY l.name',
  'SELECT l.name, count(*) FROM one l LEFT JOIN many r ON l.k IS NOT DISTINCT FROM r.k GROUP BY l.name',
  'SELECT l.name, sum(r.v) FROM one l JOIN many r ON l.dk = r.k GROUP BY l.name',
  'SELECT r.y, count(*), sum(r.v) FROM many r LEFT JOIN few l ON l.k = r.k GROUP BY r.y',
  'SELECT l.name, count(*), sum(r.v) FROM many r LEFT JOIN few l ON l.k = r.k GROUP BY l.name',
  'SELECT l.name, r.y, sum(r.v), grouping(l.name, r.y) FROM one l JOIN many r ON l.k = r.k GROUP BY ROLLUP (1, 2)',
  'SELECT l.f, l.name, count(*), avg(r.m) FROM one l LEFT JOIN many r USING (k) GROUP BY GROUPING SETS ((1), (2), ())',
  'SELECT l.name, f.name, sum(r.v), count(*) FROM one l JOIN many r USING (k) JOIN few f ON f.k = r.k GROUP BY ALL',
  'SELECT f.name, count(*), sum(v) FROM few f LEFT JOIN (one JOIN many r USING (k)) ON f.k = r.k GROUP BY f.name',
  'SELECT l.name, count(*), sum(r.v) FROM one l LEFT JOIN none r ON l.k = r.k GROUP BY l.name',
  'SELECT l.name, count(*), sum(r.v) FROM empty l JOIN many r ON l.k = r.k GROUP BY l.name',
  'SELECT count(*), sum(r.v), min(l.name) FROM empty l LEFT JOIN many r ON l.k = r.k',
  'SELECT max(c), sum(t) FROM (SELECT name, count(v) AS c, sum(m) AS t FROM one LEFT JOIN many USING (k) GROUP BY 1)',
  'SELECT a.name, a.c, b.c FROM (SELECT name, count(*) AS c FROM one JOIN many USING (k) GROUP BY 1) a, (SELECT name, '
    + 'sum(v) AS c FROM few JOIN many USING (k) GROUP BY 1) b WHERE a.c > b.c',
  'SELECT n, (SELECT sum(r.v) FROM few f JOIN many r ON f.k = r.k WHERE f.k = one.k) FROM one',
  'SELECT year, sum(m) FROM (SELECT r.y + 2000 AS year, m, l.name FROM one l JOIN many r ON l.k = r.k) GROUP BY year',
]

describe('the answer is DuckDB\'s', () => {
  test.each(statements)('%s', async (sql) => void (await isEqual(sql)))
})

test('what the join drops is not computed, where it could fail', async () => {
  // The texts that are no numbers belong to keys without a partner.
  const sql = 'SELECT l.name, sum(CAST(r.digits AS INTEGER)) FROM few l JOIN many r USING (k) GROUP BY l.name'
  expect(await isEqual(sql)).not.toContain('first below joins')
})
