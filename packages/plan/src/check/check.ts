/** What a checker of plans is. */
import { AssertionFailed } from '@arbalest/common'
import type { Plan } from '../plan.js'

/** Stops with AssertionFailed when the plan breaks the law that the checker is named after. */
export type Check = (plan: Plan) => void

/** Stops, naming the operator and the law. */
export function holds(condition: boolean, plan: Plan, law: string): void {
  if (!condition) throw new AssertionFailed(`${plan.kind} n${plan.id}: ${law}`)
}
