/** Whether computing a plan again gives the same rows: what may be computed in several tasks. */
import { childrenOf, exprsOf, someExpr, typeOf, type AggregateCall, type Plan } from '@arbalest/plan'

/** False for volatile functions, for samples and for LIMIT that no sort decides. */
export function isRepeatable(plan: Plan): boolean {
  if ((plan.kind === 'limit' || plan.kind === 'computed-limit') && plan.input.kind !== 'sort') return false
  // Which rows are looked at hangs on their order; of a text nobody knows.
  if (plan.kind === 'sample' || plan.kind === 'key-sample' || plan.kind === 'whole-select') return false
  if (exprsOf(plan).some((expr) => someExpr(expr, (e) => e.kind === 'function' && e.isVolatile))) return false
  return childrenOf(plan).every(isRepeatable)
}

/**
 * Whether every task that computes the plan comes to the same rows, bit for bit, though threads hand on
 * rows in another order each time. False where that order decides: ties of a LIMIT or a DISTINCT ON,
 * windows, aggregates such as `list` and `first`, sums of doubles.
 */
export function isSameInEveryTask(plan: Plan): boolean {
  return isRepeatable(plan) && !dependsOnOrder(plan)
}

function dependsOnOrder(plan: Plan): boolean {
  switch (plan.kind) {
    case 'limit': case 'computed-limit': case 'window': case 'sample': case 'positional-join': case 'whole-select':
      return true
    case 'distinct':
      if (plan.on !== undefined) return true
      break
    case 'aggregate':
      if (!givesOneRow(plan.input) && !plan.aggregates.every(isOrderFree)) return true
      break
    case 'partial-aggregate':
      if (!plan.partials.every(isOrderFree)) return true
      break
    case 'final-aggregate':
      if (plan.merges.some((merge) => someExpr(merge, (e) => e.kind === 'aggregate' && !isOrderFree(e)))) return true
      break
    case 'scan': case 'values': case 'project': case 'filter': case 'join': case 'delim-scan': case 'sort':
    case 'set-operation': case 'cte': case 'cte-scan': case 'shuffle-read': case 'replicated-scan': case 'pick':
    case 'key-sample': case 'range-number': case 'other-ranges':
    case 'unnest': case 'table-function': case 'recursive-cte':
  }
  return childrenOf(plan).some(dependsOnOrder)
}

/** Whatever is computed over one row is the same in any order. */
function givesOneRow(plan: Plan): boolean {
  if (plan.kind === 'project' || plan.kind === 'filter') return givesOneRow(plan.input)
  if (plan.kind === 'aggregate') return plan.groups.length === 0
  return plan.kind === 'final-aggregate' && plan.groupCount === 0
}

const orderFree = new Set([
  'count', 'count_if', 'min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor', 'sum', 'avg',
])

/** Sums of doubles depend on the order of their terms in the last bits. */
function isOrderFree({ name, args }: AggregateCall): boolean {
  const adds = name === 'sum' || name === 'avg'
  const isInexact = args.map(typeOf).some((type) =>
    type.kind === 'simple' && (type.name === 'DOUBLE' || type.name === 'FLOAT'))
  return orderFree.has(name) && args.length <= 1 && !(adds && isInexact)
}
