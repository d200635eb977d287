/** How many values filters leave of a column, by what they say of it: `d_year IN (2001, 2002)` leaves two. */
import type { Expr, Plan } from '@arbalest/plan'
import { keyColumn } from './key-columns.js'

/** The most values that a column of the plan can have; undefined where no filter says so. */
export function valuesLeft(plan: Plan, column: number): number | undefined {
  switch (plan.kind) {
    case 'scan': {
      const read = plan.columns[column]
      return read?.kind === 'table' && plan.predicate !== undefined ? allowed(plan.predicate, read.index) : undefined
    }
    case 'filter': return least([valuesLeft(plan.input, column), allowedByAll(plan.predicates, column)])
    case 'project': return through(plan.input, plan.exprs[column])
    case 'aggregate': case 'partial-aggregate': return through(plan.input, plan.groups[column])
    case 'sort': case 'limit': case 'distinct': return valuesLeft(plan.input, column)
    case 'window': return column < plan.input.types.length ? valuesLeft(plan.input, column) : undefined
    case 'join': {
      const width = plan.left.types.length
      return column < width ? valuesLeft(plan.left, column) : valuesLeft(plan.right, column - width)
    }
    case 'set-operation': case 'values': case 'shuffle-read': case 'replicated-scan': case 'pick': case 'cte':
    case 'cte-scan': case 'delim-scan': case 'final-aggregate': case 'key-sample': case 'range-number':
    case 'other-ranges': case 'positional-join': case 'unnest': case 'table-function': case 'sample':
    case 'computed-limit': case 'recursive-cte': case 'whole-select':
  }
  return undefined
}

function through(input: Plan, expr: Expr | undefined): number | undefined {
  const column = expr === undefined ? undefined : keyColumn(expr)
  return column === undefined ? undefined : valuesLeft(input, column)
}

const least = (counts: readonly (number | undefined)[]): number | undefined =>
  counts.reduce((best, count) => (best === undefined || (count !== undefined && count < best) ? count : best))

/** The values of a column for which a predicate may be true; a predicate that is about others says nothing. */
function allowed(predicate: Expr, column: number): number | undefined {
  const isIt = (expr: Expr | undefined) => expr?.kind === 'column' && expr.index === column
  switch (predicate.kind) {
    case 'and': return allowedByAll(predicate.terms, column)
    case 'or': {
      const counts = predicate.terms.map((term) => allowed(term, column) ?? Infinity)
      const sum = counts.reduce((total, count) => total + count, 0)
      return sum < Infinity ? sum : undefined
    }
    case 'comparison':
      return predicate.operator === '=' && isIt(predicate.left) && predicate.right.kind === 'constant' ? 1 : undefined
    case 'operator':
      return predicate.operator === 'in' && isIt(predicate.args[0]) ? predicate.args.length - 1 : undefined
    case 'between': case 'column': case 'constant': case 'cast': case 'case': case 'function': case 'aggregate':
    case 'window': case 'lambda': case 'parameter':
  }
  return undefined
}

/** What all leave: the least of them, or the whole numbers between two bounds. */
function allowedByAll(predicates: readonly Expr[], column: number): number | undefined {
  let low = -Infinity
  let high = Infinity
  for (const predicate of predicates) {
    const bound = boundOf(predicate, column)
    if (bound?.side === 'low') low = Math.max(low, bound.value)
    if (bound?.side === 'high') high = Math.min(high, bound.value)
  }
  const between = low > -Infinity && high < Infinity ? Math.max(1, high - low + 1) : undefined
  return least([between, ...predicates.map((predicate) => allowed(predicate, column))])
}

function boundOf(predicate: Expr, column: number) {
  if (predicate.kind !== 'comparison' || predicate.left.kind !== 'column') return undefined
  const { left, right, operator } = predicate
  if (left.index !== column || right.kind !== 'constant' || right.value.kind !== 'text') return undefined
  const value = Number(right.value.text)
  if (!Number.isInteger(value) || right.value.text === '') return undefined
  if (operator === '>=' || operator === '>') return { side: 'low', value } as const
  return operator === '<=' || operator === '<' ? { side: 'high', value } as const : undefined
}
