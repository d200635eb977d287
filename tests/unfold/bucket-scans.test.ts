/**
 * Tables whose files hold one bucket each: the answers are plain DuckDB's, whatever the numbers of buckets and
 * tasks, and no exchange is left where the buckets say where rows lie.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partitionExpression } from '@arbalest/planner'
import { parseDataType, quoteIdentifier } from '@arbalest/common'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

/** Rows that stand in the planner's books, so that every table is divided. */
const dividedRows = 3_000

interface TableInBuckets {
  readonly name: string
  readonly sql: string
  /** Columns and their types. */
  readonly keys: readonly (readonly [name: string, type: string])[]
  readonly count: number
}

const tables: readonly TableInBuckets[] = [
  {
    name: 'o', keys: [['k', 'BIGINT']], count: 12,
    sql: 'SELECT CASE WHEN i % 19 > 0 THEN i::BIGINT - 60 END AS k, i % 5 AS g, i / 7 AS d FROM range(160) r(i)',
  },
  {
    name: 'l', keys: [['k', 'INTEGER']], count: 24,
    sql: `SELECT (i // 3)::INTEGER - 60 AS k, i % 4 AS n, CASE WHEN i % 6 > 0 THEN i % 11 END AS q, 's' || i % 9 AS s
      FROM range(460) r(i)`,
  },
  {
    name: 'p', keys: [['s', 'VARCHAR'], ['m', 'DECIMAL(9,2)']], count: 10,
    sql: `SELECT 's' || i % 13 AS s, (i % 17 / 4)::DECIMAL(9,2) AS m, i AS v FROM range(300) r(i)`,
  },
  {
    name: 'u', keys: [['m', 'DECIMAL(9,2)'], ['s', 'VARCHAR']], count: 5,
    sql: `SELECT 's' || i % 11 AS s, (i % 19 / 4)::DECIMAL(9,2) AS m, i AS w FROM range(200) r(i)`,
  },
]

let database: UnfoldDatabase
beforeAll(async () => {
  database = await unfoldDatabase()
  for (const { name, sql, keys, count } of tables) {
    const exprs = keys.map(([, type], index) => ({ kind: 'column', index, type: parseDataType(type) }) as const)
    const bucket = partitionExpression(exprs, count, (index) => quoteIdentifier(keys[index]![0]))
    const directory = join(database.directory, name)
    await database.connection.run(`COPY (SELECT *, ${bucket} AS __p FROM (${sql})) TO '${directory}'
      (FORMAT parquet, PARTITION_BY (__p), WRITE_PARTITION_COLUMNS false)`)
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => /parquet$/.test(file))
    const ofFiles = files.map((file) => Number(/__p=(\d+)/.exec(file)?.[1]))
    const inBuckets = { columns: keys.map(([column]) => column), count, ofFiles }
    await database.addTable({ name, files: files.map((file) => join(directory, file)), inBuckets }, () => dividedRows)
  }
})
afterAll(() => database.close())

/** At these numbers of executors no row is sent to another task to be joined or grouped. */
const statements: readonly (readonly [sql: string, alone: readonly number[]])[] = [
  ['SELECT o.k, d, n, q FROM o JOIN l ON o.k = l.k', [2, 3, 5]],
  ['SELECT o.k, count(*), sum(q) FROM o JOIN l ON o.k = l.k WHERE g < 3 GROUP BY o.k', [2, 3, 5]],
  ['SELECT k, quantile_disc(g, 0.5), list(g ORDER BY g) FROM o GROUP BY k', [2, 3, 5]],
  ['SELECT o.k, l.q FROM o LEFT JOIN l ON o.k = l.k AND l.n = 2', [2, 3, 5]],
  ['SELECT o.k, l.k FROM o FULL JOIN l ON o.k = l.k', [2, 3, 5]],
  ['SELECT o.k, l.k FROM o FULL JOIN l ON o.k IS NOT DISTINCT FROM l.k', [2, 3, 5]],
  ['SELECT k, g FROM o WHERE k NOT IN (SELECT k FROM l WHERE q = 1)', []],
  ['SELECT k, g FROM o WHERE NOT EXISTS (SELECT 1 FROM l WHERE l.k = o.k AND l.q = 1)', [2, 3, 5]],
  ['SELECT k, n, row_number() OVER (PARTITION BY k ORDER BY n, s, q) FROM l', [2, 3, 5]],
  ['SELECT DISTINCT k, n FROM l', [2, 3, 5]],
  ['SELECT s, m, median(v) FROM p GROUP BY s, m', [2, 3, 5]],
  ['SELECT m, s, v, w FROM p JOIN u USING (s, m)', []],
  ['SELECT x.v, y.v FROM p x JOIN p y ON x.s = y.s AND x.m = y.m AND x.v < y.v', [2, 3, 5]],
  ['SELECT s, count(*) FROM p GROUP BY s', []],
  ['SELECT o.k, p.v FROM o JOIN l ON o.k = l.k JOIN p ON p.s = l.s', []],
  ['SELECT k FROM o EXCEPT SELECT k FROM l WHERE q = 3', []],
  ['SELECT k, count(*) FROM (SELECT k FROM o UNION ALL SELECT k FROM l) GROUP BY k', []],
  ['SELECT o.k, x.c FROM o JOIN (SELECT k % 7 AS k, count(*) AS c FROM l GROUP BY 1) x ON x.k = o.k', []],
  ['WITH x AS (SELECT k, sum(q) q FROM l GROUP BY k) SELECT a.k, a.q, b.q FROM x a JOIN x b ON a.k = b.k', [2, 3, 5]],
]

describe('at 1, 2, 3 and 5 executors the answer is DuckDB\'s', () => {
  test.each(statements)('%s', async (sql, alone) => {
    const expected = await database.answer(sql)
    const query = await database.prepare(sql)
    for (const executors of [1, 2, 3, 5]) {
      for (const targetPartitions of [undefined, 4]) {
        const settings = { ...query.settings, targetPartitions, broadcastThresholdBytes: 0 }
        const { answer, stages } = await database.run({ ...query, settings }, { executors })
        const told = stages.map(({ stageId, key, sql: text }) => `-- ${stageId} ${key}\n${text}`).join('\n')
        expect(answerDifference(answer, expected, false), `${executors} executors\n${told}`).toBeUndefined()
        const divided = stages.filter(({ output }) => output.kind === 'hash')
        const isAlone = targetPartitions === undefined && alone.includes(executors)
        if (isAlone) expect(divided.map(({ key }) => key), `${executors}\n${told}`).toEqual([])
      }
    }
  })
})

test('rows are hashed as the files of tables were: else partitionHashVersion counts up', async () => {
  const columns = [
    ['42', 'BIGINT'], ['-7', 'INTEGER'], ['NULL', 'BIGINT'], ["'text'", 'VARCHAR'], ['1.5', 'DECIMAL(9,2)'],
    ['0.1', 'DOUBLE'], ["'2024-01-31'", 'DATE'], ["'2024-01-31 12:00:00'", 'TIMESTAMP'], ['true', 'BOOLEAN'],
  ] as const
  const values = columns.map(([value, type], index) => {
    const key = { kind: 'column', index, type: parseDataType(type) } as const
    return partitionExpression([key], 100_003, () => `CAST(${value} AS ${type})`)
  })
  const two = columns.slice(0, 4).map(([, type], index) => (
    { kind: 'column', index, type: parseDataType(type) }) as const)
  const all = partitionExpression(two, 100_003, (index) => `CAST(${columns[index]![0]} AS ${columns[index]![1]})`)
  const read = await database.connection.runAndReadAll(`SELECT ${[...values, all].join(', ')}`)
  expect(read.getRowsJson()[0]?.map(Number)).toEqual([
    73_892, 24_701, 40_887, 51_886, 5_942, 69_373, 41_521, 84_208, 55_098, 72_057,
  ])
})
