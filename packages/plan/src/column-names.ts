/** What people call the columns of each operator: a table column by its name as far up as it is unchanged. */
import { assertNever } from '@arbalest/common'
import type { Expr } from './expr.js'
import type { Plan, Scan } from './plan.js'
import { printExpr } from './print-expression.js'
import { childrenOf } from './walk.js'

/** Longer expressions are called by their position instead. */
const nameLengthMax = 60

export interface ColumnNaming {
  /** Names of all output columns of an operator of the plan. */
  of(plan: Plan): readonly string[]
}

/** Names for the operators of one plan; every operator is looked at once, inputs first. */
export function columnNaming(plan: Plan): ColumnNaming {
  const known = new Map<Plan, readonly string[]>()
  const scopes: Scopes = { cte: new Map(), delim: new Map() }
  const name = (node: Plan): readonly string[] => {
    const done = known.get(node)
    if (done !== undefined) return done
    const inputs = sourcesFirst(node).map((child) => {
      const names = name(child)
      if (node.kind === 'cte' && child === node.definition) scopes.cte.set(node.cteId, names)
      if (node.kind === 'recursive-cte' && child === node.initial) scopes.cte.set(node.cteId, names)
      if (node.kind === 'join' && node.delim !== undefined && child === node[node.delim.source]) {
        scopes.delim.set(node.delim.delimId, node.delim.keys.map((key, i) => shortName(key, names, i)))
      }
      return names
    })
    const inOrder = isSourceRight(node) ? inputs.toReversed() : inputs
    const names = namesOf(node, inOrder, scopes)
    known.set(node, names)
    return names
  }
  name(plan)
  return { of: (node) => known.get(node) ?? positions(node) }
}

interface Scopes {
  readonly cte: Map<number, readonly string[]>
  readonly delim: Map<number, readonly string[]>
}

const isSourceRight = (plan: Plan): boolean => plan.kind === 'join' && plan.delim?.source === 'right'

/** Inputs, with what a delim scan reads before the side it stands in. */
const sourcesFirst = (plan: Plan): readonly Plan[] =>
  isSourceRight(plan) ? childrenOf(plan).toReversed() : childrenOf(plan)

const positions = (plan: Plan): readonly string[] => plan.types.map((_, index) => `c${index}`)

function shortName(expr: Expr, names: readonly string[], index: number): string {
  const text = printExpr(expr, (at) => names[at] ?? `c${at}`)
  return text.length <= nameLengthMax ? text : `c${index}`
}

function namesOf(plan: Plan, inputs: readonly (readonly string[])[], scopes: Scopes): readonly string[] {
  const [first = [], second = []] = inputs
  const named = (exprs: readonly Expr[], from: number) => exprs.map((expr, i) => shortName(expr, first, from + i))
  const grouping = (functions: readonly (readonly number[])[], groups: readonly string[]) =>
    functions.map((set) => `grouping(${set.map((at) => groups[at] ?? '').join(', ')})`)
  switch (plan.kind) {
    case 'scan': return scanNames(plan)
    case 'replicated-scan': return scanNames(plan.scan)
    case 'shuffle-read':
    case 'values':
    case 'whole-select':
      return positions(plan)
    case 'cte-scan': return scopes.cte.get(plan.cteId) ?? positions(plan)
    case 'delim-scan': return scopes.delim.get(plan.delimId) ?? positions(plan)
    case 'project': return named(plan.exprs, 0)
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'pick':
    case 'sample':
    case 'computed-limit':
    case 'recursive-cte':
    case 'other-ranges':
    case 'set-operation':
      return first
    case 'cte': return second
    case 'key-sample': return ['keys', 'rows']
    case 'range-number': return [...first, 'range']
    case 'positional-join': return [...first, ...second]
    case 'unnest': return [...first, ...plan.lists.map((list, i) => shortName(list, first, first.length + i))]
    case 'table-function': {
      const own = plan.types.slice(0, plan.types.length - plan.passed.length)
      return [...own.map((_, i) => `${plan.name}${i}`), ...plan.passed.map((at) => first[at] ?? `c${at}`)]
    }
    case 'window': return [...first, ...named(plan.calls, first.length)]
    case 'aggregate': {
      const groups = named(plan.groups, 0)
      return [...groups, ...named(plan.aggregates, groups.length), ...grouping(plan.groupingFunctions, groups)]
    }
    case 'partial-aggregate': return [...named(plan.groups, 0), ...named(plan.partials, plan.groups.length)]
    case 'final-aggregate': {
      const groups = first.slice(0, plan.groupCount)
      return [...groups, ...named(plan.merges, groups.length), ...grouping(plan.groupingFunctions, groups)]
    }
    case 'join':
      if (plan.joinType === 'semi' || plan.joinType === 'anti') return first
      return plan.joinType === 'mark' ? [...first, 'mark'] : [...first, ...second]
  }
  return assertNever(plan)
}

const scanNames = (scan: Scan): readonly string[] =>
  scan.columns.map((column) => (column.kind === 'table' ? (scan.tableColumns[column.index]?.name ?? '') : 'true'))
