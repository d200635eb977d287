import type { Plan } from '../plan.js'
import { inputNeeds } from '../input-needs.js'
import { columnsUsed } from '../walk-expressions.js'
import { scopedExprsOf } from '../walk-operator-exprs.js'
import { operatorsOf } from '../walk.js'
import { holds, type Check } from './check.js'

/**
 * Live columns exist, in ascending order, and every column that an operator looks at is live where it
 * comes from. Expressions of columns that are not live are never rendered: they may look anywhere.
 */
export const columnsResolve: Check = (plan) => {
  for (const node of operatorsOf(plan)) {
    checkLive(node)
    checkWithoutInput(node)
    for (const [input, columns] of inputNeeds(node, node.live)) {
      const live = new Set(input.live)
      for (const column of columns) {
        holds(live.has(column), node, `column ${column} of its input ${input.kind} n${input.id} is live`)
      }
    }
  }
}

function checkLive(plan: Plan): void {
  plan.live.forEach((index, i) => {
    holds(Number.isInteger(index) && index >= 0, plan, `live ${index} is a position`)
    holds(index < plan.types.length, plan, `live column ${index} is below its ${plan.types.length} columns`)
    holds(i === 0 || (plan.live[i - 1] ?? -1) < index, plan, 'its live columns ascend')
  })
}

/** Columns of a scan's predicate are the table's; constant rows have none. */
function checkWithoutInput(plan: Plan): void {
  const scan = plan.kind === 'replicated-scan' ? plan.scan : plan
  const width = scan.kind === 'scan' ? scan.tableColumns.length : 0
  for (const { expr, scope } of scopedExprsOf(plan)) {
    if (scope !== 'table' && scope !== 'none') continue
    for (const index of columnsUsed([expr])) holds(index < width, plan, `it has table column ${index}`)
  }
}
