/** The planner's part of a statement: text to a prepared query. */
import { defaultSchema, present, temporaryPrefix, type Column, type StageId } from '@arbalest/common'
import { searchPath } from '@arbalest/engine'
import {
  encodePreparedQuery, operatorsOf, type ClusterFacts, type FirstStep, type Plan, type PreparedQuery, type TableSource,
} from '@arbalest/plan'
import {
  asksForSchema, optimize, reasonForWhole, rewriteTables, unfold, UnreadablePlan, withDefaultOrders,
  withIntegerDivision, withSchemaName, writeSyntaxTree,
} from '@arbalest/planner'
import { fileReference, sameFiles } from './file-reference.js'
import { keepColumnNames } from './keep-column-names.js'
import { defaultOrders, dividesIntegers, ofConnection, withoutParserSettings } from './parser-settings.js'
import type { FileTable, PrepareRequest, PreparedText } from './planner.js'
import { knownPath, type PlannerState, type PlanningRoom } from './planner-state.js'
import { planInParts } from './plan-in-parts.js'
import { readText, type ReadScope } from './read-text.js'
import { toldColumns, toldNames } from './told-columns.js'
import { wholeForm } from './whole-form.js'

/** The text with its file references replaced by tables. */
export async function replaceFiles(
  { instance, trees }: PlanningRoom,
  sql: string,
  files: readonly FileTable[],
): Promise<string> {
  if (files.length === 0) return sql
  const tree = rewriteTables(await keepColumnNames(instance, await trees.treeOf(sql)), (reference) => {
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
  const [divides, orders] = [dividesIntegers(settings), defaultOrders(settings)]
  if (!divides && named === undefined && orders === undefined) return sql
  let tree = await trees.treeOf(sql)
  if (divides) tree = withIntegerDivision(tree)
  if (orders !== undefined) tree = withDefaultOrders(tree, orders)
  if (named !== undefined) tree = withSchemaName(tree, named)
  return instance.deserializeTree(writeSyntaxTree(tree))
}

/** A first step that takes no longer is nothing to keep away from the front. */
const lightStepMs = 5

/** @throws QueryError as for a query, with a position in the text */
export async function prepareText(state: PlannerState, request: PrepareRequest): Promise<PreparedText> {
  const { settings, textResult, cluster } = request
  const sql = await replaceFiles(state, request.sql, request.files)
  const schema = request.searchPath?.find((searched) => !searched.startsWith(temporaryPrefix)) ?? defaultSchema
  const meant = await writeMeaning(state, sql, { settings: settings.duckdb, schema })
  const used = new Map<string, TableSource>()
  const path = knownPath(state, request.searchPath ?? [defaultSchema])
  const scope = { search_path: searchPath(path) }
  const unneeded = cluster === undefined ? undefined : reasonForWhole(settings, cluster)
  const planned: Promise<PreparedQuery['logical']> = unneeded === undefined
    ? logicalForm({ state, settings: { ...withoutParserSettings(settings.duckdb), ...scope }, path, used }, meant)
    : Promise.resolve({ kind: 'unneeded', reason: unneeded })
  const names = unneeded === undefined ? toldNames(state, await state.trees.treeOf(sql), path) : undefined
  const describe = () => state.instance.describe(sql, { ...ofConnection(settings.duckdb), ...scope })
  const [columns, whole, logical] = await firstError(
    names === undefined ? describe() : planned.then((form) => columnsOf(names, form) ?? describe()),
    wholeForm(state, meant, path),
    planned,
  )
  const { timeless, sequences, names: _, ...text } = whole
  const query: PreparedQuery = {
    columns, whole: text, sources: Object.fromEntries(used), settings, textResult,
    logical: sequences.length === 0 ? logical : { kind: 'unreadable', reason: 'function nextval' },
  }
  const startedMs = performance.now()
  // What is made before the query is known when it runs.
  const isEarly = cluster !== undefined && sequences.length === 0
  const firstStep = isEarly ? firstStepOf(query, cluster) : undefined
  const light = firstStep !== undefined && performance.now() - startedMs < lightStepMs
  return { prepared: encodePreparedQuery(query), columns, sequences, timeless, firstStep, light }
}

const columnsOf = (names: readonly string[], form: PreparedQuery['logical']): readonly Column[] | undefined =>
  (form.kind === 'plan' ? toldColumns(names, form.plan) : undefined)

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
async function logicalForm(scope: ReadScope, sql: string) {
  let plan: Plan
  try {
    plan = await readText(scope, sql)
  } catch (error) {
    if (!(error instanceof UnreadablePlan)) throw error
    const inParts = await planInParts(scope, sql, error.reason)
    if (inParts === undefined) return { kind: 'unreadable', reason: error.reason } as const
    plan = inParts
  }
  const { used } = scope
  const optimized = optimize(plan)
  const kept = new Set(operatorsOf(optimized).flatMap((o) => (o.kind === 'scan' ? [o.source] : [])))
  for (const source of [...used.keys()]) if (!kept.has(source)) used.delete(source)
  return { kind: 'plan', plan: optimized } as const
}
