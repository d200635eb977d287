/**
 * A plan as one SELECT: a CTE for each operator (`t0`, `t1`, …), column i always called `c<i>`, only
 * live columns written. This is the only place where a plan becomes SQL.
 */
import { assert, assertNever, present } from '@arbalest/common'
import { operatorsOf, type Plan } from '@arbalest/plan'
import { orderedChain } from './ordered-chain.js'
import { renderAggregate, renderFinalAggregate, renderPartialAggregate } from './render-aggregate.js'
import { type ColumnSql } from './render-expression.js'
import { renderJoin } from './render-join.js'
import { renderScan, renderShuffleRead, renderValues } from './render-leaf.js'
import { renderOtherRanges, renderKeySample, renderRangeNumber } from './render-ranges.js'
import {
  renderDistinct,
  renderFilter,
  renderLimit,
  renderPick,
  renderProject,
  renderSetOperation,
  renderSort,
  renderWindow,
} from './render-row-operators.js'
import {
  renderComputedLimit, renderPositionalJoin, renderSample, renderTableFunction, renderUnnest, renderWholeSelect,
} from './render-table-operators.js'
import {
  allColumns, columnName, selectList, type Leaf, type RenderOptions, type SelectBuilder,
} from './select-builder.js'

/**
 * The plan's rows under a SELECT list of the caller's, which may use the root's live columns through
 * `column`. The order of a sort at the root is kept: it stands on the outermost SELECT.
 */
export function renderSelect(
  plan: Plan,
  options: RenderOptions,
  listOf: (column: ColumnSql) => string,
): string {
  const builder = newBuilder(plan, options)
  let root = plan
  while (root.kind === 'cte') {
    defineCte(root, builder)
    root = root.body
  }
  const chain = orderedChain(root)
  const from = builder.nameOf(chain === undefined ? root : chain.source)
  const last =
    chain === undefined
      ? `SELECT ${listOf(columnName)} FROM ${from}`
      : chain.select(from, (column) => listOf(column))
  return builder.withCtes(last)
}

/** `withCtes` puts the table expressions rendered so far before a SELECT. */
interface Builder extends SelectBuilder {
  withCtes(sql: string): string
  /** The rows of a plan as one SELECT whose table expressions are its own. */
  nested(plan: Plan, select: (name: string) => string): string
  /** Adds a table expression that reads itself: `sqlOf` is told its name. */
  addRecursive(columns: string, keys: string, sqlOf: (name: string) => string): string
}

function newBuilder(plan: Plan, options: RenderOptions): Builder {
  let ctes: string[] = []
  let names = new Map<Plan, string>()
  let count = 0
  let isRecursive = false
  const definitions = new Map<string, string>()
  const prefix = freePrefix(plan, options)
  const builder: Builder = {
    options,
    withCtes: (sql) =>
      ctes.length === 0 ? sql : `WITH ${isRecursive ? 'RECURSIVE ' : ''}${ctes.join(',\n  ')}\n${sql}`,
    nested(node, select) {
      const outer = { ctes, names, isRecursive }
      ctes = []
      names = new Map(names)
      isRecursive = false
      const sql = builder.withCtes(select(builder.nameOf(node)));
      ({ ctes, names, isRecursive } = outer)
      return sql
    },
    addRecursive(columns, keys, sqlOf) {
      const name = `${prefix}${count++}`
      const sql = sqlOf(name)
      isRecursive = true
      ctes.push(`${name}(${columns})${keys} AS (${sql})`)
      return name
    },
    add(sql: string, materialized?: 'materialized') {
      const name = `${prefix}${count++}`
      ctes.push(`${name} AS ${materialized === undefined ? '' : 'MATERIALIZED '}(${sql})`)
      return name
    },
    nameOf(node: Plan) {
      const known = names.get(node)
      if (known !== undefined) return known
      const name = renderOperator(node, builder)
      names.set(node, name)
      return name
    },
    define(kind: 'cte' | 'delim', id: number, name: string) {
      definitions.set(`${kind} ${id}`, name)
    },
    defined: (kind: 'cte' | 'delim', id: number) =>
      present(definitions.get(`${kind} ${id}`), `a ${kind} scan lies inside the scope of ${kind} ${id}`),
  }
  return builder
}

/** CTE names must not hide a view: `t`, with underscores in front when an input has such a name. */
function freePrefix(plan: Plan, options: RenderOptions): string {
  const taken = operatorsOf(plan).filter(isLeaf).map((leaf) => options.inputName(leaf).toLowerCase())
  let prefix = 't'
  const isHidden = (name: string) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))
  while (taken.some(isHidden)) prefix = `_${prefix}`
  return prefix
}

const isLeaf = (plan: Plan): plan is Leaf =>
  plan.kind === 'scan' || plan.kind === 'replicated-scan' || plan.kind === 'shuffle-read'

function defineCte(plan: Extract<Plan, { readonly kind: 'cte' }>, builder: SelectBuilder): void {
  const { definition } = plan
  const rows = builder.nameOf(definition)
  const name = builder.add(`SELECT ${selectList(definition, columnName)} FROM ${rows}`, 'materialized')
  builder.define('cte', plan.cteId, name)
}

/**
 * The step is a SELECT with table expressions of its own: outside of the recursive one its rows cannot be
 * named.
 */
function renderRecursiveCte(plan: Extract<Plan, { readonly kind: 'recursive-cte' }>, builder: Builder): string {
  const initial = builder.nameOf(plan.initial)
  const columns = allColumns(plan)
  const keys = plan.keys.length === 0 ? '' : ` USING KEY (${plan.keys.map(columnName).join(', ')})`
  return builder.addRecursive(columns, keys, (name) => {
    builder.define('cte', plan.cteId, name)
    const step = builder.nested(plan.step, (rows) => `SELECT ${columns} FROM ${rows}`)
    return `SELECT ${columns} FROM ${initial} UNION${plan.all ? ' ALL' : ''} (${step})`
  })
}

/** Renders one operator over the CTEs of its inputs and gives the name of its rows. */
function renderOperator(plan: Plan, builder: Builder): string {
  assert(plan.live.every((index) => index < plan.types.length), `${plan.kind} n${plan.id} has its live columns`)
  switch (plan.kind) {
    case 'scan': return builder.add(renderScan(plan, plan, builder))
    case 'replicated-scan': return builder.add(renderScan(plan, plan.scan, builder))
    case 'shuffle-read': return builder.add(renderShuffleRead(plan, builder))
    case 'values': return builder.add(renderValues(plan))
    case 'project': return builder.add(renderProject(plan, builder))
    case 'filter': return builder.add(renderFilter(plan, builder))
    case 'aggregate': return builder.add(renderAggregate(plan, builder))
    case 'partial-aggregate': return builder.add(renderPartialAggregate(plan, builder))
    case 'final-aggregate': return builder.add(renderFinalAggregate(plan, builder))
    case 'join': return builder.add(renderJoin(plan, builder))
    case 'sort': return builder.add(renderSort(plan, builder))
    case 'limit': return builder.add(renderLimit(plan, builder))
    case 'distinct': return builder.add(renderDistinct(plan, builder))
    case 'window': return builder.add(renderWindow(plan, builder))
    case 'set-operation': return builder.add(renderSetOperation(plan, builder))
    case 'pick': return builder.add(renderPick(plan, builder))
    case 'key-sample': return builder.add(renderKeySample(plan, builder))
    case 'range-number': return builder.add(renderRangeNumber(plan, builder))
    case 'unnest': return builder.add(renderUnnest(plan, builder))
    case 'table-function': return builder.add(renderTableFunction(plan, builder))
    case 'sample': return builder.add(renderSample(plan, builder))
    case 'computed-limit': return builder.add(renderComputedLimit(plan, builder))
    case 'positional-join': return builder.add(renderPositionalJoin(plan, builder))
    case 'recursive-cte': return renderRecursiveCte(plan, builder)
    case 'whole-select': return builder.add(renderWholeSelect(plan, builder))
    case 'other-ranges': return builder.add(renderOtherRanges(plan, builder))
    case 'delim-scan': return builder.defined('delim', plan.delimId)
    case 'cte-scan': {
      const rows = builder.defined('cte', plan.cteId)
      if (plan.isRecurring !== true) return rows
      return builder.add(`SELECT ${selectList(plan, columnName)} FROM recurring.${rows}`)
    }
    case 'cte':
      defineCte(plan, builder)
      return builder.nameOf(plan.body)
  }
  return assertNever(plan)
}
