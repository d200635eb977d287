/**
 * Statements about everything that division can get wrong, unfolded and run stage by stage on one DuckDB:
 * the answers are plain DuckDB's at every number of executors, whatever the planner is told of sizes.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { splitStatements } from '@arbalest/planner'
import { answerDifference } from '../../bench/oracle/compare-answers.js'
import { addEdgeTables } from './edge-tables.js'
import { heavyPartitions, lies } from './lies.js'
import type { UnfoldedRun } from './run-unfolded.js'
import { unfoldDatabase, type UnfoldDatabase } from './unfold-database.js'

const statementsOf = (file: string): readonly string[] =>
  splitStatements(readFileSync(fileURLToPath(new URL(file, import.meta.url)), 'utf8'))
    .map(({ text }) => text.replace(/^(--.*\n)+/, '').trim())

const inOrder = statementsOf('in-order.sql')
const anyOrder = statementsOf('any-order.sql')
const emptyInputs = statementsOf('empty-inputs.sql')

let database: UnfoldDatabase
beforeAll(async () => {
  database = await unfoldDatabase()
  await addEdgeTables(database)
})
afterAll(() => database.close())

test('there are many', () => {
  expect(inOrder.length + anyOrder.length + emptyInputs.length).toBeGreaterThan(200)
})

describe('the answer has its order', () => {
  test.each(inOrder)('%s', (sql) => isEqual(sql, true))
})

describe('the answer is the same', () => {
  test.each(anyOrder)('%s', (sql) => isEqual(sql, false))
})

describe('an input without rows is folded, and the answer stays the same', () => {
  test.each(emptyInputs)('%s', (sql) => isEqual(sql, false))
})

async function isEqual(sql: string, ordered: boolean): Promise<void> {
  const expected = await database.answer(sql)
  const query = await database.prepare(sql)
  // Tables are small here: without this every plan would be finished in one task after its first stages.
  const divided = { ...query, settings: { ...query.settings, finishLocally: false } }
  const check = ({ answer, stages }: UnfoldedRun, told: string) => {
    const text = stages.map((stage) => `-- ${stage.stageId} ${stage.key}\n${stage.sql}`).join('\n')
    expect(answerDifference(answer, expected, ordered), `${told}\n${text}`).toBeUndefined()
  }
  for (const executors of [1, 2, 3, 5]) {
    const asked = { executors, tell: heavyPartitions }
    const run = await database.run(executors === 2 || executors === 5 ? divided : query, asked)
    run.stages.forEach(({ tasks }) => deals.add(tasks.map(({ partitions }) => partitions.join(' ')).join(' | ')))
    if (run.decisions.some(({ choice }) => choice === 'finish locally')) finishedLocally++
    if (run.decisions.some(({ choice }) => choice === 'empty input folded')) folded++
    check(run, `${executors} executors`)
  }
  for (const [name, lie] of Object.entries(lies)) {
    const asked = { executors: 3, tell: lie.tell, choose: (running: number) => running - 1 }
    const run = await database.run(lie.books(divided), asked)
    run.decisions.forEach(({ choice }) => choices.add(choice))
    run.stages.forEach(({ key }) => places.add(key.replace(/^\d+:/, '').replace(/\d+(?=$|-)/, '')))
    check(run, name)
  }
}

let finishedLocally = 0
let folded = 0
const deals = new Set<string>()
const choices = new Set<string>()
const places = new Set<string>()

test('every kind of choice was made', () => {
  expect(finishedLocally).toBeGreaterThan(100)
  expect(folded).toBeGreaterThan(emptyInputs.length * 3)
  expect(deals.size).toBeGreaterThan(30)
  expect([...choices].toSorted()).toMatchInlineSnapshot(`
    [
      "beside totals",
      "broadcast the left side",
      "broadcast the right side",
      "broadcast the values",
      "different keys of the right side",
      "divide both sides",
      "divide by range",
      "empty input folded",
      "first below joins",
      "in one task",
      "merge divided by group",
      "merge undivided",
      "over ranges",
      "read the same rows once",
      "reduce the right side by the keys of the left side",
      "side by side",
    ]
  `)
  expect([...places].toSorted()).toMatchInlineSnapshot(`
    [
      "aggregate",
      "all",
      "build",
      "cte",
      "delim",
      "distinct",
      "except",
      "initial",
      "intersect",
      "left",
      "limit",
      "nulls",
      "part",
      "partial",
      "probe",
      "rebuild",
      "regroup",
      "result",
      "right",
      "round",
      "sort",
      "sort-keys",
      "sort-ranges",
      "union",
      "values",
      "whole",
      "window",
      "window-keys",
      "window-ranges",
      "window-totals",
    ]
  `)
})
