/**
 * The stages of the TPC-H queries and of 20 of TPC-DS at the statistics of scale factor 100, as EXPLAIN prints
 * them, against stored texts: a change of the planner shows as a change of plans. `UPDATE_GOLDEN=1` writes the
 * texts anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defaultSettings } from '@arbalest/common'
import { decodePreparedQuery } from '@arbalest/plan'
import { assumeStages, explainLines } from '@arbalest/planner'
import { startPlannerInProcess, type Planner } from '@arbalest/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { suiteQueries, type Suite } from '../../bench/bench-queries.js'
import { checkStages } from '../../packages/planner/src/testing/check-stages.js'
import { sf100Sources } from './sf100-sources.js'

const cluster = { executors: 4, slots: 16, threadsPerExecutor: 4, machines: 4 }
/** Of TPC-DS: every kind of join, aggregate, window, set operation and shared subplan, and the largest tables. */
const chosen = [1, 4, 11, 14, 16, 18, 23, 24, 35, 38, 44, 47, 51, 64, 67, 70, 72, 75, 78, 95]
const isUpdate = process.env['UPDATE_GOLDEN'] === '1'

const suites: readonly (readonly [Suite, readonly number[] | undefined])[] = [['tpch', undefined], ['tpcds', chosen]]

describe.each(suites)('%s', (suite, numbers) => {
  let planner: Planner
  beforeAll(async () => {
    planner = await startPlannerInProcess()
    for (const source of await sf100Sources(suite)) {
      await planner.putTable({ name: { schema: 'main', name: source.table }, version: '1', source })
    }
  })
  afterAll(() => planner.close())

  test.each(suiteQueries(suite, numbers))('$name', async ({ name, sql }) => {
    const settings = { ...defaultSettings, distribute: 'always' as const }
    const { prepared } = await planner.prepare({ sql, files: [], settings, textResult: false, cluster: undefined })
    const { openChoices, ...plan } = assumeStages(decodePreparedQuery(prepared), cluster)
    checkStages(plan.stages)
    const lines = explainLines({ ...plan, decisions: openChoices, decisionsAreOpen: true }, false)
    const text = `${lines.join('\n')}\n`
    const path = fileURLToPath(new URL(`${suite}/${name}.txt`, import.meta.url))
    if (isUpdate) writeFileSync(path, text)
    expect(existsSync(path), `${name}.txt is missing: run "npm run golden"`).toBe(true)
    expect(text, 'after "npm run golden" the difference shows in version control').toBe(readFileSync(path, 'utf8'))
  })
})
