/** What each join type may do with divided, replicated and single sides. */
import type { Join, JoinType, Plan, StageSpec } from '@arbalest/plan'
import { columnRef, countRows } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { explained, lowerId, sameKey, stagesOf, tableColumns, someTables } from '../testing/plan-query.js'

const joinTypes: readonly JoinType[] = ['inner', 'left', 'right', 'full', 'semi', 'anti', 'mark', 'single']

type SideKind = 'divided' | 'replicated' | 'single'
const sideKinds: readonly SideKind[] = ['divided', 'replicated', 'single']

/** Sides of 100,000, of 100 and of 5 rows: a scan, a small scan, a LIMIT. */
function joinOf(joinType: JoinType, left: SideKind, right: SideKind, equal: boolean): Join {
  const { p } = someTables()
  const side = (kind: SideKind): Plan => {
    const scan = p.scan(kind === 'replicated' ? 'tiny' : 'big', tableColumns)
    return kind === 'single' ? p.limit(scan, 5) : scan
  }
  const [one, two] = [side(left), side(right)]
  return equal
    ? p.join(joinType, one, two, { conditions: sameKey(one, two) })
    : p.join(joinType, one, two, { residual: lowerId(one, two) })
}

/** How the last stage reads its inputs, left one first, and how many tasks it has. */
function shape(stages: readonly StageSpec[]): string {
  const last = stages.at(-1)
  const how = (input: StageSpec['inputs'][number]) =>
    input.kind === 'scan' ? (input.mode === 'all' ? 'all' : 'split') : input.mode
  const picked = last?.sql.includes('task_slice') === true ? ', picked' : ''
  return `${last?.inputs.map(how).join(' ')} in ${last?.tasks.length}${picked}`
}

const combinations = sideKinds.flatMap((left) => sideKinds.map((right) => [left, right] as const))

describe.each(joinTypes)('%s join', (joinType) => {
  test.each(combinations)('%s with %s: stages are sound', (left, right) => {
    for (const equal of [true, false]) {
      const stages = stagesOf(joinOf(joinType, left, right, equal))
      expect(stages.at(-1)?.output.kind).toBe('result')
    }
  })
})

test('a NOT IN sees all rows of its right side in every task, or looks for NULLs among them first', () => {
  for (const [left, right] of combinations) {
    const stages = stagesOf(joinOf('mark', left, right, true))
    const isDivided = stages.some(({ output }) => output.kind === 'hash')
    const kept = stages.filter(({ key }) => key.endsWith(':nulls')).length
    expect(isDivided && stages.at(-1)?.inputs.some((input) => input.mode === 'partition') ? 1 : 0).toBe(kept)
  }
})

test('a full join is never broadcast, and a side that all tasks have is taken once', () => {
  expect(shape(stagesOf(joinOf('full', 'divided', 'divided', true)))).toBe('partition partition in 2')
  expect(shape(stagesOf(joinOf('full', 'divided', 'replicated', true)))).toBe('all partition in 1, picked')
  expect(shape(stagesOf(joinOf('full', 'replicated', 'divided', true)))).toBe('all partition in 1, picked')
  expect(shape(stagesOf(joinOf('full', 'divided', 'divided', false)))).toBe('all all in 1')
})

const keepLeft = ['left', 'semi', 'anti', 'single', 'mark'] as const
test.each(keepLeft)('%s: rows kept of a replicated left side are kept once', (joinType) => {
  const stages = stagesOf(joinOf(joinType, 'replicated', 'divided', true))
  const last = stages.at(-1)
  const once = last?.tasks.length === 1 || last?.sql.includes('task_slice') === true
  expect(once, last?.sql).toBe(true)
})

test('rows kept of a replicated right side are kept once', () => {
  const last = stagesOf(joinOf('right', 'divided', 'replicated', true)).at(-1)
  expect(last?.tasks.length === 1 || last?.sql.includes('task_slice') === true, last?.sql).toBe(true)
})

test('a small side that all tasks have needs no stage', () => {
  expect(explained(joinOf('inner', 'divided', 'replicated', true))).toMatchInlineSnapshot(`
    "stage 1: the answer · 2 tasks · result · ~100.0 k rows
      reads big (1 file, divided) as input_0: id, k, s
      reads tiny (1 file, whole) as input_1: id, k, s"
  `)
  expect(stagesOf(joinOf('left', 'divided', 'replicated', true))).toHaveLength(1)
  expect(stagesOf(joinOf('right', 'replicated', 'divided', true))).toHaveLength(1)
})

/** No side is small enough to be read whole by all. */
const neverBroadcast = { broadcastThresholdBytes: 0 }

test('two large sides are divided alike, without rows whose key is NULL', () => {
  const { p, big, other } = someTables()
  const plan = p.join('inner', big, other, { conditions: sameKey(big, other) })
  expect(explained(plan, neverBroadcast)).toMatchInlineSnapshot(`
    "stage 1: right side of join, the smaller one · 2 tasks · hash into 2 marked partitions · ~90.0 k rows
      reads other (1 file, divided) as input_0: id, k, s
    stage 2: left side of join, the larger one · 2 tasks · hash into 2 marked partitions · ~100.0 k rows
      reads big (1 file, divided) as input_0: id, k, s
    stage 3: the answer · 2 tasks · result · ~100.0 k rows
      reads stage 2 (by partition) as input_0
      reads stage 1 (by partition) as input_1
    open choices, on estimates:
      join 5: divide both sides (90000 rows against 100000)"
  `)
  const filters = (joinType: JoinType) =>
    stagesOf(p.join(joinType, big, other, { conditions: sameKey(big, other) }), neverBroadcast)
      .map(({ sql }) => sql.includes('IS NOT NULL'))
  expect(filters('inner')).toEqual([true, true, false])
  expect(filters('left')).toEqual([true, false, false])
  expect(filters('full')).toEqual([false, false, false])
})

test('sides that lie by the keys are joined where they are', () => {
  const { p, big, large } = someTables()
  const grouped = (scan: Plan) => p.distinct(p.project(scan, ...[0, 1, 2].map((index) => columnRef(scan, index))))
  const [one, two] = [grouped(big), grouped(large)]
  const conditions = [0, 1, 2].map((index) =>
    ({ left: columnRef(one, index), right: columnRef(two, index), operator: 'IS NOT DISTINCT FROM' as const }))
  expect(explained(p.join('inner', one, two, { conditions }))).toMatchInlineSnapshot(`
    "stage 1: rows for distinct · 2 tasks · hash into 2 marked partitions · ~100.0 k rows
      reads big (1 file, divided) as input_0: id, k, s
    stage 2: rows for distinct · 2 tasks · hash into 2 marked partitions · ~800.0 k rows
      reads large (1 file, divided) as input_0: id, k, s
    stage 3: the answer · 2 tasks · result · ~800.0 k rows
      reads stage 1 (by partition) as input_0
      reads stage 2 (by partition) as input_1
    open choices, on estimates:
      join 9: side by side (both sides are divided by the keys)"
  `)
})

test('a join goes on from the division below it and hands it on', () => {
  const { p, big, other } = someTables()
  const inner = p.join('inner', big, other, { conditions: sameKey(big, other) })
  const counted = p.aggregate(inner, [columnRef(inner, 4)], [countRows()])
  expect(explained(counted, neverBroadcast)).toMatchInlineSnapshot(`
    "stage 1: right side of join, the smaller one · 2 tasks · hash into 2 marked partitions · ~90.0 k rows
      reads other (1 file, divided) as input_0: id, k, s
    stage 2: left side of join, the larger one · 2 tasks · hash into 2 marked partitions · ~100.0 k rows
      reads big (1 file, divided) as input_0: id, k, s
    stage 3: the answer · 2 tasks · result · ~31.7 k rows
      reads stage 2 (by partition) as input_0
      reads stage 1 (by partition) as input_1
    open choices, on estimates:
      join 5: divide both sides (90000 rows against 100000)"
  `)
  const left = p.join('left', big, other, { conditions: sameKey(big, other) })
  const byOther = stagesOf(p.aggregate(left, [columnRef(left, 4)], [countRows()]), neverBroadcast)
  expect(byOther.map(({ reason }) => reason)).toContain('partial aggregate')
})

test('a delim join writes its source once and reads it twice', () => {
  const { p, big, large } = someTables()
  const keys = p.delimScan(7, [columnRef(big, 1).type])
  const conditions = [{ left: columnRef(large, 1), right: columnRef(keys, 0), operator: '=' as const }]
  const inner = p.join('inner', large, keys, { conditions })
  const counted = p.aggregate(inner, [columnRef(inner, 3)], [countRows()])
  const plan = p.join('single', big, counted, {
    conditions: [{ left: columnRef(big, 1), right: columnRef(counted, 0), operator: 'IS NOT DISTINCT FROM' }],
    delim: { delimId: 7, keys: [columnRef(big, 1)], source: 'left' },
  })
  expect(explained(plan)).toMatchInlineSnapshot(`
    "stage 1: rows whose keys a subquery reads · 2 tasks · hash into 2 marked partitions · ~100.0 k rows
      reads big (1 file, divided) as input_0: id, k, s
    stage 2: right side of join, the smaller one · 2 tasks · broadcast · ~50.0 k rows
      reads stage 1 (by partition) as input_0
    stage 3: partial aggregate · 2 tasks · hash into 2 marked partitions · ~98.2 k rows
      reads large (1 file, divided) as input_0: id, k, s
      reads stage 2 (whole) as input_1
    stage 4: the answer · 2 tasks · result · ~100.0 k rows
      reads stage 1 (by partition) as input_0
      reads stage 3 (by partition) as input_1
    open choices, on estimates:
      join 6: broadcast the right side (50000 rows against 800000)
      aggregate 7: merge divided by group (98168 partial rows)
      join 8: side by side (both sides are divided by the keys)"
  `)
})
