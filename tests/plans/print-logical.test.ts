/**
 * Every logical plan prints back to SQL and gives the rows of its statement on one DuckDB: as it was
 * read, and after each pass of the optimizer.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { checkPlan, printPlan, type Plan } from '@arbalest/plan'
import { optimize, renderSelect, splitStatements } from '@arbalest/planner'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plannedDatabase, type PlannedDatabase, type QueryRows } from './planned-database.js'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const sampleTables = ['customer', 'lineitem', 'nation', 'orders', 'part', 'partsupp', 'region', 'supplier']

const samplePath = (table: string) => pathOf(`../../data/tpch/${table}.parquet`)

const setup = `
  ${sampleTables.map((table) => `CREATE VIEW ${table} AS FROM '${samplePath(table)}';`).join('\n')}
  CREATE TABLE a AS SELECT i::INTEGER AS id, CASE WHEN i % 7 <> 0 THEN i * 37 % 11 END::INTEGER AS k,
    (i * 13 % 100) / 4.0::DOUBLE AS d, 'n' || i % 5 AS s, i % 3 = 0 AS f, CAST(i * 1.25 AS DECIMAL(12, 2)) AS m,
    DATE '2020-01-01' + (i % 40)::INTEGER AS dt FROM range(60) AS r(i);
  CREATE TABLE b AS SELECT i::BIGINT AS id, CASE WHEN i % 5 <> 0 THEN i % 9 END::INTEGER AS k, 'n' || i % 6 AS s,
    CASE i WHEN 3 THEN 'nan'::DOUBLE WHEN 4 THEN '-0.0'::DOUBLE WHEN 5 THEN 0.0 ELSE i / 2 END AS x,
    INTERVAL (i % 4) MONTH AS iv FROM range(25) AS r(i);
  CREATE TABLE ty AS SELECT 1::TINYINT AS c1, 2::HUGEINT AS c2, 'x\\x00y'::BLOB AS c3, '12:00:01.5'::TIME AS c4,
    [1, 2, NULL] AS c5, {'a': 1, 'b': 'q'} AS c6, map([1, 2], ['u', 'v']) AS c7,
    UUID '7f2a0b9c-1111-2222-3333-444455556666' AS c8, TIMESTAMP '2020-02-29 12:34:56.789' AS c9,
    TIMESTAMPTZ '2020-02-29 12:34:56.789+00' AS c10, 'b'::ENUM('a', 'b') AS c11, 1.5::FLOAT AS c12,
    99999999999999999999999999999999999999::DECIMAL(38, 0) AS c13, [{'p': 1.5, 'q': ['x']}] AS c14;
  INSERT INTO ty (c1) VALUES (NULL)`

let database: PlannedDatabase
beforeAll(async () => {
  database = await plannedDatabase(setup)
  await database.register([...sampleTables, 'a', 'b', 'ty'])
})
afterAll(() => database.close())

const queriesPath = pathOf('../queries/tpch')
const queries = readdirSync(queriesPath)
  .toSorted()
  .map((file) => [file, readFileSync(`${queriesPath}/${file}`, 'utf8').replace(/;\s*$/, '')] as const)
const statements = splitStatements(readFileSync(pathOf('statements.sql'), 'utf8')).map(({ text }) => text)

describe('TPC-H', () => {
  test.each(queries)('%s', (_, sql) => printsEqual(sql))
})

describe('statements', () => {
  test('are at least sixty', () => {
    expect(statements.length).toBeGreaterThan(60)
  })
  test.each(statements)('%s', (sql) => printsEqual(sql))
})

async function printsEqual(sql: string): Promise<void> {
  const expected = await database.run(sql)
  const steps: (readonly [string, Plan])[] = [['read', await database.plan(sql)]]
  optimize(steps[0]![1], ({ pass, plan }) => steps.push([pass, plan]))
  for (const [step, plan] of steps) {
    checkPlan(plan)
    const inputName = (leaf: Plan) => (leaf.kind === 'scan' ? leaf.table : '')
    const rendered = renderSelect(plan, { inputName }, (column) => plan.live.map(column).join(', ') || '1')
    const told = `${step}\n${printPlan(plan)}\n${rendered}`
    const actual = await database.run(rendered)
    expect(actual.types, told).toEqual(expected.types)
    expectSameRows(actual, expected, hasOrder(sql), told)
  }
}

/** An ORDER BY after the last closing parenthesis is the statement's own. */
const hasOrder = (sql: string): boolean => /order by(?!.*\))/is.test(sql)

function expectSameRows(actual: QueryRows, expected: QueryRows, ordered: boolean, told: string): void {
  const [left, right] = [actual, expected].map(({ rows }) => (ordered ? rows : rows.toSorted(byText)))
  expect(left?.length, told).toBe(right?.length)
  left?.forEach((row, i) => {
    const other = right?.[i] ?? []
    const same = row.every((value, at) => sameValue(value, other[at]))
    expect(same, `row ${i}: ${JSON.stringify(row)} is not ${JSON.stringify(other)}\n${told}`).toBe(true)
  })
}

const textOf = (row: readonly unknown[]): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'number' ? value.toPrecision(6) : value))

const byText = (a: readonly unknown[], b: readonly unknown[]): number => {
  const [left, right] = [textOf(a), textOf(b)]
  return left < right ? -1 : Number(left > right)
}

/** Doubles to a part in 10^9, for sums take their terms in another order; everything else exactly. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
  }
  return JSON.stringify(a) === JSON.stringify(b)
}
