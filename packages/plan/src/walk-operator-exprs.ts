/**
 * The expressions inside an operator, each with what its columns mean there. `mapExprs` is the one
 * list of them; a kind missing from it does not compile.
 */
import { assertNever } from '@arbalest/common'
import type { AggregateCall, Expr, SortOrder, WindowCall } from './expr.js'
import type { Join, Plan, Scan } from './plan.js'

/**
 * Whose positions a column refers to: those of the only input, of one side of a join, of both sides
 * of a join (left ones first), of the scanned table, or of nothing.
 */
export type ExprScope = 'input' | 'left' | 'right' | 'both' | 'table' | 'none'

export interface ScopedExpr { readonly expr: Expr; readonly scope: ExprScope }

type Rewrite = (expr: Expr, scope: ExprScope) => Expr

/** All expressions of the operator itself, in the order they are written; not those of its inputs. */
export function scopedExprsOf(plan: Plan): readonly ScopedExpr[] {
  const found: ScopedExpr[] = []
  mapExprs(plan, (expr, scope) => {
    found.push({ expr, scope })
    return expr
  })
  return found
}

/** `scopedExprsOf` without the scopes. */
export const exprsOf = (plan: Plan): readonly Expr[] => scopedExprsOf(plan).map((scoped) => scoped.expr)

/**
 * The operator with every expression replaced by `f`; the operator itself when `f` changed none. A
 * rewrite of an aggregate or window call must give such a call again.
 */
export function mapExprs(plan: Plan, f: Rewrite): Plan {
  const inInput = (expr: Expr) => f(expr, 'input')
  switch (plan.kind) {
    case 'shuffle-read':
    case 'delim-scan':
    case 'cte-scan':
    case 'limit':
    case 'set-operation':
    case 'cte':
    case 'recursive-cte':
    case 'positional-join':
    case 'whole-select':
    case 'sample':
    case 'other-ranges':
      return plan
    case 'scan':
      return mapScan(plan, f)
    case 'replicated-scan':
      return updated(plan, { scan: mapScan(plan.scan, f) })
    case 'values':
      return updated(plan, {
        rows: mapSame(plan.rows, (row) => mapSame(row, (expr) => f(expr, 'none'))),
      })
    case 'project':
      return updated(plan, { exprs: mapSame(plan.exprs, inInput) })
    case 'filter':
      return updated(plan, { predicates: mapSame(plan.predicates, inInput) })
    case 'aggregate':
      return updated(plan, {
        groups: mapSame(plan.groups, inInput),
        aggregates: mapSame(plan.aggregates, (call) => inInput(call) as AggregateCall),
      })
    case 'partial-aggregate':
      return updated(plan, {
        groups: mapSame(plan.groups, inInput),
        partials: mapSame(plan.partials, (call) => inInput(call) as AggregateCall),
      })
    case 'final-aggregate':
      return updated(plan, { merges: mapSame(plan.merges, inInput) })
    case 'join':
      return mapJoin(plan, f)
    case 'sort':
    case 'key-sample':
    case 'range-number':
      return updated(plan, { orders: mapOrders(plan.orders, inInput) })
    case 'distinct':
      return updated(plan, {
        on: plan.on === undefined ? undefined : mapSame(plan.on, inInput),
        orders: mapOrders(plan.orders, inInput),
      })
    case 'window':
      return updated(plan, { calls: mapSame(plan.calls, (call) => inInput(call) as WindowCall) })
    case 'unnest':
      return updated(plan, { lists: mapSame(plan.lists, inInput) })
    case 'table-function':
      return updated(plan, { args: mapSame(plan.args, inInput) })
    case 'computed-limit':
      return updated(plan, {
        count: plan.count === undefined ? undefined : inInput(plan.count),
        offset: plan.offset === undefined ? undefined : inInput(plan.offset),
      })
    case 'pick':
      return updated(plan, {
        keys: plan.keys === undefined ? undefined : mapSame(plan.keys, inInput),
      })
  }
  return assertNever(plan)
}

const mapScan = (scan: Scan, f: Rewrite): Scan =>
  scan.predicate === undefined ? scan : updated(scan, { predicate: f(scan.predicate, 'table') })

function mapJoin(join: Join, f: Rewrite): Join {
  const { delim } = join
  return updated(join, {
    conditions: mapSame(join.conditions, (condition) =>
      updated(condition, {
        left: f(condition.left, 'left'),
        right: f(condition.right, 'right'),
      }),
    ),
    residual: mapSame(join.residual, (expr) => f(expr, 'both')),
    delim:
      delim === undefined
        ? undefined
        : updated(delim, { keys: mapSame(delim.keys, (key) => f(key, delim.source)) }),
  })
}

const mapOrders = (orders: readonly SortOrder[], f: (expr: Expr) => Expr): readonly SortOrder[] =>
  mapSame(orders, (order) => updated(order, { expr: f(order.expr) }))

/** The list with every item replaced; the list itself when no item changed. */
function mapSame<T>(items: readonly T[], f: (item: T) => T): readonly T[] {
  const mapped = items.map(f)
  return mapped.every((item, i) => item === items[i]) ? items : mapped
}

/** The object with new fields; the object itself when they are what it had. */
function updated<T extends object, K extends keyof T>(value: T, fields: { readonly [Key in K]: T[Key] }): T {
  const keys = Object.keys(fields) as K[]
  return keys.every((key) => fields[key] === value[key]) ? value : { ...value, ...fields }
}
