import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bigintType, booleanType, decimalType, integerType, quoteLiteral, varcharType, type StageId,
} from '@arbalest/common'
import type { Expr, Plan, ShuffleRead } from '@arbalest/plan'
import {
  aggregateOf, ascending, callOf, columnRef, compare, countRows, descending, integerConstant, planBuilder, windowOf,
} from '@arbalest/plan/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { partitionExpression } from './partition-expression.js'
import { renderSelect } from './render-plan.js'
import { selectList, type Leaf } from './select-builder.js'
import { testDatabase, type TestDatabase } from './testing/duckdb.js'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(`
    CREATE TABLE t AS SELECT i AS id, CASE WHEN i % 4 = 0 THEN NULL ELSE i % 3 END AS k, 'n' || i % 2 AS s
      FROM (SELECT i::INTEGER AS i FROM range(8) AS r(i));
    CREATE TABLE u AS SELECT * FROM (VALUES (1::INTEGER, 'one'), (NULL, 'none'), (7, 'seven')) AS v(k, name);
    CREATE TABLE stage_2 AS SELECT i::INTEGER AS c0, i::BIGINT AS c2 FROM range(6) AS r(i);
    CREATE TABLE empty_u AS SELECT * FROM u WHERE false;
    CREATE TABLE task_slice AS SELECT 1::BIGINT AS p`)
})
afterAll(() => {
  database.close()
})

const options = {
  inputName: (leaf: Leaf) =>
    leaf.kind === 'shuffle-read' ? `stage_${leaf.stageId}` : leaf.kind === 'scan' ? leaf.table : '',
}
/** The rows of a plan under its live columns. */
const sqlOf = (plan: Plan) => renderSelect(plan, options, (column) => selectList(plan, column))
const rowsOf = (plan: Plan) => database.rows(sqlOf(plan))

const tColumns = [
  { name: 'id', type: integerType },
  { name: 'k', type: integerType },
  { name: 's', type: varcharType },
]
const uColumns = [{ name: 'k', type: integerType }, { name: 'name', type: varcharType }]

test('one CTE for each operator, only live columns, no number changed', async () => {
  const p = planBuilder()
  const scan = { ...p.scan('t', tColumns), live: [0, 2] }
  const filter = { ...p.filter(scan, compare(columnRef(scan, 0), '>', integerConstant(5))), live: [2] }
  const sql = sqlOf(filter)
  expect(sql).toMatchInlineSnapshot(`
    "WITH t0 AS (SELECT "id" AS c0, "s" AS c2 FROM "t"),
      t1 AS (SELECT c2 FROM t0 WHERE (c0 > CAST(5 AS INTEGER)))
    SELECT c2 FROM t1"
  `)
  expect(await database.rows(sql)).toEqual([['n0'], ['n1']])
})

test('texts are read from Parquet of the rows that IS DISTINCT FROM tells apart by a nested value', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'arbalest-render-'))
  const file = quoteLiteral(join(directory, 'lists.parquet'))
  await database.rows(`
    COPY (SELECT 'n' || i AS s, CASE WHEN i % 5 > 0 THEN [i % 3] END AS l FROM range(60) AS r(i)) TO ${file};
    CREATE VIEW lists AS FROM ${file}`)
  const p = planBuilder()
  const listType = { kind: 'list', child: bigintType } as const
  const scan = p.scan('lists', [{ name: 's', type: varcharType }, { name: 'l', type: listType }])
  const one = { kind: 'constant', type: listType, value: { kind: 'list', items: [integerConstant(1)] } } as const
  const apart = { ...p.filter(scan, compare(columnRef(scan, 1), 'IS DISTINCT FROM', one)), live: [0] }
  const same = { ...p.filter(scan, compare(columnRef(scan, 1), 'IS NOT DISTINCT FROM', columnRef(scan, 1))), live: [0] }
  const scanned = { ...scan, live: [0], predicate: compare(columnRef(scan, 1), 'IS DISTINCT FROM', one) }
  expect(await rowsOf(apart)).toHaveLength(44)
  expect(await rowsOf(scanned)).toHaveLength(44)
  expect(await rowsOf(same)).toHaveLength(60)
  rmSync(directory, { recursive: true })
})

test('a table called like a CTE is not hidden', async () => {
  const p = planBuilder()
  const plan = p.limit(p.scan('T1', tColumns), 2)
  await database.rows('CREATE OR REPLACE VIEW t1 AS FROM t')
  expect(sqlOf(plan)).toContain('WITH _t0 AS (SELECT "id" AS c0, "k" AS c1, "s" AS c2 FROM "T1")')
  expect(await rowsOf(plan)).toHaveLength(2)
})

test('no live columns at all: rows are counted', async () => {
  const p = planBuilder()
  const scan = { ...p.scan('t', tColumns), live: [] }
  const cross = { ...p.join('inner', scan, { ...p.scan('u', uColumns), live: [] }), live: [] }
  expect(await rowsOf(p.aggregate(cross, [], [countRows()]))).toEqual([['24']])
  expect(sqlOf(cross)).toContain('SELECT 1 AS dummy FROM t0 AS l CROSS JOIN t1 AS r')
})

describe('values', () => {
  test('without rows have typed columns', async () => {
    const sql = sqlOf(planBuilder().values([], [integerType, decimalType(9, 2)]))
    expect(await database.rows(sql)).toEqual([])
    expect(await database.types(sql)).toEqual(['INTEGER', 'DECIMAL(9,2)'])
  })
  test('without live columns keep their rows', async () => {
    const p = planBuilder()
    const rows = [[integerConstant(1)], [integerConstant(2)]]
    expect(await rowsOf(p.aggregate({ ...p.values(rows), live: [] }, [], [countRows()]))).toEqual([['2']])
    expect(await rowsOf(p.values(rows))).toEqual([[1], [2]])
  })
})

describe('order', () => {
  test('a sort at the root stands on the outermost SELECT and is not captured by an alias', () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const sort = p.sort(scan, descending(columnRef(scan, 0)))
    const plan = p.project(p.limit(sort, 2, 1), callOf('-', integerType, columnRef(sort, 0)))
    expect(sqlOf(plan)).toMatchInlineSnapshot(`
      "WITH t0 AS (SELECT "id" AS c0, "k" AS c1, "s" AS c2 FROM "t")
      SELECT (- t0.c0) AS c0 FROM t0 ORDER BY t0.c0 DESC NULLS LAST LIMIT 2 OFFSET 1"
    `)
    return expect(rowsOf(plan)).resolves.toEqual([[-6], [-5]])
  })

  test('a caller names the SELECT list and keeps the order', async () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const sort = p.sort(scan, descending(columnRef(scan, 0)))
    const sql = renderSelect({ ...sort, live: [0] }, options, (column) => `CAST(${column(0)} AS VARCHAR) AS c0`)
    expect((await database.rows(sql)).map(([id]) => id).join('')).toBe('76543210')
  })

  test('a top-N below other operators is one SELECT', async () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const top = p.limit(p.sort(scan, ascending(columnRef(scan, 1)), ascending(columnRef(scan, 0))), 1)
    expect(await rowsOf(p.aggregate(top, [], [aggregateOf('min', integerType, [columnRef(top, 0)])]))).toEqual([[3]])
  })
})

describe('joins', () => {
  const p = planBuilder()
  const t = p.scan('t', tColumns)
  const u = p.scan('u', uColumns)
  const onK = { conditions: [{ left: columnRef(t, 1), right: columnRef(u, 0), operator: '=' as const }] }
  const counted = (plan: Plan) => rowsOf(p.aggregate(plan, [], [countRows()]))

  test.each([
    ['inner', '2'], ['left', '8'], ['right', '4'], ['full', '10'], ['semi', '2'], ['anti', '6'], ['single', '8'],
  ] as const)('%s', async (joinType, count) => {
    expect(await counted(p.join(joinType, t, u, onK))).toEqual([[count]])
  })

  test('a residual condition looks at both sides', async () => {
    const left: Expr = { kind: 'column', index: 0, type: integerType }
    const right: Expr = { kind: 'column', index: 3, type: integerType }
    const residual = [compare(left, '<', right)]
    expect(await counted(p.join('inner', t, u, { residual }))).toEqual([['8']])
    expect(await counted(p.join('anti', t, u, { residual }))).toEqual([['1']])
    expect(await counted(p.join('full', t, u, { residual }))).toEqual([['10']])
  })

  test('IN keeps its NULLs', async () => {
    const mark = { ...p.join('mark', t, u, onK), live: [1, 3] }
    expect(await database.rows(`SELECT DISTINCT * FROM (${sqlOf(mark)}) ORDER BY ALL`)).toEqual([
      [0, null], [1, true], [2, null], [null, null],
    ])
    const none = { ...p.join('mark', t, p.scan('empty_u', uColumns), onK), live: [3] }
    expect(await database.rows(`SELECT DISTINCT * FROM (${sqlOf(none)})`)).toEqual([[false]])
  })

  test('a mark by conditions without NULLs is EXISTS', async () => {
    const conditions = [{ ...onK.conditions[0]!, operator: 'IS NOT DISTINCT FROM' as const }]
    const mark = { ...p.join('mark', t, u, { conditions }), live: [1, 3] }
    expect(await database.rows(`SELECT DISTINCT * FROM (${sqlOf(mark)}) ORDER BY ALL`)).toEqual([
      [0, false], [1, true], [2, false], [null, true],
    ])
  })
})

test('the distinct keys of a delim join are computed once, its source is read twice', async () => {
  const p = planBuilder()
  const source = p.scan('t', tColumns)
  const [first, second] = [p.delimScan(5, [integerType]), p.delimScan(5, [integerType])]
  const pairs = p.join('inner', first, second, {
    conditions: [{ left: columnRef(first, 0), right: columnRef(second, 0), operator: 'IS NOT DISTINCT FROM' }],
  })
  const counts = p.aggregate(pairs, [columnRef(pairs, 0)], [countRows()])
  const join = p.join('single', source, counts, {
    conditions: [{ left: columnRef(source, 1), right: columnRef(counts, 0), operator: 'IS NOT DISTINCT FROM' }],
    delim: { delimId: 5, keys: [columnRef(source, 1)], source: 'left' },
  })
  const sql = sqlOf({ ...join, live: [0, 4] })
  expect(sql.match(/MATERIALIZED \(SELECT k0 AS c0 FROM \(SELECT DISTINCT c1 AS k0/g)).toHaveLength(1)
  expect(await database.rows(sql)).toEqual(Array.from({ length: 8 }, (_, id) => [id, '1']))
})

test('a CTE is materialized and its scans take what they want of it', async () => {
  const p = planBuilder()
  const definition = p.scan('t', tColumns)
  const [left, right] = [p.cteScan(1, definition), p.cteScan(1, definition)]
  const body = p.join('inner', { ...left, live: [0] }, { ...right, live: [1] }, {
    conditions: [{ left: columnRef(left, 0), right: columnRef(right, 1), operator: '=' }],
  })
  const plan = p.cte(1, definition, { ...body, live: [0] })
  const sql = sqlOf({ ...plan, live: [0] })
  expect(sql).toContain('t1 AS MATERIALIZED')
  expect(await database.rows(`SELECT count(*) FROM (${sql})`)).toEqual([['6']])
})

describe('aggregates', () => {
  test('results do not capture input columns of the same name', async () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const sums = p.aggregate(scan, [columnRef(scan, 2)], [
      aggregateOf('min', integerType, [columnRef(scan, 1)]),
      aggregateOf('max', integerType, [columnRef(scan, 0)]),
    ])
    expect(await rowsOf(p.sort(sums, ascending(columnRef(sums, 0))))).toEqual([['n0', 0, 6], ['n1', 0, 7]])
  })

  test('groups by expressions, sets and grouping()', async () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const parity = callOf('%', integerType, columnRef(scan, 0), integerConstant(2))
    const plan = p.aggregate(scan, [parity, columnRef(scan, 2)], [countRows()], {
      groupingSets: [[0], [1], []],
      groupingFunctions: [[0, 1]],
    })
    expect(await database.rows(`${sqlOf(plan)} ORDER BY ALL`)).toEqual([
      [0, null, '4', '1'], [1, null, '4', '1'], [null, 'n0', '4', '2'], [null, 'n1', '4', '2'], [null, null, '8', '3'],
    ])
  })

  test('one row without groups, none with groups, from no rows', async () => {
    const p = planBuilder()
    const none = p.scan('empty_u', uColumns)
    expect(await rowsOf({ ...p.aggregate(none, [], [countRows()]), live: [] })).toEqual([[1]])
    expect(await rowsOf({ ...p.aggregate(none, [columnRef(none, 0)], [countRows()]), live: [] })).toEqual([])
  })

  test('two phases give what one gives', async () => {
    const p = planBuilder(100)
    const scan = p.scan('t', tColumns)
    const groups = [columnRef(scan, 2)]
    const partials = ['sum', 'count'].map((name) => aggregateOf(name, bigintType, [columnRef(scan, 1)]))
    const partial: Plan = {
      kind: 'partial-aggregate', id: 1, input: scan, groups, partials,
      types: [varcharType, bigintType, bigintType], live: [0, 1, 2],
    }
    const sumOf = (index: number): Expr => ({
      kind: 'cast', type: bigintType, isTry: false,
      input: aggregateOf('sum', bigintType, [columnRef(partial, index)]),
    })
    const final: Plan = {
      kind: 'final-aggregate', id: 2, input: partial, groupCount: 1, groupingSets: [[0], []],
      merges: [callOf('+', bigintType, sumOf(1), sumOf(2))], groupingFunctions: [[0]],
      types: [varcharType, bigintType, bigintType], live: [0, 1, 2],
    }
    expect(await database.rows(`${sqlOf(final)} ORDER BY ALL`)).toEqual(
      await database.rows(
        'SELECT s, sum(k)::BIGINT + count(k), grouping(s) FROM t GROUP BY ROLLUP (s) ORDER BY ALL',
      ),
    )
  })
})

describe('duplicates', () => {
  test('are told by all columns, also when few are wanted', async () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const pairs = p.project(scan, columnRef(scan, 1), columnRef(scan, 2))
    expect(await rowsOf({ ...p.distinct(pairs), live: [1] })).toHaveLength(6)
    expect(await rowsOf({ ...p.setOperation('union', false, pairs, pairs), live: [0] })).toHaveLength(6)
    expect(await rowsOf({ ...p.setOperation('except', true, pairs, p.limit(pairs, 3)), live: [] })).toHaveLength(5)
  })
  test('DISTINCT ON keeps the first by an order over dead columns', async () => {
    const p = planBuilder()
    const scan = p.scan('t', tColumns)
    const first = p.distinct(scan, [columnRef(scan, 2)], [descending(columnRef(scan, 0))])
    expect((await rowsOf({ ...first, live: [0] })).map(([id]) => id).toSorted()).toEqual([6, 7])
  })
})

test('windows see the columns of their input', async () => {
  const p = planBuilder()
  const scan = p.scan('t', tColumns)
  const sum = windowOf('sum', bigintType, [columnRef(scan, 0)], {
    partitions: [columnRef(scan, 2)],
    orders: [ascending(columnRef(scan, 0))],
    frame: {
      unit: 'ROWS',
      start: { kind: 'preceding', offset: integerConstant(1) },
      end: { kind: 'unbounded-following' },
      exclude: 'current-row',
    },
  })
  const window = p.window(scan, sum, windowOf('count', bigintType, []))
  const sql = sqlOf({ ...window, live: [0, 3, 4] })
  expect(await database.rows(`${sql} ORDER BY ALL LIMIT 3`)).toEqual([
    [0, '12', '8'], [1, '15', '8'], [2, '10', '8'],
  ])
})

describe('operators of the distribution', () => {
  const read: ShuffleRead = {
    kind: 'shuffle-read', id: 50, types: [integerType, booleanType, bigintType], live: [0, 2], stageId: 2 as StageId,
    mode: 'all',
  }

  test('a read of a stage takes its columns by position', async () => {
    expect(await rowsOf({ ...read, live: [2] })).toEqual([['0'], ['1'], ['2'], ['3'], ['4'], ['5']])
  })

  test('each row is picked by exactly the task that has its partition', async () => {
    const keys = [columnRef(read, 0)]
    const pick: Plan = { ...read, kind: 'pick', id: 51, input: read, keys, partitions: 3 }
    const sql = sqlOf(pick)
    const picked: unknown[] = []
    for (const partition of [0, 1, 2]) {
      await database.rows(`CREATE OR REPLACE TABLE task_slice AS SELECT ${partition}::BIGINT AS p`)
      picked.push(...(await database.rows(sql)).map(([c0]) => c0))
    }
    expect(picked.toSorted()).toEqual([0, 1, 2, 3, 4, 5])
    expect(sql).toContain(partitionExpression(keys, 3, (index) => `c${index}`))
  })

  test('without keys the task with partition 0 has every row', async () => {
    const pick: Plan = { ...read, kind: 'pick', id: 51, input: read, keys: undefined, partitions: 3 }
    await database.rows('CREATE OR REPLACE TABLE task_slice AS SELECT unnest([0, 1])::BIGINT AS p')
    expect(await rowsOf(pick)).toHaveLength(6)
    await database.rows('CREATE OR REPLACE TABLE task_slice AS SELECT 2::BIGINT AS p')
    expect(await rowsOf(pick)).toEqual([])
  })
})

test('decimal arithmetic keeps the type of the plan', async () => {
  const p = planBuilder()
  const price = decimalType(5, 2)
  const values = p.values([[{ kind: 'constant', type: price, value: { kind: 'text', text: '1.25' } }]])
  const wide: Expr = { kind: 'cast', input: columnRef(values, 0), type: decimalType(6, 2), isTry: false }
  const sql = sqlOf(p.project(values, callOf('+', decimalType(6, 2), wide, wide)))
  expect(await database.types(sql)).toEqual(['DECIMAL(6,2)'])
})
