/** The planner's part of a statement: text to a prepared query. */
import { catalogName, defaultSchema, present, type StageId } from '@arbalest/common'
import { searchPath, type PlanningInstance } from '@arbalest/engine'
import {
  encodePreparedQuery, operatorsOf, type ClusterFacts, type FirstStep, type Plan, type PreparedQuery, type ScanInput,
  type TableSource,
} from '@arbalest/plan'
import {
  asksForSchema, columnNameJsons, isTimeless, optimize, parseDuckdbJson, readPlan, reasonForWhole, rewriteTables,
  tablesOf, unfold, UnreadablePlan, withColumnNames, withIntegerDivision, withSchemaName, writeSyntaxTree,
  type SyntaxTree,
} from '@arbalest/planner'
import { fileReference, sameFiles } from './file-reference.js'
import { dividesIntegers, withoutParserSettings } from './parser-settings.js'
import type { FileTable, PrepareRequest, PreparedText, QualifiedName } from './planner.js'
import type { SyntaxTrees } from './syntax-trees.js'

/** What texts are read with. */
export interface PlanningRoom {
  readonly instance: PlanningInstance
  readonly trees: SyntaxTrees
}

export interface KnownTable {
  readonly name: QualifiedName
  readonly source: TableSource
  readonly sourceId: string
}

export interface KnownView {
  readonly name: QualifiedName
  readonly columns: readonly string[] | undefined
  readonly sql: string
}

export interface PlannerState extends PlanningRoom {
  readonly tables: ReadonlyMap<string, KnownTable>
  readonly views: ReadonlyMap<string, KnownView>
  /** By the path of the stub file that stands for a table in plans. */
  readonly stubs: ReadonlyMap<string, KnownTable>
}

/** What `tables` and `views` are known by. */
export const keyOf = (schema: string, name: string): string => `${schema}.${name}`.toLowerCase()

/** The text with its file references replaced by tables. */
export async function replaceFiles(
  { instance, trees }: PlanningRoom,
  sql: string,
  files: readonly FileTable[],
): Promise<string> {
  if (files.length === 0) return sql
  const tree = rewriteTables(await trees.treeOf(sql), (reference) => {
    const [file] = fileReference(reference)
    if (file === undefined) return undefined
    const known = present(files.find(({ reference: other }) => sameFiles(file, other)), 'files were registered')
    return { kind: 'table', name: known.table.name }
  })
  return instance.deserializeTree(writeSyntaxTree(tree))
}

/** The text with the settings of the parser and the session's schema written into it. */
export async function writeMeaning(
  { instance, trees }: PlanningRoom,
  sql: string,
  { settings, schema }: { readonly settings: Readonly<Record<string, string>>; readonly schema?: string },
): Promise<string> {
  const named = schema !== undefined && asksForSchema(sql) ? schema : undefined
  const divides = dividesIntegers(settings)
  if (!divides && named === undefined) return sql
  const tree = await trees.treeOf(sql)
  const divided = divides ? withIntegerDivision(tree) : tree
  return instance.deserializeTree(writeSyntaxTree(named === undefined ? divided : withSchemaName(divided, named)))
}

/** A first step that takes no longer is nothing to keep away from the front. */
const lightStepMs = 5

/** @throws QueryError as for a query, with a position in the text */
export async function prepareText(state: PlannerState, request: PrepareRequest): Promise<PreparedText> {
  const { settings, textResult, cluster } = request
  const sql = await replaceFiles(state, request.sql, request.files)
  const schema = request.searchPath?.[0] ?? defaultSchema
  const meant = await writeMeaning(state, sql, { settings: settings.duckdb, schema })
  const used = new Map<string, TableSource>()
  const path = knownPath(state, request.searchPath ?? [defaultSchema])
  const scope = { search_path: searchPath(path) }
  const unneeded = cluster === undefined ? undefined : reasonForWhole(settings, cluster)
  const planned: Promise<PreparedQuery['logical']> = unneeded === undefined
    ? logicalForm(state, meant, { ...withoutParserSettings(settings.duckdb), ...scope }, used)
    : Promise.resolve({ kind: 'unneeded', reason: unneeded })
  const [columns, whole, logical] = await firstError(
    state.instance.describe(sql, { ...settings.duckdb, ...scope }),
    wholeForm(state, meant, path),
    planned,
  )
  const { timeless, ...text } = whole
  const query: PreparedQuery = {
    columns, whole: text, logical, sources: Object.fromEntries(used), settings, textResult,
  }
  const startedMs = performance.now()
  const firstStep = cluster === undefined ? undefined : firstStepOf(query, cluster)
  const light = firstStep !== undefined && performance.now() - startedMs < lightStepMs
  return { prepared: encodePreparedQuery(query), columns, timeless, firstStep, light }
}

/** The path without schemas that have nothing in them: the planning DuckDB need not have those. */
export function knownPath({ tables, views }: PlannerState, path: readonly string[]): readonly string[] {
  const known = new Set([...tables.values(), ...views.values()].map(({ name }) => name.schema.toLowerCase()))
  return path.filter((schema) => schema === defaultSchema || known.has(schema.toLowerCase()))
}

/** All three, or the error of the first one that has any: DuckDB's binder speaks before the rest. */
async function firstError<A, B, C>(a: Promise<A>, b: Promise<B>, c: Promise<C>): Promise<readonly [A, B, C]> {
  await Promise.allSettled([a, b, c])
  return [await a, await b, await c]
}

/** Undefined where it cannot be planned: the job, which asks again, tells why. */
function firstStepOf(query: PreparedQuery, cluster: ClusterFacts): FirstStep | undefined {
  try {
    return { cluster, step: unfold(query, { cluster, published: [], nextStageId: 1 as StageId }) }
  } catch {
    return undefined
  }
}

/** The plan to distribute; what the reader does not know makes the query whole, never wrong. */
async function logicalForm(
  state: PlannerState,
  sql: string,
  duckdbSettings: Readonly<Record<string, string>>,
  used: Map<string, TableSource>,
) {
  let plan: Plan
  try {
    const json = parseDuckdbJson(await state.instance.planJson(sql, duckdbSettings))
    plan = readPlan(json, {
      scanSource(stubPath) {
        const table = state.stubs.get(stubPath)
        if (table === undefined) return undefined
        used.set(table.sourceId, table.source)
        return { source: table.sourceId, table: table.source.table, columns: table.source.columns }
      },
    })
  } catch (error) {
    if (error instanceof UnreadablePlan) return { kind: 'unreadable', reason: error.reason } as const
    throw error
  }
  const optimized = optimize(plan)
  const kept = new Set(operatorsOf(optimized).flatMap((o) => (o.kind === 'scan' ? [o.source] : [])))
  for (const source of [...used.keys()]) if (!kept.has(source)) used.delete(source)
  return { kind: 'plan', plan: optimized } as const
}

/** The query's own text with its tables renamed to inputs and its views put in place. */
async function wholeForm(state: PlannerState, sql: string, searched: readonly string[]) {
  let timeless = true
  const inputs = new Map<KnownTable, ScanInput>()
  // No name that the query might define itself.
  const prefix = /input_/i.test(sql) ? 'arbalest_input_' : 'input_'
  const rename = async (original: SyntaxTree, path: readonly string[]): Promise<SyntaxTree> => {
    timeless &&= isTimeless(original)
    const tree = await keepColumnNames(state.instance, original)
    const viewTrees = new Map<KnownView, SyntaxTree>()
    for (const reference of tablesOf(tree)) {
      if (reference.kind !== 'name') continue
      const { view } = lookUp(state, reference, path)
      if (view === undefined || viewTrees.has(view)) continue
      viewTrees.set(view, await rename(await state.trees.treeOf(viewSql(view)), [view.name.schema, defaultSchema]))
    }
    return rewriteTables(tree, (reference) => {
      if (reference.kind !== 'name') return undefined
      const { view, table } = lookUp(state, reference, path)
      const tree = view && viewTrees.get(view)
      if (view && tree) return { kind: 'view', tree, schema: view.name.schema }
      if (table === undefined) return undefined
      return { kind: 'table', name: inputOf(inputs, table, prefix).name, schema: table.name.schema }
    })
  }
  const tree = await rename(await state.trees.treeOf(sql), searched)
  const text = await state.instance.deserializeTree(writeSyntaxTree(tree))
  return { sql: text, inputs: [...inputs.values()], timeless }
}

/** The view or table that a name stands for, as DuckDB finds it. */
function lookUp(
  { tables, views }: PlannerState,
  { schema, name }: { readonly schema: string | undefined; readonly name: string },
  path: readonly string[],
): { readonly view?: KnownView | undefined; readonly table?: KnownTable | undefined } {
  const isCatalog = schema?.toLowerCase() === catalogName
  for (const searched of schema === undefined ? path : [isCatalog ? defaultSchema : schema]) {
    const key = keyOf(searched, name)
    const found = { view: views.get(key), table: tables.get(key) }
    if (found.view !== undefined || found.table !== undefined) return found
  }
  return {}
}

/** Columns named after their own text keep that name when the tables in the text are renamed. */
async function keepColumnNames(instance: PlanningInstance, tree: SyntaxTree): Promise<SyntaxTree> {
  const texts: string[] = []
  for (const json of columnNameJsons(tree)) texts.push(await instance.deserializeTree(json))
  return withColumnNames(tree, texts)
}

const viewSql = (view: KnownView): string =>
  view.columns === undefined
    ? view.sql
    : `SELECT * FROM (${view.sql}\n) AS v(${view.columns.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ')})`

function inputOf(inputs: Map<KnownTable, ScanInput>, table: KnownTable, prefix: string): ScanInput {
  const known = inputs.get(table)
  if (known !== undefined) return known
  const { source } = table
  const input: ScanInput = {
    kind: 'scan',
    name: `${prefix}${inputs.size}`,
    table: source.table,
    reader: source.reader,
    columns: source.columns,
    files: source.files,
    mode: 'all',
  }
  inputs.set(table, input)
  return input
}
