/**
 * Sizes before anything has run. They steer which stage runs first; what they steer wrongly the true
 * counts of finished stages put right.
 */
import { assertNever, type DataType } from '@arbalest/common'
import type { ColumnStatistics, Constant, Expr, Operator, Plan, TableSource } from '@arbalest/plan'

/** Bytes of a row of the wanted columns, with 8 for the row itself. */
export function rowBytes(plan: Plan): number {
  return plan.live.reduce((sum, column) => sum + typeBytes(plan.types[column]), 8)
}

/** Bytes of a value, as far as its type tells. */
export function typeBytes(type: DataType | undefined): number {
  if (type === undefined) return 8
  switch (type.kind) {
    case 'simple': return ['VARCHAR', 'BLOB', 'JSON', 'BIT', 'BIGNUM'].includes(type.name) ? 24 : 8
    case 'decimal': return type.width > 18 ? 16 : 8
    case 'enum': return 4
    case 'list': case 'array': case 'struct': case 'map': case 'union': return 48
  }
  return assertNever(type)
}

/** `NOT LIKE` and `NOT ILIKE`: few texts have what is looked for. */
const unlikeNames = new Set(['!~~', '!~~*'])

/** Share of a table's rows that a predicate over its columns keeps, from 0 to 1. */
export function selectivity(predicate: Expr | undefined, source: TableSource): number {
  if (predicate === undefined) return 1
  switch (predicate.kind) {
    case 'and': return conjunctionShare(predicate.terms, source)
    case 'or': return Math.min(1, predicate.terms.reduce((sum, term) => sum + selectivity(term, source), 0))
    case 'comparison': return comparisonShare(predicate.operator, predicate.left, predicate.right, source)
    case 'operator': return operatorShare(predicate, source)
    case 'between': {
      const { input, low, high } = predicate
      const from = rangeBound('>=', input, low, source)
      const to = rangeBound('<=', input, high, source)
      return from === undefined || to === undefined ? 0.1 : Math.max(leastShare(input, source), to.at - from.at)
    }
    case 'constant': return predicate.value.kind === 'boolean' && !predicate.value.value ? 0 : 1
    case 'function': return unlikeNames.has(predicate.name) ? 0.9 : 0.2
    case 'column': case 'cast': case 'case': case 'aggregate': case 'window': case 'lambda':
    case 'parameter':
      return 0.2
  }
  return assertNever(predicate)
}

/** Bounds on one column overlap: `a >= 3 AND a < 7` keeps what both keep, not their product. */
function conjunctionShare(terms: readonly Expr[], source: TableSource): number {
  const ranges = new Map<number, { low: number; high: number }>()
  let share = 1
  for (const term of terms) {
    const bound = term.kind === 'comparison' ? rangeBound(term.operator, term.left, term.right, source) : undefined
    if (bound === undefined) {
      share *= selectivity(term, source)
      continue
    }
    const range = ranges.get(bound.column) ?? { low: 0, high: 1 }
    if (bound.side === 'low') range.low = Math.max(range.low, bound.at)
    else range.high = Math.min(range.high, bound.at)
    ranges.set(bound.column, range)
  }
  for (const { low, high } of ranges.values()) share *= Math.max(0.001, high - low)
  return share
}

function comparisonShare(operator: string, left: Expr, right: Expr, source: TableSource): number {
  if (operator === '=') return equalShare(left, source)
  if (operator === '<>') return 0.9
  const bound = rangeBound(operator, left, right, source)
  if (bound === undefined) return 0.4
  return Math.max(0.001, bound.side === 'low' ? 1 - bound.at : bound.at)
}

/** A column against a constant as a position in the column's range, 0 at its least value, 1 at its greatest. */
function rangeBound(operator: string, left: Expr, right: Expr, source: TableSource) {
  if (left.kind !== 'column' || right.kind !== 'constant') return undefined
  const statistics = statisticsOf(left.index, source)
  const value = numberOf(right)
  if (statistics?.min === undefined || statistics.max === undefined || value === undefined) return undefined
  const at = Math.min(1, Math.max(0, (value - statistics.min) / (statistics.max - statistics.min || 1)))
  if (operator === '>' || operator === '>=') return { column: left.index, side: 'low' as const, at }
  if (operator === '<' || operator === '<=') return { column: left.index, side: 'high' as const, at }
  return undefined
}

function statisticsOf(column: number, source: TableSource): ColumnStatistics | undefined {
  const name = source.columns[column]?.name
  return name === undefined ? undefined : source.statistics[name]
}

/** A constant as footers count: numbers as they are, dates as days since 1970. */
function numberOf(constant: Constant): number | undefined {
  const { value } = constant
  if (value.kind === 'days') return value.days
  if (value.kind !== 'text') return undefined
  const number = Number(value.text)
  return Number.isFinite(number) && value.text !== '' ? number : undefined
}

function operatorShare({ operator, args }: Operator, source: TableSource): number {
  if (operator === 'is-null') return 0.05
  if (operator === 'is-not-null') return 0.95
  const [sought] = args
  if (operator === 'in' && sought !== undefined) return Math.min(1, equalShare(sought, source) * (args.length - 1))
  return 0.5
}

/** Rows that have one value. */
function equalShare(column: Expr, source: TableSource): number {
  const statistics = column.kind === 'column' ? statisticsOf(column.index, source) : undefined
  if (statistics?.min === undefined || statistics.max === undefined) return 0.05
  return Math.min(1, Math.max(1 / (statistics.max - statistics.min + 1), 1e-4))
}

/** Bounds that are equal are an equality. */
const leastShare = (column: Expr, source: TableSource): number => Math.min(0.001, equalShare(column, source))
