import { bigintType, type StageId } from '@arbalest/common'
import {
  type Decision, type Join, type JoinType, type Plan, type PreparedQuery, type PublishedStage, type StageSpec,
  type UnfoldStep,
} from '@arbalest/plan'
import { ascending, aggregateOf, columnRef, countRows, windowOf } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { checkStages } from '../testing/check-stages.js'
import { queryOf, sameKey, someTables } from '../testing/plan-query.js'
import { unfold } from '../unfold.js'
import { emptyLike, foldEmpty, foldEmptyTables, hasNoRows } from './fold-empty.js'

const { p, big, other, large, tiny } = someTables()
const none = emptyLike(p.scan('none', big.kind === 'scan' ? big.tableColumns : []))
const joinOf = (joinType: JoinType, left: Plan, right: Plan) =>
  p.join(joinType, left, right, { conditions: sameKey(left, right) })

/** `none`, which side is left and what stands for the other, or `stays`. */
function told(plan: Plan): string {
  const folded = foldEmpty(plan)
  if (folded === undefined) return 'stays'
  if (hasNoRows(folded)) return 'none'
  if (folded.kind !== 'project') return folded.kind
  const side = folded.input === big ? 'big' : 'other'
  const added = folded.exprs.flatMap((expr) => (expr.kind === 'constant' ? [expr.value.kind] : []))
  return [side, ...new Set(added)].join(' ')
}

describe('joins', () => {
  const cases: Readonly<Record<JoinType, readonly [noLeft: string, noRight: string]>> = {
    inner: ['none', 'none'], semi: ['none', 'none'], left: ['none', 'big null'], single: ['none', 'big null'],
    anti: ['none', 'big'], mark: ['none', 'big boolean'],
    right: ['other null', 'none'], full: ['other null', 'big null'],
  }
  test.each(Object.entries(cases))('%s', (type, [noLeft, noRight]) => {
    const joinType = type as JoinType
    expect(told(joinOf(joinType, none, other))).toBe(noLeft)
    expect(told(joinOf(joinType, big, none))).toBe(noRight)
    expect(told(joinOf(joinType, none, none))).toBe('none')
    expect(told(joinOf(joinType, big, other))).toBe('stays')
  })
  test('columns keep their places and types', () => {
    const join = joinOf('right', none, other)
    const exprs = { 3: { kind: 'column', index: 0 }, 5: { kind: 'column', index: 2 } }
    expect(foldEmpty(join)).toMatchObject({ id: join.id, types: join.types, live: join.live, exprs })
  })
})

test('set operations', () => {
  const union = (all: boolean, ...inputs: readonly [Plan, Plan, ...Plan[]]) =>
    told(p.setOperation('union', all, ...inputs))
  expect([union(true, big, none), union(true, none, none), union(true, big, none, other)])
    .toEqual(['big', 'none', 'set-operation'])
  expect([union(false, none, big), union(false, big, other)]).toEqual(['distinct', 'stays'])
  const except = (all: boolean, left: Plan, right: Plan) => told(p.setOperation('except', all, left, right))
  expect([except(false, big, none), except(true, big, none), except(true, none, big)])
    .toEqual(['distinct', 'big', 'none'])
  expect(told(p.setOperation('intersect', true, big, none))).toBe('none')
})

test('other operators have no rows over none, but for aggregates that give a row all the same', () => {
  const column = columnRef(none, 1)
  const over = [
    p.filter(none), p.project(none, column), p.distinct(none), p.limit(none, 5),
    p.window(none, windowOf('rank', bigintType, [])),
    p.limit(p.sort(none, ascending(column)), 5), p.aggregate(none, [column], [countRows()]),
    p.aggregate(none, [column], [countRows()], { groupingSets: [[0]] }),
  ]
  expect(over.map(told)).toEqual(over.map(() => 'none'))
  const sets = { groupingSets: [[0], []] }
  const rows = [p.aggregate(none, [], [countRows()]), p.aggregate(none, [column], [countRows()], sets)]
  expect(rows.map(told)).toEqual(['stays', 'stays'])
})

describe('tables without rows', () => {
  const folded = (plan: Plan) => {
    const choices: string[] = []
    const { sources } = queryOf(plan)
    const decide = ({ about, facts }: Decision) => void choices.push(`${about}: ${facts}`)
    const result = foldEmptyTables(plan, { sources, decide })
    return { plan: result, choices }
  }
  const empty = p.scan('empty', big.kind === 'scan' ? big.tableColumns : [])

  test('are taken out of the plan, and what hangs on them', () => {
    const join = joinOf('left', big, p.filter(joinOf('inner', other, empty)))
    expect(folded(join).plan).toMatchObject({ kind: 'project', input: big })
    expect(folded(join).choices).toHaveLength(3)
    expect(folded(joinOf('inner', big, other)).choices).toEqual([])
  })
  test('a shared subplan that nobody reads any more goes too', () => {
    const definition = p.aggregate(large, [columnRef(large, 1)], [countRows()])
    const scan = p.cteScan(1, definition)
    const keys = [{ left: columnRef(scan, 0), right: columnRef(empty, 1), operator: '=' as const }]
    const union = p.setOperation('union', true, big, p.project(p.join('inner', scan, empty, { conditions: keys }),
      ...[2, 3, 4].map((index) => columnRef(p.join('inner', scan, empty), index))))
    expect(folded(p.cte(1, definition, union)).plan).toMatchObject({ kind: 'project', input: big })
  })
  test('a delim join keeps the side that its scans read', () => {
    const delim = { delimId: 1, keys: [columnRef(big, 0)], source: 'left' } as const
    const fromNothing: Join = { ...joinOf('right', empty, big), delim }
    expect(folded(fromNothing).plan).toMatchObject({ kind: 'join', left: { kind: 'values' } })
    const source: Join = { ...joinOf('single', big, empty), delim }
    expect(folded(source).plan).toMatchObject({ kind: 'project', input: big })
  })
  test('whose rows are only guessed stay', () => {
    const query = queryOf(empty)
    const sources = Object.fromEntries(Object.entries(query.sources).map(([id, source]) =>
      [id, { ...source, files: source.files.map((file) => ({ ...file, rows: undefined })) }]))
    expect(foldEmptyTables(empty, { sources, decide: () => undefined })).toBe(empty)
  })
})

describe('stages', () => {
  /** Unfolds to the end; stages whose key fits `empty` write no rows, the others `rows`. */
  function run(plan: Plan, empty: RegExp, choose: (running: number) => number = () => 0) {
    const query: PreparedQuery = queryOf(plan, { finishLocally: false, broadcastThresholdBytes: 0 })
    const published: PublishedStage[] = []
    const stages: StageSpec[] = []
    const running: StageSpec[] = []
    let step: UnfoldStep
    do {
      step = unfold(query, { cluster, published, nextStageId: (stages.length + 1) as StageId })
      stages.push(...step.stages)
      running.push(...step.stages)
      published.push(...step.stages.map(({ stageId, key }) => ({ stageId, key })))
      checkStages(stages)
      const [ended] = running.splice(choose(running.length), 1)
      if (ended === undefined) break
      const rows = empty.test(ended.key) ? 0 : 50_000
      const partitions = ended.output.kind === 'hash' ? ended.output.partitions : 0
      const partitionRows = Array.from({ length: partitions }, () => rows / partitions)
      const facts = { rows, bytes: rows * 8, partitionRows, partitionBytes: partitionRows }
      published[ended.stageId - 1] = { stageId: ended.stageId, key: ended.key, facts }
    } while (!step.finished)
    return { stages, keys: stages.map(({ key }) => key.replace(/^\d+:/, '')), decisions: step.decisions }
  }
  const cluster = { executors: 2, slots: 2, threadsPerExecutor: 1 }

  test('the larger side of a join is never divided when the smaller one has no rows', () => {
    const join = p.join('inner', large, other, { conditions: sameKey(large, other) })
    expect(run(join, /never/).keys).toContain('probe')
    const { keys, stages, decisions } = run(join, /build/)
    expect(keys).toEqual(['build', 'result'])
    expect(stages.at(-1)).toMatchObject({ inputs: [], tasks: [{ task: 0 }] })
    expect(decisions.map(({ about, choice }) => `${about}: ${choice}`))
      .toEqual(['stage 1: empty input folded', `join ${join.id}: empty input folded`])
  })
  test('a left join over nothing scans the left side where it lies', () => {
    const join = p.join('left', large, other, { conditions: sameKey(large, other) })
    const { keys, stages } = run(join, /build/)
    expect(keys).toEqual(['build', 'result'])
    expect(stages.at(-1)).toMatchObject({ inputs: [{ kind: 'scan', table: 'large', mode: 'split' }] })
    expect(stages.at(-1)?.tasks).toHaveLength(2)
  })
  test('what is asked for beside something empty is not published', () => {
    const counted = p.aggregate(large, [columnRef(large, 1)], [countRows()])
    const empty = p.scan('empty', big.kind === 'scan' ? big.tableColumns : [])
    const keys = [{ left: columnRef(counted, 0), right: columnRef(empty, 1), operator: '=' as const }]
    const { stages } = run(p.join('inner', counted, empty, { conditions: keys }), /never/)
    expect(stages).toMatchObject([{ key: 'result', inputs: [], tasks: [{ task: 0 }] }])
  })
  test('an operation of sets does without a pending input where no rows decide', () => {
    const sets = (operation: 'except' | 'intersect', empty: RegExp) =>
      run(p.setOperation(operation, false, big, other), empty).keys
    expect(sets('intersect', /intersect0/)).toEqual(['intersect0', 'intersect1', 'result'])
    expect(sets('except', /except1/)).toEqual(['except0', 'except1', 'result'])
    expect(run(p.setOperation('intersect', false, big, tiny), /intersect0/).stages.at(-1)?.inputs).toEqual([])
  })
  test('a count over nothing is still a row', () => {
    const filtered = p.distinct(big)
    const { stages } = run(p.aggregate(filtered, [], [aggregateOf('count', bigintType, [])]), /distinct/)
    expect(stages.at(-1)).toMatchObject({ key: 'result', inputs: [], tasks: [{ task: 0 }] })
    expect(stages.at(-1)?.sql).toContain('count(')
  })
  test('in whatever order stages end, the job comes to an end', () => {
    const both = p.join('full', p.join('inner', large, other, { conditions: sameKey(large, other) }), p.distinct(big), {
      conditions: sameKey(large, big),
    })
    for (const empty of [/build/, /distinct/, /probe/, /build|distinct/, /./]) {
      for (const choose of [() => 0, (running: number) => running - 1]) {
        expect(run(both, empty, choose).keys.filter((key) => key === 'result')).toHaveLength(1)
      }
    }
  })
})
