/**
 * What the reader of plans rests on in DuckDB, which may change with its version: the shapes of the plan
 * JSON, which statements are readable, and that what was read gives the statement's rows.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contractDatabase, type ContractDatabase } from './contract-database.js'
import { planShapes } from './plan-shapes.js'

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const contractFile = (name: string) => readFileSync(pathOf(`../../packages/planner/contract/${name}`), 'utf8')

const statements = [...contractFile('statements.sql').matchAll(/^-- (readable|whole: .*)\n([^;]*);$/gm)].map(
  ([, mark = '', sql = '']) => ({ mark, sql }),
)
const queriesPath = pathOf('../queries/tpch')
const queries = readdirSync(queriesPath).toSorted().map((file) => (
  { file, sql: readFileSync(`${queriesPath}/${file}`, 'utf8').replace(/;\s*$/, '') }
))

let database: ContractDatabase
beforeAll(async () => {
  database = await contractDatabase()
})
afterAll(() => database.close())

describe('a marked statement is read as marked and gives its rows', () => {
  test.each(statements)('$mark: $sql', async ({ mark, sql }) => {
    const reading = await database.read(sql)
    expect(reading.kind === 'readable' ? 'readable' : `whole: ${reading.reason}`).toBe(mark)
    if (reading.kind === 'readable') expect(await database.run(reading.sql)).toEqual(await database.run(sql))
  })
})

test.each(queries)('TPC-H $file is readable', async ({ sql }) => {
  expect(await database.read(sql)).toMatchObject({ kind: 'readable' })
})

/** It may only shrink: a statement leaves it when the reader has learned it. */
test('the queries that stay whole are the known ones', async () => {
  const whole: Record<string, string> = {}
  for (const { sql } of [...statements, ...queries]) {
    const reading = await database.read(sql)
    if (reading.kind === 'whole') whole[sql.replaceAll(/\s+/g, ' ')] = reading.reason
  }
  expect(whole).toEqual(JSON.parse(contractFile('whole-queries.json')))
})

test('the shapes in the plan JSON are those the reader was written for', async () => {
  const plans = []
  for (const { sql } of [...statements, ...queries]) plans.push(await database.planJson(sql))
  expect(planShapes(plans)).toEqual(JSON.parse(contractFile('plan-shapes.json')))
})
