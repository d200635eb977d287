import type { Limit, Plan, SetOperation } from '@arbalest/plan'
import type { Rule, RuleContext } from '../rule.js'

/**
 * A limit counts rows as early as it can.
 *
 * Below projections, which keep the number of rows and their order:
 *
 *   Limit 5            Project
 *     Project     ->     Limit 5
 *       t                  t
 *
 * Into both inputs of UNION ALL and into the left side of a join that keeps every left row (left,
 * single, mark): each alone may supply all the rows wanted. The limit itself stays.
 *
 *   Limit 5 offset 2         Limit 5 offset 2
 *     Union all                Union all
 *       a                ->      Limit 7
 *       b                          a
 *                                Limit 7
 *                                  b
 */
export const pushLimitDown: Rule<'limit'> = {
  name: 'push-limit-down',
  on: 'limit',
  apply(limit, context) {
    if (limit.input.kind === 'project') return belowProjections(limit, limit.input)
    if (limit.count === undefined) return limit
    const input = withLimitedParts(limit.input, limit.count + limit.offset, context)
    return input === limit.input ? limit : { ...limit, input }
  },
}

function belowProjections(limit: Limit, plan: Plan): Plan {
  if (plan.kind === 'project') return { ...plan, input: belowProjections(limit, plan.input) }
  return { ...limit, input: plan, types: plan.types, live: plan.live }
}

/** The plan with limits inside where that keeps its first `most` rows; the plan itself otherwise. */
function withLimitedParts(plan: Plan, most: number, context: RuleContext): Plan {
  switch (plan.kind) {
    case 'project': {
      const input = limited(plan.input, most, context)
      return input === plan.input ? plan : { ...plan, input }
    }
    case 'set-operation': return limitedUnion(plan, most, context)
    case 'join': {
      const keepsLeftRows = plan.joinType === 'left' || plan.joinType === 'single' || plan.joinType === 'mark'
      const left = keepsLeftRows ? limited(plan.left, most, context) : plan.left
      return left === plan.left ? plan : { ...plan, left }
    }
    case 'scan':
    case 'replicated-scan':
    case 'shuffle-read':
    case 'values':
    case 'filter':
    case 'aggregate':
    case 'partial-aggregate':
    case 'final-aggregate':
    case 'delim-scan':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'window':
    case 'pick':
    case 'key-sample':
    case 'range-number':
    case 'other-ranges':
    case 'cte':
    case 'cte-scan':
    case 'recursive-cte':
    case 'positional-join':
    case 'whole-select':
    case 'unnest':
    case 'table-function':
    case 'sample':
    case 'computed-limit':
      return plan
  }
}

function limitedUnion(plan: SetOperation, most: number, context: RuleContext): Plan {
  if (plan.operation !== 'union' || !plan.all) return plan
  const inputs = plan.inputs.map((input) => limited(input, most, context))
  return inputs.every((input, i) => input === plan.inputs[i]) ? plan : { ...plan, inputs }
}

/** The plan with at most its first `most` rows wanted; the plan itself when it has no more anyway. */
function limited(plan: Plan, most: number, context: RuleContext): Plan {
  if (plan.kind === 'limit') {
    return plan.count !== undefined && plan.count <= most ? plan : { ...plan, count: most }
  }
  if (plan.kind === 'values' && plan.rows.length <= most) return plan
  if (plan.kind === 'aggregate' && plan.groups.length === 0) return plan
  if (plan.kind === 'project' || (plan.kind === 'set-operation' && plan.operation === 'union' && plan.all)) {
    return withLimitedParts(plan, most, context)
  }
  return {
    kind: 'limit',
    id: context.nextId(),
    types: plan.types,
    live: plan.live,
    input: plan,
    count: most,
    offset: 0,
  }
}
