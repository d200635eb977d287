/** All laws of plans at once: run after every pass in tests, after the last pass always. */
import type { Plan } from '../plan.js'
import { columnsResolve } from './columns-resolve.js'
import { idsUnique } from './ids-unique.js'
import { logicalOnly } from './logical-only.js'
import { scansInScope } from './scans-in-scope.js'
import { typesAgree } from './types-agree.js'

/** `physical` permits the operators that the distribution puts in. */
export type PlanPhase = 'logical' | 'physical'

/** @throws AssertionFailed naming the operator and the law it breaks. */
export function checkPlan(plan: Plan, phase: PlanPhase = 'logical'): void {
  idsUnique(plan)
  if (phase === 'logical') logicalOnly(plan)
  columnsResolve(plan)
  typesAgree(plan)
  scansInScope(plan)
}
