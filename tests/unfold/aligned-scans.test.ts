/**
 * Tables whose row groups do not overlap in a column are divided at the same values of it: the answers are
 * plain DuckDB's, whichever way the borders fall, and no exchange is left where there need be none.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

/** Rows that stand in the planner's books, so that every table is divided. */
const dividedRows = 3_000

interface ClusteredTable {
  readonly name: string
  readonly sql: string
  /** The column and the values at which a new file begins. */
  readonly column: string
  readonly starts: readonly number[]
}

const days = "DATE '2020-01-01' + "
const tables: readonly ClusteredTable[] = [
  // Several rows a key, keys of both signs, files that touch in nothing.
  {
    name: 'o', column: 'k', starts: [-60, -31, -1, 17, 30, 44, 58, 73, 90],
    sql: `SELECT i::BIGINT - 60 AS k, i % 5 AS g, (i % 7)::DOUBLE AS d, ${days} (i // 4)::INTEGER AS dt
      FROM range(160) r(i)`,
  },
  {
    name: 'l', column: 'k', starts: [-60, -50, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90],
    sql: `SELECT (i // 3)::INTEGER - 60 AS k, i % 4 AS n, CASE WHEN i % 6 > 0 THEN i % 11 END AS q, 's' || i % 9 AS s
      FROM range(460) r(i) WHERE i % 17 <> 3`,
  },
  // Clustered by a date, with rows of one day on both sides of a file's end.
  {
    name: 't', column: 'dt', starts: [0, 5, 9, 14, 20, 26, 33, 36],
    sql: `SELECT ${days} (i // 5)::INTEGER AS dt, i::INTEGER % 40 - 20 AS k, i AS v FROM range(200) r(i)`,
  },
]

let database: UnfoldDatabase
beforeAll(async () => {
  database = await unfoldDatabase()
  for (const { name, sql, column, starts } of tables) {
    const value = column === 'dt' ? `(dt - DATE '2020-01-01')` : column
    const files: string[] = []
    for (const [index, from] of starts.entries()) {
      const path = join(database.directory, `${name}-${index}.parquet`)
      const end = starts[index + 1]
      // The last day of a file of t also begins the next one.
      const before = end === undefined ? 'true' : column === 'dt' && index % 2 === 0
        ? `(${value} < ${end} OR (${value} = ${end} AND v % 2 = 0))` : `${value} < ${end}`
      const after = column === 'dt' && index % 2 === 1
        ? `(${value} > ${from} OR (${value} = ${from} AND v % 2 = 1))` : `${value} >= ${from}`
      await database.connection.run(
        `COPY (FROM (${sql}) WHERE ${after} AND ${before} ORDER BY ALL) TO '${path}' (FORMAT parquet)`)
      files.push(path)
    }
    await database.addTable({ name, files, clustered: [column] }, () => dividedRows)
  }
})
afterAll(() => database.close())

/** Up to `alone` executors no row is sent to another task to be joined or grouped. */
const statements: readonly (readonly [sql: string, alone: number])[] = [
  ['SELECT o.k, d, n, q FROM o JOIN l ON o.k = l.k', 5],
  ['SELECT o.k, count(*), sum(q) FROM o JOIN l ON o.k = l.k WHERE g < 3 GROUP BY o.k', 5],
  ['SELECT k, count(*), max(s) FROM l GROUP BY k HAVING count(*) > 1', 5],
  ['SELECT k, quantile_disc(q, 0.5), list(s ORDER BY s) FROM l GROUP BY k', 5],
  ['SELECT o.k, l.q FROM o LEFT JOIN l ON o.k = l.k AND l.n = 2', 5],
  ['SELECT o.k, l.k, l.q FROM o RIGHT JOIN l ON o.k = l.k AND o.g = 1', 5],
  ['SELECT o.k, l.k FROM o FULL JOIN l ON o.k = l.k', 5],
  ['SELECT count(*) FROM o WHERE EXISTS (SELECT 1 FROM l WHERE l.k = o.k AND l.q > o.g)', 5],
  ['SELECT k, g FROM o WHERE NOT EXISTS (SELECT 1 FROM l WHERE l.k = o.k AND l.q = 1)', 5],
  ['SELECT k, g FROM o WHERE d > (SELECT avg(q) FROM l WHERE l.k = o.k)', 5],
  ['SELECT x.k, y.s FROM l x JOIN l y ON x.k = y.k AND x.n < y.n', 5],
  ['SELECT k, n, row_number() OVER (PARTITION BY k ORDER BY n, s, q) FROM l', 5],
  ['SELECT DISTINCT ON (k) k, n FROM l ORDER BY k, n DESC, s', 0],
  ['SELECT DISTINCT k, n FROM l', 5],
  ['WITH x AS (SELECT k, sum(q) AS q FROM l GROUP BY k) SELECT a.k, a.q, b.q FROM x a JOIN x b ON a.k = b.k', 5],
  ['SELECT o.k, t.v FROM o JOIN t ON o.dt = t.dt', 0],
  ['SELECT dt, count(*), count(DISTINCT k) FROM t GROUP BY dt', 3],
  ['SELECT x.dt, x.v, y.v FROM t x JOIN t y ON x.dt = y.dt WHERE x.v < y.v', 3],
  ['SELECT o.k, l.s, t.v FROM o JOIN l ON o.k = l.k JOIN t ON t.k = l.k', 0],
  ['SELECT k FROM o EXCEPT SELECT k FROM l WHERE q = 3', 0],
  ['SELECT k, count(*) FROM (SELECT k FROM o UNION ALL SELECT k FROM l) GROUP BY k', 0],
  ['SELECT o.k, x.c FROM o JOIN (SELECT k % 7 AS k, count(*) AS c FROM l GROUP BY 1) x ON x.k = o.k', 0],
  ['SELECT l.k, o.d FROM l JOIN o ON l.k + 1 = o.k', 0],
]

describe('at 1, 2, 3 and 5 executors the answer is DuckDB\'s', () => {
  test.each(statements)('%s', async (sql, alone) => {
    const expected = await database.answer(sql)
    const query = await database.prepare(sql)
    for (const executors of [1, 2, 3, 5]) {
      for (const finishLocally of [true, false]) {
        const asked = { ...query, settings: { ...query.settings, finishLocally, broadcastThresholdBytes: 0 } }
        const { answer, stages } = await database.run(asked, { executors })
        const told = stages.map(({ stageId, key, sql: text }) => `-- ${stageId} ${key}\n${text}`).join('\n')
        expect(answerDifference(answer, expected, false), `${executors} executors\n${told}`).toBeUndefined()
        const divided = stages.filter(({ output }) => output.kind === 'hash')
        if (executors <= alone) expect(divided.map(({ key }) => key), told).toEqual([])
      }
    }
  })
})
