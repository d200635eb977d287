/**
 * The planner itself: a planning DuckDB that holds stub views, and the pure rooms of the planner around
 * it. Runs in the planner child, or in process for clusters that trust their own user.
 */
import { queryError, typeToSql } from '@arbalest/common'
import { createPlanningInstance, searchPath, type PlanningInstance } from '@arbalest/engine'
import { decodePreparedQuery, printPlan } from '@arbalest/plan'
import {
  assumeStages, checkFunctions, functionsOf, refuseInputs, refuseRecursiveAsof, sequencesOf, tablesOf, typesOf, unfold,
} from '@arbalest/planner'
import { columnConstraints } from './column-constraints.js'
import { fileReference } from './file-reference.js'
import { dialectMacros } from './dialect-macros.js'
import { withInlineEnums } from './inline-enums.js'
import { ofConnection, withoutParserSettings } from './parser-settings.js'
import type { PlannedMacro, PlannedTable, Planner } from './planner.js'
import {
  keyOf, knownPath, type KnownMacro, type KnownSequence, type KnownTable, type KnownType, type KnownView,
} from './planner-state.js'
import { prepareText, replaceFiles, writeMeaning } from './prepare-text.js'
import { createSyntaxTrees } from './syntax-trees.js'

export async function createPlanner(): Promise<Planner> {
  const instance = withInlineEnums(await createPlanningInstance())
  const trees = createSyntaxTrees(instance)
  const tables = new Map<string, KnownTable>()
  const views = new Map<string, KnownView>()
  const macros = new Map<string, KnownMacro>()
  const types = new Map<string, KnownType>()
  const sequences = new Map<string, KnownSequence>()
  for (const macro of dialectMacros) {
    await instance.defineMacro(macro.name, macro.text)
    macros.set(keyOf(macro.name.schema, macro.name.name), macro)
  }
  /** By the path of the stub file that stands for a table in plans. */
  const stubs = new Map<string, KnownTable>()

  let isUp = true

  const stubOf = (key: string) => [...stubs].find(([, table]) => keyOf(table.name.schema, table.name.name) === key)?.[0]

  const putTable: Planner['putTable'] = async ({ name, version, source }: PlannedTable) => {
    const key = keyOf(name.schema, name.name)
    const old = stubOf(key)
    const path = await instance.registerStub({ ...name, columns: source.columns, rows: source.rows })
    if (old !== undefined) stubs.delete(old)
    const table = { name, source, sourceId: `${key}@${version}` }
    tables.set(key, table)
    stubs.set(path, table)
  }
  const dropTable: Planner['dropTable'] = async (name) => {
    const key = keyOf(name.schema, name.name)
    const old = stubOf(key)
    if (old !== undefined) stubs.delete(old)
    if (tables.delete(key)) await instance.dropStub(name)
  }
  const state = { instance, trees, tables, views, macros, types, sequences, stubs, putTable, dropTable }

  return {
    putTable,
    dropTable,
    async putView(name, columns, sql) {
      await instance.defineView({ ...name, sql, ...(columns === undefined ? {} : { columns }) })
      views.set(keyOf(name.schema, name.name), { name, columns, sql })
    },
    async dropView(name) {
      if (views.delete(keyOf(name.schema, name.name))) await instance.dropView(name)
    },
    ...definitionCalls(instance, macros, types),
    ...sequenceCalls(instance, sequences),
    async references(sql) {
      const tree = await trees.treeOf(sql)
      checkFunctions(tree, (name) => [...macros.values()].some((macro) => isTableMacroNamed(macro, name)))
      refuseRecursiveAsof(tree)
      const references = tablesOf(tree)
      return {
        functions: functionsOf(tree),
        types: typesOf(tree),
        sequences: sequencesOf(tree),
        tables: references.flatMap((reference) => (reference.kind === 'name' ? [reference] : [])),
        files: references.flatMap((reference) => fileReference(reference)),
      }
    },
    withFileTables: async (sql, files, settings) =>
      writeMeaning(state, await replaceFiles(state, sql, files), { settings: settings.duckdb }),
    prepare: (request) => prepareText(state, request),
    check: ({ sql, settings, searchPath: path }) =>
      instance.check(sql, { ...ofConnection(settings.duckdb), search_path: searchPath(knownPath(state, path)) }),
    constraints: (request, constrained) => columnConstraints(state, request, constrained),
    columns: (sql) => instance.describe(sql),
    async typeOf(type, path) {
      const known = knownPath(state, path)
      return typeToSql(await instance.typeOf(type, { search_path: searchPath(known) }))
    },
    async constant(expression, settings) {
      const sql = `SELECT (${expression}\n)`
      const tree = await trees.treeOf(sql)
      checkFunctions(tree)
      refuseInputs(tree)
      return instance.constant(expression, ofConnection(settings.duckdb))
    },
    writeRows: (sql, settings) => instance.writeRows(sql, withoutParserSettings(settings.duckdb)),
    unfold: (prepared, facts) => Promise.resolve(unfold(decodePreparedQuery(prepared), facts)),
    explain(prepared, cluster) {
      const query = decodePreparedQuery(prepared)
      const { mode, modeReason, stages, openChoices } = assumeStages(query, cluster)
      const plan = { mode, modeReason, stages, decisions: openChoices, decisionsAreOpen: true }
      const logicalPlan = query.logical.kind === 'plan' ? printPlan(query.logical.plan) : undefined
      return Promise.resolve({ plan, logicalPlan })
    },
    isUp: () => isUp && !instance.isBroken(),
    close() {
      isUp = false
      return instance.close()
    },
  }
}

/** What makes macros and types known. */
function definitionCalls(
  instance: PlanningInstance,
  macros: Map<string, KnownMacro>,
  types: Map<string, KnownType>,
): Pick<Planner, 'putMacro' | 'dropMacro' | 'putType' | 'dropType'> {
  return {
    async putMacro(macro) {
      const { schema, name } = macro.name
      if (await instance.hasFunction(name)) {
        throw queryError('BINDER_ERROR', { reason: `DuckDB has a function ${name} of its own` })
      }
      const key = keyOf(schema, name)
      const old = macros.get(key)
      const isTable = isTableMacro(macro)
      await instance.defineMacro(macro.name, macro.text)
      macros.set(key, macro)
      if (old !== undefined && isTableMacro(old) !== isTable) await instance.dropMacro(macro.name, !isTable)
    },
    async dropMacro(name) {
      const key = keyOf(name.schema, name.name)
      const macro = macros.get(key)
      if (macro === undefined) return
      await instance.dropMacro(name, isTableMacro(macro))
      macros.delete(key)
    },
    async putType(name, type) {
      await instance.defineType(name, type)
      types.set(keyOf(name.schema, name.name), { name, type })
    },
    async dropType(name) {
      await instance.dropType(name)
      types.delete(keyOf(name.schema, name.name))
    },
  }
}

/** What makes sequences known. */
function sequenceCalls(
  instance: PlanningInstance,
  sequences: Map<string, KnownSequence>,
): Pick<Planner, 'putSequence' | 'dropSequence'> {
  return {
    async putSequence(name, options) {
      await instance.defineSequence(name, options)
      sequences.set(keyOf(name.schema, name.name), { name })
    },
    async dropSequence(name) {
      await instance.dropSequence(name)
      sequences.delete(keyOf(name.schema, name.name))
    },
  }
}

const isTableMacro = ({ definitions }: PlannedMacro): boolean => definitions.some(({ isTable }) => isTable)

const isTableMacroNamed = (macro: PlannedMacro, name: string): boolean =>
  isTableMacro(macro) && macro.name.name.toLowerCase() === name.toLowerCase()
