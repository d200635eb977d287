/** What a rule and a pass are. */
import type { Plan } from '@arbalest/plan'

export type PlanKind = Plan['kind']
export type PlanOfKind<K extends PlanKind> = Extract<Plan, { readonly kind: K }>

export interface RuleContext {
  /** An operator id that the plan does not use yet. */
  nextId(): number
}

/**
 * A local rewrite of operators of one kind. It keeps the output's columns, their types and the live
 * ones, and gives the operator itself when it does not apply; applied to its own output it must come to rest.
 */
export interface Rule<K extends PlanKind> {
  /** The file's name, shown by EXPLAIN VERBOSE. */
  readonly name: string
  readonly on: K
  apply(plan: PlanOfKind<K>, context: RuleContext): Plan
}

export type AnyRule = { readonly [K in PlanKind]: Rule<K> }[PlanKind]

/** One step of the optimizer over the whole plan; the plan itself when there is nothing to do. */
export interface Pass {
  readonly name: string
  /** `fired` is told the name of every rule that changed something, once for each place. */
  run(plan: Plan, fired?: (rule: string) => void): Plan
}
