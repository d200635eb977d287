import { bigintType, type StageId } from '@arbalest/common'
import type { Plan, PublishedStage, StageFacts, StageSpec } from '@arbalest/plan'
import { aggregateOf, ascending, columnRef, countRows } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { checkStages } from './testing/check-stages.js'
import { queryOf, sameKey, someTables } from './testing/plan-query.js'
import { unfold } from './unfold.js'

const clusterOf = (executors: number) => ({ executors, slots: executors, threadsPerExecutor: 1 })

/** Two joins, a shared subplan, an aggregate, a sort. */
function broadPlan(): Plan {
  const { p, big, other, large } = someTables()
  const definition = p.aggregate(large, [columnRef(large, 1)], [countRows()])
  const [one, two] = [p.cteScan(1, definition), p.cteScan(1, definition)]
  const keys = (left: Plan, right: Plan, column: number) =>
    [{ left: columnRef(left, 1), right: columnRef(right, column), operator: '=' as const }]
  const first = p.join('left', big, one, { conditions: keys(big, one, 0) })
  const second = p.join('inner', other, two, { conditions: keys(other, two, 0) })
  const both = p.join('full', first, second, { conditions: sameKey(first, second) })
  const counted = p.aggregate(both, [columnRef(both, 2)], [aggregateOf('median', bigintType, [columnRef(both, 0)])])
  return p.cte(1, definition, p.sort(counted, ascending(columnRef(counted, 0))))
}

/** A row of numbers that looks random and is the same for a seed. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below
}

/** The facts of a stage by its key alone, from one row to millions. */
function factsOf(stage: StageSpec, seed: number): StageFacts {
  const hash = [...stage.key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, seed)
  const next = numbersFrom(hash + 1)
  next(10)
  const rows = 10 ** next(8)
  const partitions = stage.output.kind === 'hash' ? stage.output.partitions : 0
  const partitionRows = Array.from({ length: partitions }, () => rows / partitions)
  return { rows, bytes: rows * 8, partitionRows, partitionBytes: partitionRows }
}

/** Unfolds to the end, one stage ending at a time. */
function unfoldAll(plan: Plan, seed: number, choose: (running: number) => number): readonly StageSpec[] {
  const query = queryOf(plan)
  const stages: StageSpec[] = []
  const published: PublishedStage[] = []
  const running: StageSpec[] = []
  for (;;) {
    const facts = { cluster: clusterOf(3), published, nextStageId: (stages.length + 1) as StageId }
    const step = unfold(query, facts)
    expect(unfold(query, facts)).toEqual(step)
    stages.push(...step.stages)
    running.push(...step.stages)
    published.push(...step.stages.map(({ stageId, key }) => ({ stageId, key })))
    checkStages(stages)
    const [ended] = running.splice(choose(running.length), 1)
    if (ended === undefined) return stages
    const at = published.findIndex(({ stageId }) => stageId === ended.stageId)
    published[at] = { stageId: ended.stageId, key: ended.key, facts: factsOf(ended, seed) }
  }
}

describe('step by step', () => {
  test('in whatever order stages end, the same ones are published, each once', () => {
    const shapes = new Set<string>()
    for (let seed = 1; seed <= 60; seed++) {
      const told = (stages: readonly StageSpec[]) =>
        stages.map(({ key, output, tasks }) => `${key} ${output.kind} ${tasks.length}`).toSorted()
      const inTurn = told(unfoldAll(broadPlan(), seed, () => 0))
      expect(inTurn.filter((line) => line.startsWith('result '))).toHaveLength(1)
      shapes.add(inTurn.join('\n'))
      for (let round = 1; round <= 3; round++) {
        expect(told(unfoldAll(broadPlan(), seed, numbersFrom(seed * 7 + round))), `seed ${seed}`).toEqual(inTurn)
      }
    }
    expect(shapes.size).toBeGreaterThan(2)
  })
  test('it is finished when the result is published', () => {
    const { p, big } = someTables()
    const query = queryOf(p.sort(big, ascending(columnRef(big, 1))))
    const first = unfold(query, { cluster: clusterOf(2), published: [], nextStageId: 1 as StageId })
    expect(first).toMatchObject({ mode: 'distributed', finished: false, stages: [{ key: '5:sort', stageId: 1 }] })
    const [stage] = first.stages
    const written = { stageId: stage!.stageId, key: stage!.key }
    const waiting = unfold(query, { cluster: clusterOf(2), published: [written], nextStageId: 2 as StageId })
    expect(waiting).toMatchObject({ stages: [], finished: false })
    const known = [{ ...written, facts: factsOf(stage!, 1) }]
    const last = unfold(query, { cluster: clusterOf(2), published: known, nextStageId: 2 as StageId })
    expect(last).toMatchObject({ finished: true, stages: [{ key: 'result', stageId: 2 }] })
    const over = unfold(query, {
      cluster: clusterOf(2), published: [...known, { stageId: 2 as StageId, key: 'result' }], nextStageId: 3 as StageId,
    })
    expect(over).toMatchObject({ finished: true, stages: [] })
  })
})

describe('modes', () => {
  const start = (executors: number) => ({ cluster: clusterOf(executors), published: [], nextStageId: 1 as StageId })

  test('small tables alone run whole, even under always', () => {
    const { tiny } = someTables()
    expect(unfold(queryOf(tiny), start(3))).toMatchObject({
      mode: 'whole', modeReason: 'its tables are too small to divide', finished: true, stages: [{ key: 'whole' }],
    })
  })
  test('auto and never run whole what is small; a mode once begun stays', () => {
    const { big, large } = someTables()
    expect(unfold(queryOf(big, { distribute: 'auto' }), start(3)).mode).toBe('whole')
    expect(unfold(queryOf(large, { distribute: 'never' }), start(3)).modeReason).toBe('arbalest.distribute is never')
    const published = [{ stageId: 1 as StageId, key: 'whole' }]
    expect(unfold(queryOf(large), { ...start(3), published }))
      .toMatchObject({ mode: 'whole', stages: [], finished: true })
  })
  test('tasks follow the executors, partitions are twice as many where each has its file, unless they are set', () => {
    const { p, big } = someTables()
    const sizes = (executors: number, targetPartitions?: number) => {
      const [stage] = unfold(queryOf(p.distinct(big), { targetPartitions }), start(executors)).stages
      return [stage?.tasks.length, stage?.output.kind === 'hash' ? stage.output.partitions : 0]
    }
    expect([1, 2, 5, 80].map((executors) => sizes(executors))).toEqual([[2, 2], [2, 2], [5, 10], [80, 100]])
    expect([sizes(5, 3), sizes(2, 7)]).toEqual([[3, 3], [2, 7]])
  })
  test('under always a table is read whole where all tasks together read little beside the largest one', () => {
    const { p, big, large } = someTables()
    const query = queryOf(p.join('inner', large, big, { conditions: sameKey(large, big) }))
    const firstReads = (bigRows: number, executors: number) => {
      const sources = Object.fromEntries(Object.entries(query.sources).map(([id, source]) =>
        [id, source.table === 'big' ? { ...source, rows: bigRows } : source]))
      const [stage] = unfold({ ...query, sources }, start(executors)).stages
      return stage?.inputs.map((input) => (input.kind === 'scan' ? `${input.table} ${input.mode}` : input.kind))
    }
    expect(firstReads(80_000, 2)).toEqual(['large split', 'big all'])
    expect(firstReads(80_001, 2)).toEqual(['big split'])
    expect(firstReads(80_000, 3)).toEqual(['big split'])
  })
  test('few tasks mark rows with their partition, more of them on one machine', () => {
    const { p, big } = someTables()
    const isMarked = (executors: number, machines?: number) => {
      const cluster = { ...start(executors).cluster, ...(machines === undefined ? {} : { machines }) }
      const [stage] = unfold(queryOf(p.distinct(big)), { ...start(executors), cluster }).stages
      return stage?.output.kind === 'hash' && stage.output.isMarked
    }
    expect([isMarked(2), isMarked(3), isMarked(3, 1), isMarked(4, 1), isMarked(5, 1)])
      .toEqual([true, false, true, true, false])
  })
  test('a text result is cast, column by column', () => {
    const { big, tiny } = someTables()
    const [result] = unfold({ ...queryOf(big), textResult: true }, start(2)).stages
    expect(result?.sql).toContain('CAST(c0 AS VARCHAR) AS c0')
    const [whole] = unfold({ ...queryOf(tiny), textResult: true }, start(2)).stages
    expect(whole?.sql).toContain('CAST(c0 AS VARCHAR) AS c0')
    expect(whole?.columns.map(({ type }) => type)).toEqual(tiny.types.map(() => ({ kind: 'simple', name: 'VARCHAR' })))
  })
})
