import { bigintType, doubleType, integerType, type DataType } from '@arbalest/common'
import type { Expr, Plan } from '@arbalest/plan'
import { aggregateOf, ascending, callOf, columnRef, countRows, integerConstant, windowOf } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { explained, sameKey, stagesOf, someTables } from '../testing/plan-query.js'

const random: Expr = { ...callOf('random', doubleType), isVolatile: true }
const call = (name: string, input: Plan, more: { readonly distinct?: boolean } = {}, type: DataType = bigintType) =>
  aggregateOf(name, type, [columnRef(input, 0)], more)
const reasons = (plan: Plan) => stagesOf(plan).map(({ reason, tasks }) => `${reason} (${tasks.length})`)

describe('operators without an exchange', () => {
  test('scans, filters and projections run where the files are', () => {
    const { p, big } = someTables()
    expect(explained(p.project(p.filter(big), columnRef(big, 1)))).toMatchInlineSnapshot(`
      "stage 1: the answer · 2 tasks · result · ~100.0 k rows
        reads big (1 file, divided) as input_0: id, k, s"
    `)
  })
})

describe('sort, limit, distinct, window', () => {
  test('a sort runs over all rows, a limit over a sort first in each task', () => {
    const { p, big } = someTables()
    const sorted = p.sort(big, ascending(columnRef(big, 1)))
    expect(reasons(sorted)).toEqual(['input of sort (2)', 'the answer (1)'])
    expect(explained(p.limit(sorted, 5, 2))).toMatchInlineSnapshot(`
      "stage 1: top rows of each task · 2 tasks · gather · ~14 rows
        reads big (1 file, divided) as input_0: id, k, s
      stage 2: the answer · 1 task · result · ~5 rows
        reads stage 1 (whole) as input_0"
    `)
  })
  test('a limit without a sort takes the first rows of each task, an offset alone takes all', () => {
    const { p, big } = someTables()
    expect(stagesOf(p.limit(big, 5, 2))[0]).toMatchObject({ estimatedRows: 14, indeterminate: true })
    expect(stagesOf(p.limit(big, undefined, 2))[0]).toMatchObject({ estimatedRows: 100_000, indeterminate: false })
  })
  test('distinct drops duplicates before the exchange, DISTINCT ON does not', () => {
    const { p, big } = someTables()
    const plans = [p.distinct(big), p.distinct(big, [columnRef(big, 1)])]
    const [first, second] = plans.map((plan) => stagesOf(plan)[0]?.sql)
    expect(first).toContain('SELECT DISTINCT')
    expect(second).not.toContain('DISTINCT')
  })
  test('a window goes by the PARTITION BY that all its calls share, else once for each', () => {
    const { p, big } = someTables()
    const over = (...columns: readonly number[]) =>
      windowOf('rank', bigintType, [], { partitions: columns.map((index) => columnRef(big, index)) })
    expect(reasons(p.window(big, over(1, 2), over(2)))).toEqual(['rows by PARTITION BY (2)', 'the answer (1)'])
    expect(reasons(p.window(big, over(1), over(2))))
      .toEqual(['rows by PARTITION BY (2)', 'rows by PARTITION BY (1)', 'the answer (2)'])
  })
})

describe('aggregates', () => {
  test('partial values are merged where they fit', () => {
    const { p, big, large } = someTables()
    expect(explained(p.aggregate(big, [], [countRows(), call('max', big)]))).toMatchInlineSnapshot(`
      "stage 1: partial aggregate · 2 tasks · gather · ~2 rows
        reads big (1 file, divided) as input_0: id, k, s
      stage 2: the answer · 1 task · result · ~1 rows
        reads stage 1 (whole) as input_0
      open choices, on estimates:
        aggregate 5: merge undivided (2 partial rows)"
    `)
    expect(explained(p.aggregate(large, [columnRef(large, 1)], [countRows()]))).toMatchInlineSnapshot(`
      "stage 1: partial aggregate · 2 tasks · hash into 2 marked partitions · ~253.4 k rows
        reads large (1 file, divided) as input_0: id, k, s
      stage 2: the answer · 2 tasks · result · ~253.4 k rows
        reads stage 1 (by partition) as input_0
      open choices, on estimates:
        aggregate 6: merge divided by group (253390 partial rows)"
    `)
  })
  test('what cannot be split sees all rows of its group', () => {
    const { p, big } = someTables()
    const group = [columnRef(big, 1)]
    expect(reasons(p.aggregate(big, group, [call('median', big)])))
      .toEqual(['rows by group, for an aggregate that cannot be split (2)', 'the answer (1)'])
    const inOneTask = ['aggregate that cannot be split (2)', 'the answer (1)']
    expect(reasons(p.aggregate(big, [], [call('median', big)]))).toEqual(inOneTask)
    const sets = { groupingSets: [[0], []] }
    expect(reasons(p.aggregate(big, group, [call('median', big)], sets))).toEqual(inOneTask)
    expect(reasons(p.aggregate(big, group, [countRows()], sets))).toEqual(['partial aggregate (2)', 'the answer (1)'])
  })
  test('count(DISTINCT) of one argument without groups adds up', () => {
    const { p, big } = someTables()
    const distinct = call('count', big, { distinct: true })
    expect(reasons(p.aggregate(big, [], [distinct, countRows()])))
      .toEqual(['values for count(DISTINCT) (2)', 'partial aggregate (1)', 'the answer (1)'])
    const other = aggregateOf('count', bigintType, [columnRef(big, 1)], { distinct: true })
    expect(reasons(p.aggregate(big, [], [distinct, other])))
      .toEqual(['aggregate that cannot be split (2)', 'the answer (1)'])
  })
  test('a group that lies in one task already needs no exchange', () => {
    const { p, big } = someTables()
    const once = p.aggregate(big, [columnRef(big, 1), columnRef(big, 2)], [call('median', big)])
    const groups = [columnRef(once, 0), columnRef(once, 1)]
    const twice = p.aggregate(p.distinct(p.project(once, ...groups)), groups, [countRows()])
    expect(reasons(twice)).toEqual(['rows by group, for an aggregate that cannot be split (2)', 'the answer (1)'])
  })
})

describe('set operations', () => {
  test('union all of files keeps their order: the tasks divide one sequence', () => {
    const { p, big, large } = someTables()
    const [only] = stagesOf(p.setOperation('union', true, big, large))
    expect(only?.tasks.map(({ splits }) => Object.keys(splits))).toEqual([['input_0', 'input_1'], ['input_1']])
  })
  test('rows that all tasks have are taken once', () => {
    const { p, big, tiny } = someTables()
    const union = p.setOperation('union', true, big, tiny)
    const [partial] = stagesOf(p.aggregate(union, [], [countRows()]))
    expect(partial?.sql).toContain('task_slice')
    const values = p.values([[integerConstant(1)]])
    const constants = p.setOperation('union', true, p.project(big, columnRef(big, 0)), values)
    expect(stagesOf(p.aggregate(constants, [], [countRows()]))[0]?.sql).toContain('task_slice')
    expect(reasons(constants)).toEqual(['the answer (1)'])
  })
  test('the others meet by all columns', () => {
    const { p, big, large, tiny } = someTables()
    expect(explained(p.setOperation('except', true, big, large))).toMatchInlineSnapshot(`
      "stage 1: input 1 of except · 2 tasks · hash into 2 marked partitions · ~100.0 k rows
        reads big (1 file, divided) as input_0: id, k, s
      stage 2: input 2 of except · 2 tasks · hash into 2 marked partitions · ~800.0 k rows
        reads large (1 file, divided) as input_0: id, k, s
      stage 3: the answer · 2 tasks · result · ~900.0 k rows
        reads stage 1 (by partition) as input_0
        reads stage 2 (by partition) as input_1"
    `)
    expect(reasons(p.setOperation('intersect', false, big, tiny)))
      .toEqual(['input 1 of intersect (2)', 'the answer (1)'])
  })
})

describe('what must exist once', () => {
  test('a CTE is one stage however often it is read', () => {
    const { p, big } = someTables()
    const definition = p.filter(big)
    const [one, two] = [p.cteScan(1, definition), p.cteScan(1, definition)]
    const plan = p.cte(1, definition, p.join('inner', one, two, { conditions: sameKey(one, two) }))
    expect(reasons(plan).filter((reason) => reason.startsWith('shared'))).toHaveLength(1)
    expect(stagesOf(plan).flatMap(({ inputs }) => inputs).filter(({ kind }) => kind === 'scan')).toHaveLength(1)
  })
  test('volatile rows, ties and windows over small tables are computed by one task', () => {
    const { p, big, tiny } = someTables()
    const sides: readonly Plan[] = [
      p.project(tiny, columnRef(tiny, 0), columnRef(tiny, 1), random),
      p.limit(tiny, 3),
      p.limit(p.sort(tiny, ascending(columnRef(tiny, 1))), 3),
      p.window(tiny, windowOf('row_number', bigintType, [])),
      p.aggregate(tiny, [columnRef(tiny, 0), columnRef(tiny, 1)], [call('list', tiny, {}, integerType)]),
    ]
    for (const side of sides) {
      const stages = stagesOf(p.join('inner', big, side, { conditions: sameKey(big, side) }))
      expect(stages.map(({ tasks }) => tasks.length), stages[0]?.sql).toEqual([1, 2])
    }
  })
})
