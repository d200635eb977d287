import { bigintType, hugeintType } from '@arbalest/common'
import { printPlan, type Plan } from '@arbalest/plan'
import { aggregateOf, columnRef, compare, countRows, integerConstant, maxOf } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { lowerId, sameKey, someTables, sourceOf } from '../testing/plan-query.js'
import { aggregateEarly } from './aggregate-early.js'

/** Tables whose key has few values; two tasks. */
function early(plan: Plan, rows: Readonly<Record<string, number>> = {}, keys = 500): string {
  const sources = Object.fromEntries(['big', 'other', 'large', 'tiny'].map((table) => {
    const source = sourceOf(table, rows[table] ?? 1_000_000)
    return [table, { ...source, statistics: { k: { distinct: keys }, id: { distinct: 1_000_000 } } }]
  }))
  const { plan: after } = aggregateEarly(plan, { sources, tasks: 2, replicatedRowsMax: 100_000 })
  return after === plan ? 'as it was' : printPlan(after)
}

/** `big` joined with `other` by their keys: columns 0 to 2 and 3 to 5. */
function tables(joinType: 'inner' | 'left' = 'inner') {
  const { p, big, other, tiny } = someTables()
  const join = p.join(joinType, big, other, { conditions: sameKey(big, other) })
  const sum = aggregateOf('sum', hugeintType, [columnRef(join, 3)])
  return { p, big, other, tiny, join, sum }
}

describe('is put below the join', () => {
  test('with the keys of the join as groups; the sums are added up above', () => {
    const { p, join, sum } = tables()
    expect(early(p.aggregate(join, [columnRef(join, 2)], [sum, maxOf(columnRef(join, 5))]))).toMatchInlineSnapshot(`
      "Project s, sum(sum(id))::HUGEINT, max(max(s))
        Aggregate by s: sum(sum(id)), max(max(s))
          Join inner on k = k
            Scan big (id, k, s)
            PartialAggregate by k: sum(id), max(s)
              Scan other (id, k, s)"
    `)
  })

  test('with the columns that are grouped by above; a row without a partner counts once', () => {
    const { p, join } = tables('left')
    expect(early(p.aggregate(join, [columnRef(join, 0)], [countRows()]))).toMatchInlineSnapshot(`
      "Project id, coalesce(sum(coalesce(count(*), 1)), 0)::BIGINT
        Aggregate by id: sum(coalesce(count(*), 1))
          Join left on k = k
            Scan big (id, k, s)
            PartialAggregate by k: count(*)
              Scan other (id, k, s)"
    `)
  })

  test('averages are made of sums and counts, and other groups keep their places', () => {
    const { p, join, sum } = tables()
    const average = aggregateOf('avg', { kind: 'simple', name: 'DOUBLE' }, [columnRef(join, 3)])
    const sets = { groupingSets: [[0], []], groupingFunctions: [[0]] }
    expect(early(p.aggregate(join, [columnRef(join, 2)], [average, sum], sets))).toMatchInlineSnapshot(`
      "Project s, sum(sum(id))::DOUBLE / nullif(sum(count(id))::DOUBLE, 0), sum(sum(id))::HUGEINT, grouping(s)
        Aggregate by sets (s), (): sum(sum(id)), sum(count(id))
          Join inner on k = k
            Scan big (id, k, s)
            PartialAggregate by k: sum(id), count(id)
              Scan other (id, k, s)"
    `)
  })

  test('through projections, and below all joins that keep the rows', () => {
    const { p, join, tiny } = tables()
    const both = p.join('inner', join, tiny, { conditions: [
      { left: columnRef(join, 4), right: columnRef(tiny, 1), operator: '=' }] })
    const named = p.project(both, columnRef(both, 8), columnRef(both, 3))
    const sum = aggregateOf('sum', hugeintType, [columnRef(named, 1)])
    expect(early(p.aggregate(named, [columnRef(named, 0)], [sum]), { tiny: 1000 })).toMatchInlineSnapshot(`
      "Project s, sum(sum(id))::HUGEINT
        Aggregate by s: sum(sum(id))
          Join inner on k = k
            Join inner on k = k
              Scan big (id, k, s)
              PartialAggregate by k: sum(id)
                Scan other (id, k, s)
            Scan tiny (id, k, s)"
    `)
  })

  test('what hangs on the other side is asked above', () => {
    const { p, join, sum } = tables()
    const filtered = { ...sum, filter: compare(columnRef(join, 0), '>', integerConstant(7)) }
    expect(early(p.aggregate(join, [], [filtered]))).toContain('Aggregate: sum(sum(id)) FILTER (id > 7)\n')
  })
})

describe('stays above the join', () => {
  const { p, join, sum, big, other } = tables()
  const group = [columnRef(join, 2)]
  const leftJoin = tables('left').join
  const semi = p.join('semi', big, other, { conditions: sameKey(big, other) })
  const cross = p.join('inner', big, other, { residual: lowerId(big, other) })
  const doubled = aggregateOf('sum', bigintType, [columnRef(join, 3), columnRef(join, 0)])
  const cases: Readonly<Record<string, Plan>> = {
    'for calls over both sides': p.aggregate(join, group, [doubled]),
    'for calls that want an order': p.aggregate(join, group,
      [{ ...sum, orders: [{ expr: columnRef(join, 3), descending: false, nullsFirst: false }] }]),
    'for different values': p.aggregate(join, group, [{ ...sum, distinct: true }]),
    'for sums of doubles': p.aggregate(join, group, [aggregateOf('sum', { kind: 'simple', name: 'DOUBLE' },
      [{ kind: 'cast', input: columnRef(join, 3), type: { kind: 'simple', name: 'DOUBLE' }, isTry: false }])]),
    'for constants beside rows that may be missing': p.aggregate(leftJoin, [columnRef(leftJoin, 2)],
      [aggregateOf('sum', hugeintType, [integerConstant(1)]),
        aggregateOf('count', bigintType, [columnRef(leftJoin, 3)])]),
    'where every row has a group': p.aggregate(join, [columnRef(join, 3)], [sum]),
    'of a semi join': p.aggregate(semi, [columnRef(semi, 1)], [countRows()]),
    'without an equality': p.aggregate(cross, [columnRef(cross, 1)],
      [aggregateOf('sum', hugeintType, [columnRef(cross, 3)])]),
  }
  test.each(Object.entries(cases))('%s', (_, plan) => expect(early(plan)).toBe('as it was'))

  test('where the tables are small', () => {
    expect(early(p.aggregate(join, group, [sum]), { big: 1000, other: 1000 })).toBe('as it was')
  })

  test('where it saves no exchange, and groups of numbers are as quick to find', () => {
    const grouped = (columns: readonly number[], calls = 1) =>
      p.aggregate(join, columns.map((column) => columnRef(join, column)), Array.from({ length: calls }, () => sum))
    const rows = { big: 90_000, other: 1_000_000 }
    expect(early(grouped([0]), rows)).toBe('as it was')
    expect(early(grouped([0, 2, 2, 2]), rows)).toContain('PartialAggregate by k')
    expect(early(grouped([0], 3), rows)).toContain('PartialAggregate by k')
    expect(early(grouped([0], 3), rows, 90_000)).toBe('as it was')
  })

  test('where the join drops rows', () => {
    const filtered = p.filter(big, compare(columnRef(big, 0), '=', integerConstant(3)))
    const dropping = p.join('inner', filtered, other, { conditions: sameKey(filtered, other) })
    const total = aggregateOf('sum', hugeintType, [columnRef(dropping, 3)])
    expect(early(p.aggregate(dropping, [columnRef(dropping, 2)], [total]))).toBe('as it was')
  })
})
