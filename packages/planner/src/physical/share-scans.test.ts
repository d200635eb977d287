import { bigintType, decimalType, doubleType, hugeintType, integerType, type StageId } from '@arbalest/common'
import { checkPlan, printPlan, type AggregateCall, type Expr, type Plan, type TableSource } from '@arbalest/plan'
import {
  aggregateOf, callOf, columnRef, compare, countRows, integerConstant, maxOf, planBuilder,
} from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { queryOf, sameKey, sourceOf, tableColumns } from '../testing/plan-query.js'
import { unfold } from '../unfold.js'
import { shareScans } from './share-scans.js'

const p = planBuilder()
const k: Expr = { kind: 'column', index: 1, type: integerType }
const from = (low: number, high: number): Expr =>
  ({ kind: 'and', terms: [compare(k, '>=', integerConstant(low)), compare(k, '<=', integerConstant(high))] })
const is = (value: number): Expr => compare(k, '=', integerConstant(value))
const scanOf = (predicate?: Expr, table = 'big') => p.scan(table, tableColumns, predicate)
const sumOf = (column: Expr) => aggregateOf('sum', hugeintType, [column])

/** Calls over rows of `big`, or of another plan. */
const one = (input: Plan, ...calls: readonly AggregateCall[]): Plan => p.aggregate(input, [], calls)
const beside = (first: Plan, ...others: readonly Plan[]): Plan =>
  others.reduce((left, right) => p.join('inner', left, right), first)

const asWritten = (table: string, rows: number): TableSource => {
  const source = sourceOf(table, rows)
  return { ...source, reader: { ...source.reader, isAsWritten: true } }
}
const sources = { big: asWritten('big', 100_000), other: asWritten('other', 90_000), tiny: asWritten('tiny', 100) }

function shared(plan: Plan, tables: Readonly<Record<string, TableSource>> = sources): string {
  const { plan: result, decisions } = shareScans(plan, { sources: tables, replicatedRowsMax: 1_000 })
  checkPlan(result)
  if (result === plan) expect(decisions).toEqual([])
  return result === plan ? 'as it was' : printPlan(result)
}

test('filters become groups, each result is merged over those that fulfil its filter', () => {
  const first = scanOf(is(1))
  const plan = beside(
    one(first, countRows()), one(scanOf(is(2)), sumOf(columnRef(first, 0))), one(scanOf(is(1)), maxOf(k)),
  )
  expect(shared(plan)).toMatchInlineSnapshot(`
    "Cte 1
      Aggregate: sum(count(*)) FILTER (k = 1), sum(sum(id)) FILTER (k = 2), max(max(k)) FILTER (k = 1)
        Aggregate by k = 1, k = 2: count(*), sum(id), max(k)
          Scan big (id, k) where (k >= 1) AND (k <= 2)
      Join cross
        Join cross
          Project coalesce(sum(count(*)) FILTER (k = 1), 0)::BIGINT
            CteScan 1 (sum(count(*)) FILTER (k = 1))
          Project sum(sum(id)) FILTER (k = 2)::HUGEINT
            CteScan 1 (sum(sum(id)) FILTER (k = 2))
        Project max(max(k)) FILTER (k = 1)
          CteScan 1 (max(max(k)) FILTER (k = 1))"
  `)
})

test('equal filters need no groups', () => {
  const plan = beside(one(scanOf(from(1, 20)), countRows()), one(scanOf(from(1, 20)), maxOf(k), countRows()))
  expect(shared(plan)).toMatchInlineSnapshot(`
    "Cte 1
      Aggregate: count(*), max(k)
        Scan big (k) where (k >= 1) AND (k <= 20)
      Join cross
        Project count(*)
          CteScan 1 (count(*))
        Project max(k), count(*)
          CteScan 1 (count(*), max(k))"
  `)
})

test('what is counted once is a group, too', () => {
  const distinct = aggregateOf('count', bigintType, [columnRef(scanOf(), 0)], { distinct: true })
  const plan = beside(one(scanOf(is(1)), distinct, maxOf(k)), one(scanOf(is(2)), distinct))
  expect(shared(plan)).toMatchInlineSnapshot(`
    "Cte 1
      Aggregate: count(DISTINCT id) FILTER (k = 1), max(max(k)) FILTER (k = 1), count(DISTINCT id) FILTER (k = 2)
        Aggregate by k = 1, k = 2, id: max(k)
          Scan big (id, k) where (k >= 1) AND (k <= 2)
      Join cross
        Project count(DISTINCT id) FILTER (k = 1), max(max(k)) FILTER (k = 1)
          CteScan 1 (count(DISTINCT id) FILTER (k = 1), max(max(k)) FILTER (k = 1))
        Project count(DISTINCT id) FILTER (k = 2)
          CteScan 1 (count(DISTINCT id) FILTER (k = 2))"
  `)
})

test('all rows are read apart from some of them', () => {
  const some = one(scanOf(is(3)), countRows())
  expect(shared(beside(one(scanOf(), countRows()), some))).toBe('as it was')
  const plan = p.setOperation('union', true, one(scanOf(), countRows()), some, one(scanOf(), countRows()))
  expect(shared(plan)).toMatchInlineSnapshot(`
    "Cte 1
      Aggregate: count(*)
        Scan big ()
      Union all
        Project count(*)
          CteScan 1 (count(*))
        Aggregate: count(*)
          Scan big (id, k, s) where k = 3
        Project count(*)
          CteScan 1 (count(*))"
  `)
  const more: Expr = { kind: 'and', terms: [is(3), compare(columnRef(scanOf(), 0), '>', integerConstant(1))] }
  expect(shared(beside(some, one(scanOf(more), countRows())))).toBe('as it was')
})

describe('joins', () => {
  const joined = (predicate: Expr | undefined, table = 'other') => {
    const [left, right] = [scanOf(), scanOf(predicate, table)]
    return p.join('inner', left, p.filter(right, compare(columnRef(right, 0), '>', integerConstant(7))), {
      conditions: sameKey(left, right),
    })
  }
  test('that differ in a filter of one table', () => {
    const plan = beside(one(joined(is(1)), countRows()), one(joined(is(2)), countRows()))
    expect(shared(plan)).toMatchInlineSnapshot(`
      "Cte 1
        Aggregate: sum(count(*)) FILTER (k = 1), sum(count(*)) FILTER (k = 2)
          Aggregate by k = 1, k = 2: count(*)
            Join inner on k = k
              Scan big (k)
              Scan other (k) where (id > 7) AND (k >= 1) AND (k <= 2)
        Join cross
          Project coalesce(sum(count(*)) FILTER (k = 1), 0)::BIGINT
            CteScan 1 (sum(count(*)) FILTER (k = 1))
          Project coalesce(sum(count(*)) FILTER (k = 2), 0)::BIGINT
            CteScan 1 (sum(count(*)) FILTER (k = 2))"
    `)
  })
  test('that differ in filters of two tables stay', () => {
    const two = (value: number) => {
      const [left, right] = [scanOf(from(value, value)), scanOf(from(value, value), 'other')]
      return p.join('inner', left, right, { conditions: sameKey(left, right) })
    }
    expect(shared(beside(one(two(1), countRows()), one(two(2), countRows())))).toBe('as it was')
  })
  test('that are no inner ones stay', () => {
    const left = (value: number) => p.join('left', scanOf(from(value, value)), scanOf(undefined, 'other'), {
      conditions: sameKey(scanOf(), scanOf()),
    })
    expect(shared(beside(one(left(1), countRows()), one(left(2), countRows())))).toBe('as it was')
  })
})

describe('what stays', () => {
  const counted = one(scanOf(from(1, 2)), countRows())
  const stays = (plan: Plan) => expect(shared(beside(counted, plan))).toBe('as it was')
  const id = columnRef(scanOf(), 0)
  test('another table', () => stays(one(scanOf(from(3, 4), 'other'), countRows())))
  test('filters of other columns, for one reading might skip less', () => {
    stays(one(scanOf(compare(id, '=', integerConstant(3))), countRows()))
  })
  test('groups', () => stays(p.aggregate(scanOf(from(3, 4)), [id], [countRows()])))
  test('filters that may fail', () => {
    const quotient = callOf('//', integerType, integerConstant(1), k)
    stays(one(scanOf(compare(quotient, '=', integerConstant(3))), countRows()))
  })
  test('arguments that may fail', () => stays(one(scanOf(from(3, 4)), sumOf(callOf('*', integerType, id, id)))))
  test('volatile filters', () => {
    const random = { ...callOf('random', doubleType), isVolatile: true }
    stays(one(scanOf(compare(random, '>', random)), countRows()))
  })
  test('sums that may overflow or hang on the order of rows', () => {
    const over = (type: typeof doubleType | ReturnType<typeof decimalType>) => {
      const columns = [{ name: 'id', type }, ...tableColumns.slice(1)]
      const scan = p.scan('big', columns, from(3, 4))
      return one(scan, aggregateOf('sum', type, [columnRef(scan, 0)]))
    }
    stays(over(doubleType))
    stays(over(decimalType(38, 2)))
  })
  test('calls with an order, a filter, or no two phases', () => {
    const filtered = aggregateOf('count', bigintType, [], { filter: compare(k, '=', integerConstant(1)) })
    stays(one(scanOf(from(3, 4)), filtered))
    stays(one(scanOf(from(3, 4)), aggregateOf('first', integerType, [id])))
    stays(one(scanOf(from(3, 4)), aggregateOf('sum', hugeintType, [id], { distinct: true })))
  })
  test('small tables, and files that are cast while they are read', () => {
    const small = (value: number) => one(scanOf(from(value, value), 'tiny'), countRows())
    expect(shared(beside(small(1), small(2)))).toBe('as it was')
    const plan = beside(one(scanOf(from(1, 1)), countRows()), one(scanOf(from(2, 2)), countRows()))
    expect(shared(plan, { big: sourceOf('big', 100_000) })).toBe('as it was')
    const csv: TableSource = { ...sources.big, reader: { ...sources.big.reader, format: 'csv' } }
    expect(shared(plan, { big: csv })).toBe('as it was')
  })
  test('what a recursion computes', () => {
    const calls = beside(one(scanOf(from(1, 1)), countRows()), one(scanOf(from(2, 2)), countRows()))
    const rounds = p.values([[integerConstant(1)]])
    const recursive: Plan = {
      kind: 'recursive-cte', id: 1_000, cteId: 9, all: true, keys: [], initial: rounds, step: rounds,
      types: rounds.types, live: rounds.live,
    }
    expect(shareScans(beside(calls, recursive), { sources, replicatedRowsMax: 1_000 }).decisions).toEqual([])
  })
})

test('more than sixteen filters are read twice', () => {
  const counts = Array.from({ length: 18 }, (_, value) => one(scanOf(from(value, value)), countRows()))
  const [first, ...others] = counts
  const { decisions } = shareScans(beside(first!, ...others), { sources, replicatedRowsMax: 1_000 })
  expect(decisions.map(({ about }) => about.split(',').length)).toEqual([16, 2])
})

test('the stages: one reads the table, all readers merge what it wrote, and keys stay the same', () => {
  const counts = [1, 2, 3].map((value) => one(scanOf(from(value, value)), countRows(), maxOf(k)))
  const query = { ...queryOf(beside(counts[0]!, counts[1]!, counts[2]!)), sources }
  const cluster = { executors: 2, slots: 2, threadsPerExecutor: 1 }
  const first = unfold(query, { cluster, published: [], nextStageId: 1 as StageId })
  expect(first.stages.map(({ tasks, inputs }) => [tasks.length, inputs.length])).toEqual([[2, 1]])
  const facts = { rows: 6, bytes: 100, partitionRows: [], partitionBytes: [] }
  const published = first.stages.map(({ stageId, key }) => ({ stageId, key, facts }))
  const second = unfold(query, { cluster, published, nextStageId: 2 as StageId })
  expect(second.finished).toBe(true)
  expect(second.stages.map(({ key, inputs }) => [key, inputs.length])).toEqual([['result', 1]])
  expect(second.decisions.map(({ choice }) => choice)).toContain('read the same rows once')
})
