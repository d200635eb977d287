/**
 * One predicate for rows that any of several conjunctions wants. DuckDB skips row groups by bounds of a column and
 * by disjunctions of two bounds, not by disjunctions of ranges, and evaluates those for 0.1 s of CPU where bounds
 * around all of them take 0.01 s (2.9 M rows of TPC-DS store_sales). So there are bounds around all and around wide
 * gaps between them, and the disjunction itself only where it drops many more rows than they do.
 */
import { assertNever, present, sameType } from '@arbalest/common'
import { columnsUsed, type Constant, type Expr } from '@arbalest/plan'
import { allOf } from './build-expression.js'

export interface MergedPredicate {
  /** True for every row that fulfils one of the conjunctions, and for few others. */
  readonly terms: readonly Expr[]
  /** Whether one reading skips row groups as well, by a column that all of them are about. */
  readonly skipsAlike: boolean
}

/** Bounds drop nearly as many rows as the disjunction where the wanted ranges are such a share of what they keep. */
const denseShare = 0.5
/** Where they are less than this, rows between them may cost more than several readings. */
const sparseShare = 0.125
/** Gaps of such a share of everything between the least and the greatest bound are kept out by a term of their own. */
const wideGapShare = 0.25

/**
 * `branches` are conjunctions that differ from each other. Beside one without terms the others skip nothing; what
 * their own readings would take is less than what telling their rows from all rows takes.
 */
export function mergePredicates(branches: readonly (readonly Expr[])[]): MergedPredicate {
  if (branches.some((terms) => terms.length === 0)) return { terms: [], skipsAlike: branches.length === 1 }
  const [first = []] = branches
  const columns = [...singleColumns(first)].filter((column) =>
    branches.every((terms) => singleColumns(terms).has(column)))
  const ranges = columns.flatMap((column) => rangeOfAll(column, branches) ?? [])
  const bounds = ranges.flatMap((range) => range.terms)
  const [only] = ranges
  const saysAll = ranges.length === 1 && only !== undefined && only.share >= denseShare && branches.every((terms) =>
    terms.every((term) => boundsOf(term, only.column) !== undefined))
  const any: Expr = { kind: 'or', terms: branches.map((terms) => present(allOf(terms), 'no branch is empty')) }
  const skipsAlike = columns.some((column) => {
    const range = ranges.find((one) => one.column === column)
    return range === undefined || range.share >= sparseShare || range.isEquality
  })
  return { terms: saysAll ? bounds : [...bounds, any], skipsAlike }
}

/** Columns that terms of their own are about. */
function singleColumns(terms: readonly Expr[]): ReadonlySet<number> {
  return new Set(terms.flatMap((term) => {
    const used = [...columnsUsed([term])]
    return used.length === 1 ? used : []
  }))
}

interface Range {
  readonly column: number
  readonly terms: readonly Expr[]
  /** What the conjunctions want of the values that the terms keep, as a share of them. */
  readonly share: number
  /** Whether all conjunctions want one value: DuckDB looks for values in row groups, too. */
  readonly isEquality: boolean
}

/** What a column is compared with, and its value in the least unit of its type. */
interface Bound { readonly column: Expr; readonly constant: Constant; readonly value: bigint }
/** Values from the one to the other, or from or to one of them on. */
interface Interval { readonly low: Bound | undefined; readonly high: Bound | undefined }

/** Between which values of the column all conjunctions lie; undefined where one of them says no bound of it. */
function rangeOfAll(column: number, branches: readonly (readonly Expr[])[]): Range | undefined {
  const intervals = branches.map((terms): Interval => {
    const bounds = terms.flatMap((term) => boundsOf(term, column) ?? [])
    return {
      low: greatest(bounds.flatMap(({ low }) => low ?? [])),
      high: least(bounds.flatMap(({ high }) => high ?? [])),
    }
  })
  const all = intervals.flatMap(({ low, high }) => [low, high]).filter((bound) => bound !== undefined)
  const [first] = all
  const isBounded = intervals.every(({ low, high }) => low !== undefined || high !== undefined)
  if (first === undefined || !isBounded || !all.every((one) => sameType(one.constant.type, first.constant.type))) {
    return undefined
  }
  const extent = Number((greatest(all)?.value ?? 0n) - (least(all)?.value ?? 0n))
  const isEquality = intervals.every(({ low, high }) => low !== undefined && low.value === high?.value)
  const { gaps, kept, wanted } = gapsBetween(intervals, extent)
  return {
    column,
    terms: [
      ...(intervals.every(({ low }) => low !== undefined) ? comparison('>=', least(all)) : []),
      ...(intervals.every(({ high }) => high !== undefined) ? comparison('<=', greatest(all)) : []),
      ...(isEquality ? [] : gaps),
    ],
    share: isEquality ? intervals.length / (extent + 1) : kept === 0 ? 1 : wanted / kept,
    isEquality,
  }
}

const comparison = (operator: '>=' | '<=', bound: Bound | undefined): readonly Expr[] =>
  bound === undefined ? [] : [{ kind: 'comparison', operator, left: bound.column, right: bound.constant }]

/** Terms that keep wide gaps out, how many values are left, and how many of them lie in no narrow gap. */
function gapsBetween(intervals: readonly Interval[], extent: number) {
  const [first, ...others] = intervals.toSorted((a, b) => ascending(a.low, b.low))
  const gaps: Expr[] = []
  let end = first?.high
  let [wide, narrow] = [0, 0]
  for (const { low, high } of others) {
    if (end === undefined) break
    const gap = low === undefined ? 0 : Number(low.value - end.value)
    if (gap > 1 && gap >= extent * wideGapShare) {
      gaps.push({ kind: 'or', terms: [...comparison('<=', end), ...comparison('>=', low)] })
      wide += gap
    } else if (gap > 1) narrow += gap
    end = high === undefined ? undefined : greatest([end, high])
  }
  return { gaps, kept: extent - wide, wanted: extent - wide - narrow }
}

/** Intervals without a least value first. */
function ascending(a: Bound | undefined, b: Bound | undefined): number {
  if (a === undefined || b === undefined) return Number(b === undefined) - Number(a === undefined)
  return a.value < b.value ? -1 : Number(a.value > b.value)
}

const least = ([first, ...others]: readonly Bound[]): Bound | undefined =>
  first === undefined ? undefined : others.reduce((found, one) => (one.value < found.value ? one : found), first)

const greatest = ([first, ...others]: readonly Bound[]): Bound | undefined =>
  first === undefined ? undefined : others.reduce((found, one) => (one.value > found.value ? one : found), first)

/** What a term says about the column alone, as values it lies between; undefined where it says something else. */
function boundsOf(term: Expr, column: number): { readonly low?: Bound; readonly high?: Bound } | undefined {
  if (term.kind === 'between') {
    const [low, high] = [boundOf(term.input, term.low), boundOf(term.input, term.high)]
    return isColumn(term.input, column) && low !== undefined && high !== undefined ? { low, high } : undefined
  }
  if (term.kind !== 'comparison' || !isColumn(term.left, column)) return undefined
  const { operator, left, right } = term
  const bound = boundOf(left, right)
  if (bound === undefined) return undefined
  switch (operator) {
    case '=': return { low: bound, high: bound }
    case '>': case '>=': return { low: bound }
    case '<': case '<=': return { high: bound }
    case '<>': case 'IS DISTINCT FROM': case 'IS NOT DISTINCT FROM': return undefined
  }
  return assertNever(operator)
}

const isColumn = (expr: Expr, column: number): boolean => expr.kind === 'column' && expr.index === column

/** Integers, decimals, dates and timestamps. */
function boundOf(column: Expr, expr: Expr): Bound | undefined {
  const value = expr.kind === 'constant' ? valueOf(expr) : undefined
  return expr.kind === 'constant' && value !== undefined ? { column, constant: expr, value } : undefined
}

function valueOf({ type, value }: Constant): bigint | undefined {
  if (value.kind === 'days') return BigInt(value.days)
  if (value.kind === 'ticks') return BigInt(value.ticks)
  if (value.kind !== 'text') return undefined
  const isExact = type.kind === 'decimal' || (type.kind === 'simple' && exactNames.has(type.name))
  const [, sign, whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value.text) ?? []
  const scale = type.kind === 'decimal' ? type.scale : 0
  if (!isExact || whole === undefined || fraction.length > scale) return undefined
  const digits = BigInt(whole + fraction.padEnd(scale, '0'))
  return sign === '-' ? -digits : digits
}

const exactNames: ReadonlySet<string> = new Set([
  'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT',
])
