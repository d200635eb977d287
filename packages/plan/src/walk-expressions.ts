/**
 * Generic walks over expressions: children, rewriting, the columns used, types. A kind missing from
 * `childExprs` and `withChildExprs` does not compile.
 *
 * These functions recurse as deep as the expression nests, which readers bound by `limits.nestingMax`.
 */
import { assert, assertNever, booleanType, present, type DataType } from '@arbalest/common'
import type { Expr, FrameBound, SortOrder } from './expr.js'

const boundExprs = (bound: FrameBound): readonly Expr[] => ('offset' in bound ? [bound.offset] : [])

const orderExprs = (orders: readonly SortOrder[]): readonly Expr[] => orders.map((order) => order.expr)

const optional = (expr: Expr | undefined): readonly Expr[] => (expr === undefined ? [] : [expr])

/** The direct parts of an expression, in the order they are written. */
export function childExprs(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return []
    case 'comparison':
      return [expr.left, expr.right]
    case 'and':
    case 'or':
      return expr.terms
    case 'cast':
      return [expr.input]
    case 'lambda':
      return [expr.body]
    case 'case':
      return [...expr.branches.flatMap((branch) => [branch.when, branch.then]), expr.otherwise]
    case 'between':
      return [expr.input, expr.low, expr.high]
    case 'operator':
    case 'function':
      return expr.args
    case 'aggregate':
      return [...expr.args, ...optional(expr.filter), ...orderExprs(expr.orders)]
    case 'window':
      return [
        ...expr.args,
        ...optional(expr.filter),
        ...orderExprs(expr.argOrders),
        ...expr.partitions,
        ...orderExprs(expr.orders),
        ...boundExprs(expr.frame.start),
        ...boundExprs(expr.frame.end),
      ]
  }
  return assertNever(expr)
}

/** Hands out the new parts in the order `childExprs` lists them. */
function supplyOf(exprs: readonly Expr[]) {
  let next = 0
  const one = (): Expr => present(exprs[next++], 'an expression keeps its number of parts')
  return {
    one,
    each: (old: readonly Expr[]) => old.map(one),
    optional: (old: Expr | undefined) => (old === undefined ? undefined : one()),
    orders: (old: readonly SortOrder[]) => old.map((order) => ({ ...order, expr: one() })),
    bound: (old: FrameBound): FrameBound => ('offset' in old ? { ...old, offset: one() } : old),
  }
}

/** The expression with other parts, as many as it had; the expression itself when they are the same. */
export function withChildExprs(expr: Expr, children: readonly Expr[]): Expr {
  const before = childExprs(expr)
  assert(before.length === children.length, `${expr.kind} has ${before.length} parts`)
  if (before.every((child, i) => child === children[i])) return expr
  const supply = supplyOf(children)
  switch (expr.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return expr
    case 'comparison':
      return { ...expr, left: supply.one(), right: supply.one() }
    case 'and':
    case 'or':
      return { ...expr, terms: children }
    case 'cast':
      return { ...expr, input: supply.one() }
    case 'lambda':
      return { ...expr, body: supply.one() }
    case 'case':
      return {
        ...expr,
        branches: expr.branches.map(() => ({ when: supply.one(), then: supply.one() })),
        otherwise: supply.one(),
      }
    case 'between':
      return { ...expr, input: supply.one(), low: supply.one(), high: supply.one() }
    case 'operator':
    case 'function':
      return { ...expr, args: children }
    case 'aggregate':
      return {
        ...expr,
        args: supply.each(expr.args),
        filter: supply.optional(expr.filter),
        orders: supply.orders(expr.orders),
      }
    case 'window':
      return {
        ...expr,
        args: supply.each(expr.args),
        filter: supply.optional(expr.filter),
        argOrders: supply.orders(expr.argOrders),
        partitions: supply.each(expr.partitions),
        orders: supply.orders(expr.orders),
        frame: {
          ...expr.frame,
          start: supply.bound(expr.frame.start),
          end: supply.bound(expr.frame.end),
        },
      }
  }
  return assertNever(expr)
}

/** Rewrites bottom-up: `f` sees every part with its own parts already rewritten. */
export function transformExpr(expr: Expr, f: (expr: Expr) => Expr): Expr {
  return f(withChildExprs(expr, childExprs(expr).map((child) => transformExpr(child, f))))
}

/** Replaces column references: by another position, or by an expression. */
export const mapColumns = (expr: Expr, map: (index: number) => Expr | number): Expr =>
  transformExpr(expr, (part) => {
    if (part.kind !== 'column') return part
    const to = map(part.index)
    if (typeof to !== 'number') return to
    return to === part.index ? part : { ...part, index: to }
  })

/** Whether the expression or a part of it, at any depth, fulfils the predicate. */
export const someExpr = (expr: Expr, predicate: (expr: Expr) => boolean): boolean =>
  predicate(expr) || childExprs(expr).some((child) => someExpr(child, predicate))

/** The positions of all columns that the expressions look at. */
export function columnsUsed(exprs: readonly Expr[]): Set<number> {
  const used = new Set<number>()
  const open = [...exprs]
  for (let expr = open.pop(); expr !== undefined; expr = open.pop()) {
    if (expr.kind === 'column') used.add(expr.index)
    else for (const child of childExprs(expr)) open.push(child)
  }
  return used
}

/** The type of an expression's value. */
export function typeOf(expr: Expr): DataType {
  switch (expr.kind) {
    case 'comparison':
    case 'and':
    case 'or':
    case 'between':
      return booleanType
    case 'lambda':
      return typeOf(expr.body)
    case 'column':
    case 'constant':
    case 'parameter':
    case 'cast':
    case 'case':
    case 'operator':
    case 'function':
    case 'aggregate':
    case 'window':
      return expr.type
  }
  return assertNever(expr)
}
