export * from './edge-codec.js'
export type * from './engine-port.js'
export type * from './expr.js'
export { inputViewSql, sliceViewSql } from './input-view.js'
export type * from './inspect.js'
export type * from './plan.js'
export type * from './prepared-query.js'
export type * from './stage.js'
export type * from './table-source.js'

// walks over plans and expressions
export { childrenOf, maxId, operatorsOf, transformUp, withChildren } from './walk.js'
export {
  childExprs,
  columnsUsed,
  mapColumns,
  someExpr,
  transformExpr,
  typeOf,
  withChildExprs,
} from './walk-expressions.js'
export { exprsOf, mapExprs, scopedExprsOf, type ExprScope, type ScopedExpr } from './walk-operator-exprs.js'
export { inputNeeds, type InputNeed } from './input-needs.js'

// plans as text
export { decodePreparedQuery, encodePreparedQuery } from './encode.js'

// laws of plans
export { checkPlan, type PlanPhase } from './check/check-plan.js'

// plans for people
export { isoDateOf, isoTimestampOf, timestampDigits } from './calendar.js'
export { printExpr, type ColumnNames } from './print-expression.js'
export { printPlan, type PrintOptions } from './print.js'

// the cluster as the planner sees it
export { clusterFactsOf, type ClusterMember, type Machine } from './cluster-facts.js'
