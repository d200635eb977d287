/**
 * A query of which some SELECT must be whole. That one becomes its own text over parts; what stands in its FROM and
 * WITH is planned before it, and what stands around it is planned over it.
 */
import { dialectSchema, present, QueryError, type Column } from '@arbalest/common'
import type { Plan, Scan, TableSource, WholeSelect } from '@arbalest/plan'
import {
  innerSelects, isTimeless, selectAlone, UnreadablePlan, withTableInstead, writeSyntaxTree, type SelectPlace,
  type SyntaxTree,
} from '@arbalest/planner'
import { putTogether, type PlannedPart } from './put-together.js'
import { keyOf, type KnownTable } from './planner-state.js'
import { readText, type ReadScope } from './read-text.js'
import { wholeForm } from './whole-form.js'

/** Subqueries in FROM that are looked into, one within the other. */
const depthMax = 4
/** Rows of a part, which nobody knows. */
const partRows = 10_000

/** What these give hangs on statistics or on the text around them. */
const onlyWithinAll = /\b(bitstring_agg|stats|current_query)\b/i

/**
 * Undefined where nothing but the whole query can be told apart, and where its parts would not mean the same alone:
 * the time is one for a whole statement.
 */
export async function planInParts(scope: ReadScope, sql: string, reason: string): Promise<Plan | undefined> {
  const tree = await scope.state.trees.treeOf(sql)
  if (onlyWithinAll.test(sql) || !isTimeless(tree)) return undefined
  const planner = new PartPlanner(scope)
  try {
    const plan = await planner.planOf(tree, reason, 0)
    const isWhole = plan.kind === 'whole-select' && planner.parts.length === 0
    return isWhole ? undefined : putTogether(plan, planner.parts)
  } catch (error) {
    if (error instanceof UnreadablePlan || error instanceof QueryError) return undefined
    throw error
  } finally {
    await planner.close()
  }
}

class PartPlanner {
  /** Each reads none but those before it. */
  readonly parts: PlannedPart[] = []
  readonly #scope: ReadScope
  readonly #names: string[] = []
  #texts = 0

  constructor(scope: ReadScope) {
    this.#scope = scope
  }

  /** The plan of a query that cannot be read for the reason. @throws UnreadablePlan, QueryError */
  async planOf(tree: SyntaxTree, reason: string, depth: number): Promise<Plan> {
    let rest = tree
    const readable: SelectPlace[] = []
    for (const place of depth < depthMax ? innerSelects(tree) : []) {
      const alone = await this.#aloneAt(rest, place)
      if (alone === undefined) continue
      const why = await this.#whyUnreadable(alone.sql)
      if (why === undefined) readable.push(place)
      else rest = await this.#replaced(rest, place, alone.columns, await this.planOf(alone.tree, why, depth + 1))
    }
    if (rest !== tree) {
      const sql = await this.#textOf(rest)
      if (await this.#whyUnreadable(sql) === undefined) return readText(this.#scope, sql)
    }
    for (const place of readable) {
      const alone = await this.#aloneAt(rest, place)
      if (alone === undefined) continue
      rest = await this.#replaced(rest, place, alone.columns, await readText(this.#scope, alone.sql))
    }
    return this.#wholeSelect(await this.#textOf(rest), reason)
  }

  async close(): Promise<void> {
    for (const name of this.#names) await this.#scope.state.dropTable({ schema: dialectSchema, name })
    for (const { source } of this.parts) this.#scope.used.delete(source)
  }

  #textOf(tree: SyntaxTree): Promise<string> {
    return this.#scope.state.instance.deserializeTree(writeSyntaxTree(tree))
  }

  async #whyUnreadable(sql: string): Promise<string | undefined> {
    try {
      await readText(this.#scope, sql)
      return undefined
    } catch (error) {
      if (error instanceof UnreadablePlan) return error.reason
      throw error
    }
  }

  /** Undefined for what is no query of its own, and where a name would mean two columns. */
  async #aloneAt(tree: SyntaxTree, place: SelectPlace) {
    const { state, settings } = this.#scope
    const select = (name: string) => state.trees.treeOf(`SELECT * FROM "${name.replaceAll('"', '""')}"`)
    const alone = await selectAlone(tree, place, select)
    const sql = await this.#textOf(alone)
    const columns = await state.instance.describe(sql, settings).catch(() => undefined)
    const names = new Set(columns?.map(({ name }) => name.toLowerCase()))
    return columns === undefined || names.size < columns.length ? undefined : { tree: alone, sql, columns }
  }

  async #replaced(
    tree: SyntaxTree,
    place: SelectPlace,
    columns: readonly Column[],
    plan: Plan,
  ): Promise<SyntaxTree> {
    const { state } = this.#scope
    const name = { schema: dialectSchema, name: `part ${this.#names.length}` }
    this.#names.push(name.name)
    await state.putTable({ name, version: '', source: partSource(columns) })
    const { sourceId } = present(state.tables.get(keyOf(name.schema, name.name)), 'it was put there')
    this.parts.push({ source: sourceId, plan })
    const select = await state.trees.treeOf(`SELECT * FROM "${name.schema}"."${name.name}"`)
    return withTableInstead(tree, place, select)
  }

  async #wholeSelect(sql: string, reason: string): Promise<WholeSelect> {
    const { state, settings, path, used } = this.#scope
    const stem = `text${this.#texts++}_input_`
    const { sql: text, inputs, names, sequences, prelude } = await wholeForm(state, sql, path, stem)
    // Fragments have no macros and types of users.
    if (sequences.length > 0 || prelude !== undefined) throw new UnreadablePlan(reason)
    const parts = inputs.map((input, at) => {
      const name = present(names[at], 'every input is a table')
      const table = present(state.tables.get(keyOf(name.schema, name.name)), 'tables of the text are known')
      used.set(table.sourceId, table.source)
      return { name: input.name, columns: input.columns.map((column) => column.name), plan: scanOf(table, at + 2) }
    })
    const types = (await state.instance.describe(sql, settings)).map(({ type }) => type)
    return { kind: 'whole-select', id: 1, sql: text, parts, reason, types, live: [...types.keys()] }
  }
}

function scanOf({ source, sourceId }: KnownTable, id: number): Scan {
  const { table, columns } = source
  return {
    kind: 'scan', id, source: sourceId, table, tableColumns: columns, predicate: undefined,
    columns: columns.map((_, index) => ({ kind: 'table', index })),
    types: columns.map(({ type }) => type), live: [...columns.keys()],
  }
}

const partSource = (columns: readonly Column[]): TableSource => ({
  table: 'part', reader: { format: 'parquet', options: {}, partitionColumns: [] }, columns, files: [], rows: partRows,
  statistics: {},
})
