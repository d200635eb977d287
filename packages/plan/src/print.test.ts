import { bigintType, decimalType, doubleType, integerType, type StageId, varcharType } from '@arbalest/common'
import { expect, test } from 'vitest'
import type { Expr } from './expr.js'
import type { Plan } from './plan.js'
import { printExpr } from './print-expression.js'
import { printPlan } from './print.js'
import {
  aggregateOf, ascending, callOf, columnRef, compare, constantOf, countRows, descending, integerConstant,
  planBuilder, textConstant, windowOf,
} from './testing/index.js'

const sales = [
  { name: 'id', type: integerType },
  { name: 'price', type: decimalType(12, 2) },
  { name: 'city', type: varcharType },
]

test('columns print under the names of the table as far up as they are unchanged', () => {
  const p = planBuilder()
  const column = { kind: 'column', index: 1, type: decimalType(12, 2) } as const
  const scan = p.scan('sales', sales, compare(column, '>', constantOf(decimalType(12, 2), '10.00')))
  const pick = p.project(scan, columnRef(scan, 2), callOf('+', integerType, columnRef(scan, 0), integerConstant(1)))
  const calls = [aggregateOf('sum', bigintType, [columnRef(pick, 1)]), countRows()]
  const sums = p.aggregate(pick, [columnRef(pick, 0)], calls)
  const plan = p.limit(p.sort(sums, descending(columnRef(sums, 1)), ascending(columnRef(sums, 0))), 10, 2)
  expect(printPlan(plan)).toMatchInlineSnapshot(`
    "Limit 10 offset 2
      Sort sum(id + 1) DESC, city
        Aggregate by city: sum(id + 1), count(*)
          Project city, id + 1
            Scan sales (id, price, city) where price > 10.00"
  `)
})

test('joins show their conditions in the words of both sides', () => {
  const p = planBuilder()
  const left = p.scan('sales', sales)
  const right = p.scan('cities', [{ name: 'name', type: varcharType }, { name: 'region', type: varcharType }])
  const inner = p.join('left', left, right, {
    conditions: [{ left: columnRef(left, 2), right: columnRef(right, 0), operator: '=' }],
    residual: [compare({ kind: 'column', index: 0, type: integerType }, '<', integerConstant(9))],
  })
  const cross = p.join('inner', inner, p.values([[integerConstant(1)]]))
  expect(printPlan(cross, { ids: true })).toMatchInlineSnapshot(`
    "n5 Join cross
      n3 Join left on city = name AND id < 9
        n1 Scan sales (id, price, city)
        n2 Scan cities (name, region)
      n4 Values 1 row"
  `)
})

test('scans of delim joins and CTEs print the names of what they read', () => {
  const p = planBuilder()
  const source = p.scan('sales', sales)
  const keys = p.delimScan(1, [varcharType])
  const most = p.aggregate(keys, [columnRef(keys, 0)], [countRows()])
  const join = p.join('single', source, most, {
    conditions: [{ left: columnRef(source, 2), right: columnRef(most, 0), operator: 'IS NOT DISTINCT FROM' }],
    delim: { delimId: 1, keys: [columnRef(source, 2)], source: 'left' },
  })
  const scan = p.cteScan(4, join)
  expect(printPlan(p.cte(4, join, p.distinct(scan, [columnRef(scan, 2)])))).toMatchInlineSnapshot(`
    "Cte 4
      Join single on city IS NOT DISTINCT FROM city, delim 1 from left: city
        Scan sales (id, price, city)
        Aggregate by city: count(*)
          DelimScan 1 (city)
      Distinct on city
        CteScan 4 (id, price, city, city, count(*))"
  `)
})

test('only live columns print', () => {
  const p = planBuilder()
  const scan = { ...p.scan('sales', sales), live: [] }
  const count = p.aggregate(scan, [], [countRows(), aggregateOf('min', integerType, [columnRef(scan, 0)])])
  expect(printPlan({ ...count, live: [0] })).toMatchInlineSnapshot(`
    "Aggregate: count(*)
      Scan sales ()"
  `)
})

test('operators of the distribution', () => {
  const p = planBuilder()
  const scan = p.scan('sales', sales)
  const read: Plan = {
    kind: 'shuffle-read', id: 9, types: scan.types, live: [0, 2], stageId: 3 as StageId, mode: 'partition',
  }
  const replicated: Plan = { kind: 'replicated-scan', id: 10, types: scan.types, live: [0], scan }
  const picked: Plan = {
    kind: 'pick', id: 11, types: scan.types, live: [0], input: replicated, keys: [columnRef(scan, 0)], partitions: 4,
  }
  const join = p.join('semi', read, picked, {
    conditions: [{ left: columnRef(read, 0), right: columnRef(picked, 0), operator: '=' }],
  })
  expect(printPlan(join)).toMatchInlineSnapshot(`
    "Join semi on c0 = id
      ShuffleRead stage 3 partition (c0, c2)
      Pick by hash(id)
        ReplicatedScan sales (id)"
  `)
})

const name = (index: number) => ['a', 'b', 'c'][index] ?? '?'
const a: Expr = { kind: 'column', index: 0, type: integerType }
const b: Expr = { kind: 'column', index: 1, type: integerType }
const march: Expr = {
  kind: 'constant',
  type: { kind: 'simple', name: 'DATE' },
  value: { kind: 'days', days: 59 },
}
const ticks: Expr = {
  kind: 'constant',
  type: { kind: 'simple', name: 'TIMESTAMP' },
  value: { kind: 'ticks', ticks: '-1000000' },
}

test.each<[Expr, string]>([
  [callOf('*', integerType, callOf('+', integerType, a, b), b), '(a + b) * b'],
  [{ kind: 'operator', operator: 'not', args: [callOf('~~', integerType, a, textConstant('x%'))], type: integerType },
    "NOT (a LIKE 'x%')"],
  [{ kind: 'cast', input: a, type: doubleType, isTry: false }, 'a::DOUBLE'],
  [march, "DATE '1970-03-01'"],
  [ticks, "TIMESTAMP '1969-12-31 23:59:59'"],
  [{ kind: 'between', input: a, low: b, high: integerConstant(3), lowInclusive: false, highInclusive: true },
    'a > b AND a <= 3'],
  [{ kind: 'operator', operator: 'in', args: [a, ...Array.from({ length: 12 }, (_, i) => integerConstant(i))],
    type: integerType }, 'a IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 2 more)'],
  [windowOf('rank', bigintType, [], { partitions: [a], orders: [descending(b)] }),
    'rank() OVER (PARTITION BY a ORDER BY b DESC)'],
  [windowOf('sum', bigintType, [a], {
    frame: { unit: 'ROWS', start: { kind: 'preceding', offset: integerConstant(2) }, end: { kind: 'current-row' },
      exclude: 'none' },
  }), 'sum(a) OVER (ROWS 2 PRECEDING TO CURRENT ROW)'],
])('%#: %s', (expr, text) => {
  expect(printExpr(expr, name)).toBe(text)
})
