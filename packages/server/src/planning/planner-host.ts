/**
 * The planner itself: a planning DuckDB that holds stub views, and the pure rooms of the planner around
 * it. Runs in the planner child, or in process for clusters that trust their own user.
 */
import { present, queryError, type Column } from '@arbalest/common'
import { createPlanningInstance, type PlanningInstance } from '@arbalest/engine'
import {
  decodePreparedQuery, encodePreparedQuery, operatorsOf, printPlan, type Plan, type ScanInput, type TableSource,
} from '@arbalest/plan'
import {
  assumeStages, checkFunctions, columnNameJsons, optimize, parseDuckdbJson, readPlan, readSyntaxTree,
  refuseParameters, rewriteTables, tablesOf, unfold, UnreadablePlan, withColumnNames, withIntegerDivision,
  writeSyntaxTree, type SyntaxTree, type TableReference,
} from '@arbalest/planner'
import { dividesIntegers, withoutParserSettings } from './parser-settings.js'
import type { FileTable, PlannedTable, Planner, PrepareRequest, PreparedText, QualifiedName } from './planner.js'

interface KnownTable {
  readonly name: QualifiedName
  readonly source: TableSource
  readonly sourceId: string
}

interface KnownView {
  readonly name: QualifiedName
  readonly columns: readonly string[] | undefined
  readonly sql: string
}

const keyOf = (schema: string, name: string): string => `${schema}.${name}`.toLowerCase()
const defaultSchema = 'main'

export async function createPlanner(): Promise<Planner> {
  const instance = await createPlanningInstance()
  const tables = new Map<string, KnownTable>()
  const views = new Map<string, KnownView>()
  /** By the path of the stub file that stands for a table in plans. */
  const stubs = new Map<string, KnownTable>()

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
      const tree = await readTree(instance, sql)
      refuseParameters(tree)
      checkFunctions(tree)
      const references = tablesOf(tree)
      return {
        tables: references.flatMap((reference) => (reference.kind === 'name' ? [reference] : [])),
        files: references.flatMap((reference) => fileReference(reference)),
      }
    },
    withFileTables: async (sql, files, settings) =>
      writeMeaning(instance, await replaceFiles(instance, sql, files), settings.duckdb),
    prepare: (request) => prepare({ instance, tables, views, stubs }, request),
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

interface PlannerState {
  readonly instance: PlanningInstance
  readonly tables: ReadonlyMap<string, KnownTable>
  readonly views: ReadonlyMap<string, KnownView>
  readonly stubs: ReadonlyMap<string, KnownTable>
}

const readTree = async (instance: PlanningInstance, sql: string): Promise<SyntaxTree> =>
  readSyntaxTree(await instance.syntaxTree(sql), sql)

function fileReference(reference: TableReference): readonly FileTable['reference'][] {
  if (reference.kind === 'name') return []
  const { position } = reference
  if (reference.kind === 'file') {
    return [{ format: formatOfPath(reference.path, position), paths: [reference.path], options: {}, position }]
  }
  const format = reference.function.includes('csv') ? 'csv' : reference.function.includes('json') ? 'json' : 'parquet'
  return [{ format, paths: reference.paths, options: reference.options, position }]
}

function formatOfPath(path: string, position: number | undefined): 'parquet' | 'csv' | 'json' {
  const plain = path.toLowerCase().replace(/\.(gz|zst)$/, '')
  if (/\.(parquet|parq)$/.test(plain)) return 'parquet'
  if (/\.(csv|tsv|txt)$/.test(plain)) return 'csv'
  if (/\.(json|jsonl|ndjson)$/.test(plain)) return 'json'
  throw queryError(
    'UNKNOWN_TABLE',
    { reason: `there is no table "${path}", and its ending is none of .parquet, .csv, .json` },
    position === undefined ? {} : { position },
  )
}

const sameFiles = (a: FileTable['reference'], b: FileTable['reference']): boolean =>
  a.format === b.format &&
  JSON.stringify([a.paths, a.options]) === JSON.stringify([b.paths, b.options])

async function replaceFiles(instance: PlanningInstance, sql: string, files: readonly FileTable[]): Promise<string> {
  if (files.length === 0) return sql
  const tree = rewriteTables(await readTree(instance, sql), (reference) => {
    const [file] = fileReference(reference)
    if (file === undefined) return undefined
    const known = present(files.find(({ reference: other }) => sameFiles(file, other)), 'files were registered')
    return { kind: 'table', name: known.table.name }
  })
  return instance.deserializeTree(writeSyntaxTree(tree))
}

/** The text with the settings of the parser written into it. */
async function writeMeaning(
  instance: PlanningInstance,
  sql: string,
  duckdbSettings: Readonly<Record<string, string>>,
): Promise<string> {
  if (!dividesIntegers(duckdbSettings)) return sql
  return instance.deserializeTree(writeSyntaxTree(withIntegerDivision(await readTree(instance, sql))))
}

async function prepare(state: PlannerState, request: PrepareRequest): Promise<PreparedText> {
  const { instance } = state
  const { settings, textResult } = request
  const sql = await replaceFiles(instance, request.sql, request.files)
  const columns = await instance.describe(sql, settings.duckdb)
  const meant = await writeMeaning(instance, sql, settings.duckdb)
  const whole = await wholeForm(state, meant)
  const used = new Map<string, TableSource>()
  const logical = await logicalForm(state, meant, withoutParserSettings(settings.duckdb), used)
  const prepared = encodePreparedQuery({
    columns,
    whole,
    logical,
    sources: Object.fromEntries(used),
    settings,
    textResult,
  })
  return { prepared, columns: columns as readonly Column[] }
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
async function wholeForm(state: PlannerState, sql: string) {
  const inputs = new Map<KnownTable, ScanInput>()
  // No name that the query might define itself.
  const prefix = /input_/i.test(sql) ? 'arbalest_input_' : 'input_'
  const rename = async (original: SyntaxTree): Promise<SyntaxTree> => {
    const tree = await keepColumnNames(state.instance, original)
    const viewTrees = new Map<string, SyntaxTree>()
    for (const reference of tablesOf(tree)) {
      if (reference.kind !== 'name') continue
      const key = keyOf(reference.schema ?? defaultSchema, reference.name)
      const view = state.views.get(key)
      if (view === undefined || viewTrees.has(key)) continue
      viewTrees.set(key, await rename(await readTree(state.instance, viewSql(view))))
    }
    return rewriteTables(tree, (reference) => {
      if (reference.kind !== 'name') return undefined
      const key = keyOf(reference.schema ?? defaultSchema, reference.name)
      const view = viewTrees.get(key)
      if (view !== undefined) return { kind: 'view', tree: view }
      const table = state.tables.get(key)
      return table === undefined ? undefined : { kind: 'table', name: inputOf(inputs, table, prefix).name }
    })
  }
  const tree = await rename(await readTree(state.instance, sql))
  const text = await state.instance.deserializeTree(writeSyntaxTree(tree))
  return { sql: text, inputs: [...inputs.values()] }
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
