/**
 * The planner itself: a planning DuckDB that holds stub views, and the pure rooms of the planner around
 * it. Runs in the planner child, or in process for clusters that trust their own user.
 */
import { createPlanningInstance, searchPath } from '@arbalest/engine'
import { decodePreparedQuery, printPlan } from '@arbalest/plan'
import { assumeStages, checkFunctions, refuseInputs, tablesOf, unfold } from '@arbalest/planner'
import { fileReference } from './file-reference.js'
import type { PlannedTable, Planner } from './planner.js'
import {
  keyOf, knownPath, prepareText, replaceFiles, writeMeaning, type KnownTable, type KnownView,
} from './prepare-text.js'
import { createSyntaxTrees } from './syntax-trees.js'

export async function createPlanner(): Promise<Planner> {
  const instance = await createPlanningInstance()
  const trees = createSyntaxTrees(instance)
  const tables = new Map<string, KnownTable>()
  const views = new Map<string, KnownView>()
  /** By the path of the stub file that stands for a table in plans. */
  const stubs = new Map<string, KnownTable>()

  const state = { instance, trees, tables, views, stubs }
  let isUp = true

  const stubOf = (key: string) => [...stubs].find(([, table]) => keyOf(table.name.schema, table.name.name) === key)?.[0]

  return {
    async putTable({ name, version, source }: PlannedTable) {
      const key = keyOf(name.schema, name.name)
      const old = stubOf(key)
      const path = await instance.registerStub({ ...name, columns: source.columns, rows: source.rows })
      if (old !== undefined) stubs.delete(old)
      const table = { name, source, sourceId: `${key}@${version}` }
      tables.set(key, table)
      stubs.set(path, table)
    },
    async dropTable(name) {
      const key = keyOf(name.schema, name.name)
      const old = stubOf(key)
      if (old !== undefined) stubs.delete(old)
      if (tables.delete(key)) await instance.dropStub(name)
    },
    async putView(name, columns, sql) {
      await instance.defineView({ ...name, sql, ...(columns === undefined ? {} : { columns }) })
      views.set(keyOf(name.schema, name.name), { name, columns, sql })
    },
    async dropView(name) {
      if (views.delete(keyOf(name.schema, name.name))) await instance.dropView(name)
    },
    async references(sql) {
      const tree = await trees.treeOf(sql)
      checkFunctions(tree)
      const references = tablesOf(tree)
      return {
        tables: references.flatMap((reference) => (reference.kind === 'name' ? [reference] : [])),
        files: references.flatMap((reference) => fileReference(reference)),
      }
    },
    withFileTables: async (sql, files, settings) =>
      writeMeaning(state, await replaceFiles(state, sql, files), { settings: settings.duckdb }),
    prepare: (request) => prepareText(state, request),
    check: ({ sql, settings, searchPath: path }) =>
      instance.check(sql, { ...settings.duckdb, search_path: searchPath(knownPath(state, path)) }),
    async constant(expression, settings) {
      const sql = `SELECT (${expression}\n)`
      const tree = await trees.treeOf(sql)
      checkFunctions(tree)
      refuseInputs(tree)
      return instance.constant(expression, settings.duckdb)
    },
    unfold: (prepared, facts) => Promise.resolve(unfold(decodePreparedQuery(prepared), facts)),
    explain(prepared, cluster) {
      const query = decodePreparedQuery(prepared)
      const { mode, modeReason, stages, openChoices } = assumeStages(query, cluster)
      const plan = { mode, modeReason, stages, decisions: openChoices, decisionsAreOpen: true }
      const logicalPlan = query.logical.kind === 'plan' ? printPlan(query.logical.plan) : undefined
      return Promise.resolve({ plan, logicalPlan })
    },
    isUp: () => isUp,
    close() {
      isUp = false
      return instance.close()
    },
  }
}
