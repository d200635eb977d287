/** Rows of joins: of those that match by the different values that keys have, of the others by what is left. */
import { assertNever } from '@arbalest/common'
import type { Join } from '@arbalest/plan'
import { distinctValues } from './distinct-values.js'
import type { Size } from './estimate-groups.js'
import { isEquality } from './join-keys.js'
import type { PlanFacts } from './plan-facts.js'

/** `plan` is the logical join, `left` and `right` are what its sides came to. */
export function estimateJoin(plan: Join, left: Size, right: Size, context: PlanFacts): Size {
  const domainRows = Math.max(left.domainRows, right.domainRows)
  const share = (side: Size) => Math.min(1, side.rows / Math.max(1, side.domainRows))
  switch (plan.joinType) {
    case 'left': case 'single': case 'mark': return { rows: left.rows, domainRows }
    case 'semi': return { rows: left.rows * Math.min(0.5, share(right)), domainRows }
    case 'anti': return { rows: left.rows * 0.5, domainRows }
    case 'right': case 'full': return { rows: Math.max(left.rows, right.rows), domainRows }
    case 'inner': {
      if (!plan.conditions.some(isEquality)) return { rows: left.rows * right.rows, domainRows }
      const keys = keyValues(plan, left, right, context)
      const matches = Math.max(domainRows, (left.domainRows * right.domainRows) / keys)
      const rows = (left.rows * right.rows) / keys
      return { rows: Math.max(1, rows, metRows(plan, left, right, context)), domainRows: matches }
    }
  }
  return assertNever(plan.joinType)
}

/**
 * Different values of the keys that an equality may have, of the side that has more of them: each row of the other
 * side meets its share. A side whose values are not known is taken for one that has each once, as the smaller table
 * of a foreign key has.
 */
function keyValues(plan: Join, left: Size, right: Size, context: PlanFacts): number {
  const smaller = Math.max(1, Math.min(left.domainRows, right.domainRows))
  let values = 1
  let areKnown = true
  for (const condition of plan.conditions.filter(isEquality)) {
    const [ofLeft, ofRight] = [
      distinctValues(plan.left, condition.left, context), distinctValues(plan.right, condition.right, context),
    ]
    areKnown &&= ofLeft !== undefined && ofRight !== undefined
    values *= Math.max(ofLeft ?? 0, ofRight ?? 0) || smaller
  }
  return Math.min(values, areKnown ? Math.max(left.domainRows, right.domainRows, 1) : smaller)
}

/**
 * Rows of the side whose key has fewer values, where the other one was filtered: what is asked for is mostly
 * something that the first side has. A table of days spans two centuries, facts five years of them; a filter of
 * one year keeps a fifth of the facts, not a two-hundredth.
 */
function metRows(plan: Join, left: Size, right: Size, context: PlanFacts): number {
  const [condition, second] = plan.conditions.filter(isEquality)
  if (condition === undefined || second !== undefined) return 0
  const leftValues = distinctValues(plan.left, condition.left, context)
  const rightValues = distinctValues(plan.right, condition.right, context)
  if (leftValues === undefined || rightValues === undefined || leftValues === rightValues) return 0
  const [fewer, more, values] = leftValues < rightValues ? [left, right, leftValues] : [right, left, rightValues]
  return more.rows < more.domainRows ? fewer.rows * Math.min(1, more.rows / values) : 0
}
