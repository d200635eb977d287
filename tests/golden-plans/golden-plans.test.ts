/**
 * The stages of the 22 TPC-H queries on fixed statistics, as EXPLAIN prints them, against stored texts:
 * a change of the planner shows as a change of plans. `UPDATE_GOLDEN=1` writes the texts anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defaultSettings } from '@arbalest/common'
import { decodePreparedQuery } from '@arbalest/plan'
import { assumeStages, explainLines } from '@arbalest/planner'
import { startPlannerInProcess, type Planner } from '@arbalest/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tpchQueries } from '../../bench/bench-queries.js'
import { checkStages } from '../../packages/planner/src/testing/check-stages.js'
import { tpchSources } from './tpch-sources.js'

const cluster = { executors: 2, slots: 4, threadsPerExecutor: 2 }
const isUpdate = process.env['UPDATE_GOLDEN'] === '1'

let planner: Planner
beforeAll(async () => {
  planner = await startPlannerInProcess()
  for (const source of tpchSources) {
    await planner.putTable({ name: { schema: 'main', name: source.table }, version: '1', source })
  }
})
afterAll(() => planner.close())

test.each(tpchQueries())('$name', async ({ name, sql }) => {
  const settings = { ...defaultSettings, distribute: 'always' as const }
  const { prepared } = await planner.prepare({ sql, files: [], settings, textResult: false, cluster: undefined })
  const { openChoices, ...plan } = assumeStages(decodePreparedQuery(prepared), cluster)
  checkStages(plan.stages)
  const lines = explainLines({ ...plan, decisions: openChoices, decisionsAreOpen: true }, false)
  const text = `${lines.join('\n')}\n`
  const path = fileURLToPath(new URL(`${name}.txt`, import.meta.url))
  if (isUpdate) writeFileSync(path, text)
  expect(existsSync(path), `${name}.txt is missing: run "npm run golden"`).toBe(true)
  expect(text, 'after "npm run golden" the difference shows in version control').toBe(readFileSync(path, 'utf8'))
})
