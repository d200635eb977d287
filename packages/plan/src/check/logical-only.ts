import type { Plan } from '../plan.js'
import { operatorsOf } from '../walk.js'
import { holds, type Check } from './check.js'

const physicalKinds: ReadonlySet<Plan['kind']> = new Set<Plan['kind']>([
  'shuffle-read', 'replicated-scan', 'pick', 'partial-aggregate', 'final-aggregate', 'key-sample', 'range-number',
  'other-ranges',
])

/** What the distribution puts in does not stand in a logical plan. */
export const logicalOnly: Check = (plan) => {
  for (const node of operatorsOf(plan)) {
    holds(!physicalKinds.has(node.kind), node, 'it is no operator of a logical plan')
  }
}
