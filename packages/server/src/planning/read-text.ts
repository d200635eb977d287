/** Text to a logical plan. */
import { updateFunction, type Plan, type TableSource } from '@arbalest/plan'
import { parseDuckdbJson, readPlan, updatedFields } from '@arbalest/planner'
import type { PlannerState } from './planner-state.js'

/** What a text is read with. */
export interface ReadScope {
  readonly state: PlannerState
  /** DuckDB's settings, the search path among them. */
  readonly settings: Readonly<Record<string, string>>
  readonly path: readonly string[]
  /** Gets the tables that are read, by source id. */
  readonly used: Map<string, TableSource>
}

/** @throws UnreadablePlan where the plan holds what the reader does not know */
export async function readText({ state, settings, used }: ReadScope, sql: string): Promise<Plan> {
  const json = parseDuckdbJson(await state.instance.planJson(sql, settings))
  return readPlan(json, {
    updatedFields: await updatesIn(state, sql),
    scanSource(stubPath) {
      const table = state.stubs.get(stubPath)
      if (table === undefined) return undefined
      used.set(table.sourceId, table.source)
      return { source: table.sourceId, table: table.source.table, columns: table.source.columns }
    },
  })
}

/** Of `struct_update`, which a view or macro may hide: then none are known. */
async function updatesIn(
  { trees, views, macros }: PlannerState,
  sql: string,
): Promise<readonly (readonly string[])[]> {
  const calls = new RegExp(updateFunction, 'i')
  if (!calls.test(sql)) return []
  const isHidden = [...views.values()].some((view) => calls.test(view.sql)) ||
    [...macros.values()].some(({ text }) => calls.test(text))
  return isHidden ? [] : updatedFields(await trees.treeOf(sql))
}
