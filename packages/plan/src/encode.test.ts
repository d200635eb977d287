import { bigintType, defaultSettings, integerType, QueryError, varcharType } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { decodePreparedQuery, encodePreparedQuery } from './encode.js'
import type { Expr } from './expr.js'
import type { Plan } from './plan.js'
import type { PreparedQuery } from './prepared-query.js'
import {
  aggregateOf, callOf, columnRef, compare, integerConstant, nullConstant, planBuilder, textConstant, windowOf,
} from './testing/index.js'
import { childrenOf } from './walk.js'

const columns = [
  { name: 'a', type: integerType },
  { name: 'b "quoted" \u0000 \ud83c\udf32', type: varcharType },
]

describe('a plan as text', () => {
  const seeds = Array.from({ length: 200 }, (_, i) => i + 1)
  test.each(seeds)('reads back as it was (seed %i)', (seed) => {
    const plan = randomPlan(randomFrom(seed))
    expect(decodePlan(encodePlan(plan))).toEqual(plan)
    expect(encodePlan(decodePlan(encodePlan(plan)))).toBe(encodePlan(plan))
  })

  test('a shared subplan stays shared', () => {
    const p = planBuilder()
    const shared = p.scan('t', columns)
    const [first, second] = childrenOf(decodePlan(encodePlan(p.setOperation('union', true, shared, shared))))
    expect(first).toBe(second)
  })

  test('depth costs no stack', () => {
    const p = planBuilder()
    let plan: Plan = p.scan('t', columns)
    for (let i = 0; i < 20_000; i++) plan = p.limit(plan, i)
    expect(encodePlan(decodePlan(encodePlan(plan)))).toBe(encodePlan(plan))
  })
})

describe('a prepared query as text', () => {
  test('keeps every field, and numbers that JSON does not have', () => {
    const p = planBuilder()
    const scan = p.scan('t', columns)
    const query: PreparedQuery = {
      ...bareQuery,
      logical: { kind: 'plan', plan: p.limit(scan, undefined, 5) },
      sources: {
        t: {
          table: 't',
          reader: { format: 'csv', options: { delim: "'|'" }, partitionColumns: [] },
          columns,
          files: [{ path: '/d/t.csv', sizeBytes: 1, mtimeNs: '1', footerHash: '', rows: undefined, rowGroupRows: [] }],
          rows: 10,
          statistics: { a: { min: -0, max: Infinity }, b: { min: NaN }, __proto: { max: -Infinity } },
        },
      },
    }
    const read = decodePreparedQuery(encodePreparedQuery(query))
    expect(read).toEqual(query)
    expect(Object.is(read.sources['t']?.statistics['a']?.min, -0)).toBe(true)
    expect(read.sources['t']?.files[0]?.rows).toBeUndefined()
  })

  test('a list of files is written once and stays shared', () => {
    const path = '/d/very-long-name.parquet'
    const files = [{ path, sizeBytes: 1, mtimeNs: '1', footerHash: 'a', rows: 5, rowGroupRows: [5] }]
    const reader = { format: 'parquet', options: {}, partitionColumns: [] } as const
    const source = { table: 't', reader, columns, files, rows: 5, statistics: {} }
    const input = { kind: 'scan', name: 'input_0', table: 't', reader, columns, files, mode: 'all' } as const
    const query: PreparedQuery = {
      ...bareQuery, whole: { sql: '', inputs: [input, { ...input, name: 'input_1' }] }, sources: { t: source },
    }
    const text = encodePreparedQuery(query)
    expect(text.split('very-long-name').length).toBe(2)
    const read = decodePreparedQuery(text)
    expect(read).toEqual(query)
    expect(read.whole.inputs[0]?.files).toBe(read.sources['t']?.files)
  })

  test('keeps the reason why there is no plan', () => {
    expect(decodePreparedQuery(encodePreparedQuery(bareQuery))).toEqual(bareQuery)
  })

  test.each([
    ['{"version":1,"query":{}}', 'PROTOCOL_MISMATCH'],
    ['{"query":{}}', 'PROTOCOL_MISMATCH'],
    ['{"version":2}', 'INTERNAL'],
    ['{"version":2,"query":{"logical":{"kind":"plan"}}}', 'INTERNAL'],
    ['nonsense', 'INTERNAL'],
    ['null', 'INTERNAL'],
  ])('%s is refused', (text, code) => {
    expect(() => decodePreparedQuery(text)).toThrow(QueryError)
    expect(() => decodePreparedQuery(text)).toThrow(expect.objectContaining({ code }) as Error)
  })
})

const bareQuery: PreparedQuery = {
  columns,
  whole: { sql: 'SELECT 1', inputs: [] },
  logical: { kind: 'unreadable', reason: 'operator UNNEST' },
  sources: {},
  settings: defaultSettings,
  textResult: false,
}

const encodePlan = (plan: Plan): string => encodePreparedQuery({ ...bareQuery, logical: { kind: 'plan', plan } })

function decodePlan(text: string): Plan {
  const { logical } = decodePreparedQuery(text)
  return logical.kind === 'plan' ? logical.plan : expect.unreachable()
}

// ---- random plans from a seed --------------------------------------------------------------------

interface Random { below(limit: number): number }

/** Mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) | 0
      let t = Math.imul(state ^ (state >>> 15), 1 | state)
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
      return ((t ^ (t >>> 14)) >>> 0) % limit
    },
  }
}

function randomPlan(random: Random): Plan {
  const p = planBuilder()
  const leaf = (): Plan =>
    random.below(3) === 0 ? p.values([[randomExpr(random, 2)]]) : p.scan(`t${random.below(9)}`, columns)
  const grow = (depth: number): Plan => {
    if (depth === 0) return leaf()
    const input = grow(depth - 1)
    const expr = () => randomExpr(random, 3)
    switch (random.below(10)) {
      case 0: return p.project(input, expr(), expr())
      case 1: return p.filter(input, expr())
      case 2: return p.aggregate(input, [expr()], [aggregateOf('sum', bigintType, [expr()], { filter: expr() })], {
        groupingSets: [[0], []], groupingFunctions: [[0]],
      })
      case 3: return p.join('left', input, grow(random.below(depth)), {
        conditions: [{ left: expr(), right: expr(), operator: 'IS NOT DISTINCT FROM' }],
        delim: random.below(2) === 0 ? undefined : { delimId: 7, keys: [expr()], source: 'right' },
      })
      case 4: return p.sort(input, { expr: expr(), descending: true, nullsFirst: false })
      case 5: return p.limit(input, random.below(2) === 0 ? undefined : 5, 3)
      case 6: return p.distinct(input, random.below(2) === 0 ? undefined : [expr()])
      case 7: return p.window(input, windowOf('sum', bigintType, [expr()], { partitions: [expr()] }))
      case 8: return p.setOperation('union', true, input, grow(random.below(depth)))
      default: return p.cte(random.below(99), input, p.cteScan(1, input))
    }
  }
  return grow(1 + random.below(6))
}

function randomExpr(random: Random, depth: number): Expr {
  const inner = () => randomExpr(random, depth - 1)
  const leaves: readonly (() => Expr)[] = [
    () => ({ kind: 'column', index: random.below(4), type: integerType }),
    () => integerConstant(random.below(1000) - 500),
    () => textConstant(String.fromCodePoint(random.below(0xd000))),
    () => nullConstant({ kind: 'list', child: { kind: 'decimal', width: 9, scale: 2 } }),
    () => ({ kind: 'constant', type: integerType, value: { kind: 'days', days: -random.below(9) } }),
  ]
  if (depth === 0) return (leaves[random.below(leaves.length)] ?? inner)()
  switch (random.below(6)) {
    case 0: return compare(inner(), '<', inner())
    case 1: return { kind: 'and', terms: [inner(), inner(), inner()] }
    case 2: return callOf('+', integerType, inner(), inner())
    case 3: return { kind: 'case', branches: [{ when: inner(), then: inner() }], otherwise: inner(), type: integerType }
    case 4: return { kind: 'operator', operator: 'in', args: [inner(), inner()], type: integerType }
    default: return columnRefOrInner(random, inner)
  }
}

const columnRefOrInner = (random: Random, inner: () => Expr): Expr =>
  random.below(2) === 0 ? columnRef(planBuilder().scan('t', columns), random.below(2)) : inner()
