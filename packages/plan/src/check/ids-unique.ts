import type { Plan } from '../plan.js'
import { operatorsOf } from '../walk.js'
import { holds, type Check } from './check.js'

/** Every operator has an id of its own; a shared subplan is one operator. */
export const idsUnique: Check = (plan) => {
  const seen = new Map<number, Plan>()
  for (const node of operatorsOf(plan)) {
    holds(Number.isSafeInteger(node.id) && node.id >= 0, node, 'its id is a whole number')
    holds(!seen.has(node.id), node, `its id is also that of a ${seen.get(node.id)?.kind ?? ''}`)
    seen.set(node.id, node)
  }
}
