import { ascending, columnRef } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { someTables, stagesOf } from '../testing/plan-query.js'
import { explainLines, type ExplainedPlan, type StageOutcome } from './explain-stages.js'

const { p, big } = someTables()
const stages = stagesOf(p.sort(big, ascending(columnRef(big, 1))))
const plan: ExplainedPlan = {
  mode: 'distributed', modeReason: 'it is large', stages, decisionsAreOpen: false,
  decisions: [{ about: 'join 3', choice: 'side by side', facts: 'both lie alike' }],
}
const outcome: StageOutcome = {
  rows: 12_345, bytes: 3 * 1024 * 1024, elapsedMs: 12.6, cpuMs: 20, spilledBytes: 0, fetchedBytes: 2048,
  attempts: 3, executors: 2, alternatives: 0,
}

test('mode, stages with their inputs, choices', () => {
  expect(explainLines(plan, false).join('\n')).toMatchInlineSnapshot(`
    "distributed: it is large
    stage 1: input of sort · 2 tasks · gather · ~100.0 k rows
      reads big (1 file, divided) as input_0: id, k, s
    stage 2: the answer · 1 task · result · ~100.0 k rows
      reads stage 1 (whole) as input_0
    choices made:
      join 3: side by side (both lie alike)"
  `)
})

test('verbose adds SQL that any DuckDB runs', () => {
  const added = explainLines(plan, true).filter((line) => line.startsWith('    '))
  expect(added.map((line) => line.slice(4)).slice(1).join('\n')).toMatchInlineSnapshot(`
    "WITH t0 AS (SELECT "id" AS c0, "k" AS c1, "s" AS c2 FROM "input_0")
    SELECT c0 AS c0, c1 AS c1, c2 AS c2 FROM t0;
    -- input_0 reads the files of stage 1: c0, c1, c2
    WITH t0 AS (SELECT c0, c1, c2 FROM "input_0")
    SELECT t0.c0 AS c0, t0.c1 AS c1, t0.c2 AS c2 FROM t0 ORDER BY t0.c1 ASC NULLS LAST;"
  `)
  expect(added[0]).toMatch(/^ {4}CREATE TEMP VIEW input_0 AS SELECT .* FROM read_parquet\(\['big.parquet'\]/)
})

test('after a run the true figures stand in for the estimates', () => {
  const outcomes = new Map([
    [1, outcome],
    [2, { ...outcome, rows: 7, bytes: 100, fetchedBytes: 0, spilledBytes: 5 * 2 ** 30, attempts: 1, executors: 1 }],
  ])
  const heads = explainLines({ ...plan, outcomes }, false).filter((line) => line.startsWith('stage'))
  expect(heads.map((line) => line.replaceAll(' · ', '\n')).join('\n\n')).toMatchInlineSnapshot(`
    "stage 1: input of sort
    2 tasks
    gather
    12.3 k rows
    3.0 MiB
    13 ms
    CPU 20 ms
    3 attempts on 2 executors
    fetched 2.0 KiB

    stage 2: the answer
    1 task
    result
    7 rows (estimated 100.0 k, off by 14.3 k ×)
    100 B
    13 ms
    CPU 20 ms
    1 attempt on 1 executor
    spilled 5.0 GiB"
  `)
})

test('open choices are called so, and no choices are not mentioned', () => {
  expect(explainLines({ ...plan, decisionsAreOpen: true }, false)).toContain('open choices, on estimates:')
  expect(explainLines({ ...plan, decisions: [] }, false).join('\n')).not.toContain('choices')
})
