/** Rows of a logical plan before anything has run: what a choice made ahead of the walk rests on. */
import { assertNever, present } from '@arbalest/common'
import { columnsUsed, operatorsOf, type Filter, type Plan } from '@arbalest/plan'
import { distinctValues } from './distinct-values.js'
import { selectivity } from './estimate.js'
import { estimateGroups, type Size } from './estimate-groups.js'
import { estimateJoin } from './estimate-join.js'
import type { PlanFacts } from './plan-facts.js'
import { valuesLeft } from './values-left.js'

/** Undefined where nobody can tell: below subqueries that hang on their outer rows, and for rows that are computed. */
export function estimatePlan(root: Plan, facts: PlanFacts): (plan: Plan) => Size | undefined {
  const definitions = new Map(operatorsOf(root).flatMap((plan) =>
    (plan.kind === 'cte' ? [[plan.cteId, plan.definition] as const] : [])))
  const known = new Map<Plan, Size | undefined>()
  const sizeOf = (plan: Plan): Size | undefined => {
    if (!known.has(plan)) known.set(plan, computed(plan))
    return known.get(plan)
  }
  const computed = (plan: Plan): Size | undefined => {
    switch (plan.kind) {
      case 'scan': {
        const source = present(facts.sources[plan.source], `source ${plan.source} of the plan`)
        return { rows: source.rows * selectivity(plan.predicate, source), domainRows: source.rows }
      }
      case 'values': return { rows: plan.rows.length, domainRows: plan.rows.length }
      case 'project': case 'sort': case 'window': return sizeOf(plan.input)
      case 'filter': {
        const size = sizeOf(plan.input)
        const rows = size && (rowsByValues(plan, size, facts) ?? size.rows * 0.3 ** Math.min(2, plan.predicates.length))
        return size && rows !== undefined ? { ...size, rows } : undefined
      }
      case 'aggregate': case 'partial-aggregate': {
        const size = sizeOf(plan.input)
        const groups = size && estimateGroups(plan, size, facts).groups
        return groups === undefined ? undefined : { rows: groups, domainRows: groups }
      }
      case 'distinct': return sizeOf(plan.input)
      case 'limit': {
        const size = sizeOf(plan.input)
        return size && { ...size, rows: Math.min(size.rows, plan.count ?? Infinity) }
      }
      case 'join': {
        const [left, right] = [sizeOf(plan.left), sizeOf(plan.right)]
        if (plan.delim !== undefined || left === undefined || right === undefined) return undefined
        // What is looked for among other rows is found for a share that no statistics tell.
        if (plan.joinType === 'semi' || plan.joinType === 'anti' || plan.joinType === 'mark') return undefined
        return estimateJoin(plan, left, right, facts)
      }
      case 'set-operation': {
        const sizes = plan.inputs.map(sizeOf)
        const sum = (of: (size: Size) => number) =>
          sizes.reduce((total, size) => total + (size === undefined ? NaN : of(size)), 0)
        const rows = sum((size) => size.rows)
        return Number.isNaN(rows) ? undefined : { rows, domainRows: sum((size) => size.domainRows) }
      }
      case 'cte-scan': {
        const definition = definitions.get(plan.cteId)
        return definition && sizeOf(definition)
      }
      case 'cte': return sizeOf(plan.body)
      case 'delim-scan': case 'unnest': case 'table-function': case 'sample': case 'computed-limit':
      case 'positional-join': case 'recursive-cte': case 'shuffle-read': case 'replicated-scan': case 'pick':
      case 'final-aggregate': case 'key-sample': case 'range-number': case 'other-ranges': case 'whole-select':
        return undefined
    }
    return assertNever(plan)
  }
  return sizeOf
}

/** Rows of a table of which everything that filters them asks for some values of one column. */
function rowsByValues(filter: Filter, { domainRows }: Size, facts: PlanFacts): number | undefined {
  const scan = filter.input
  const [column, second] = columnsUsed(filter.predicates)
  if (scan.kind !== 'scan' || column === undefined || second !== undefined) return undefined
  const read = scan.columns[column]
  const others = scan.predicate === undefined ? [] : [...columnsUsed([scan.predicate])]
  if (read?.kind !== 'table' || others.some((other) => other !== read.index)) return undefined
  const type = present(scan.types[column], 'a column has a type')
  const all = distinctValues(scan, { kind: 'column', index: column, type }, facts)
  const left = valuesLeft(filter, column)
  return all === undefined || left === undefined ? undefined : domainRows * Math.min(1, left / all)
}
