/**
 * How many groups rows fall into, by the different values of the columns they are grouped by. Columns of one
 * table together have no more values than it has rows; of R rows over D equally likely groups about
 * D (1 - exp(-R / D)) are met (the occupancy problem).
 */
import { isInteger } from '@arbalest/common'
import { columnsUsed, typeOf, type Expr, type Plan } from '@arbalest/plan'
import { distinctValues } from './distinct-values.js'
import { keyColumn } from './key-columns.js'
import type { PlanFacts } from './plan-facts.js'
import { valuesLeft } from './values-left.js'

export interface GroupEstimate {
  readonly groups: number
  /** Whether statistics tell of every column, or tell enough without it. */
  readonly isKnown: boolean
  /** Share of groups in the rows before any filter, by the columns that statistics tell of: what is sure. */
  readonly leastShare: number
  /** Groups if columns of which nothing is known had a value for each row of their tables. */
  readonly most: number
}

/** Above such a share of different rows a first phase that drops the others costs more than it saves. */
const groupShareMax = 0.75
/** Rows that are too few to ask. */
const rowsMin = 20_000

/** Whether nearly every row has a group of its own, as far as statistics tell. */
export const barelyRepeats = ({ leastShare }: GroupEstimate, { rows }: Size): boolean =>
  rows >= rowsMin && leastShare >= groupShareMax

/** Values of one table's columns: of those that are known, and of all. */
interface TableValues { known: number; values: number; isGuessed: boolean; readonly most: number }

/** Rows that there are, and that there would be without filters. */
export interface Size { readonly rows: number; readonly domainRows: number }

/** Rows of `input` by the different values of expressions over it. */
export interface Grouping { readonly input: Plan, readonly groups: readonly Expr[] }

/** `plan` is the logical aggregate, `input` what its input came to. */
export function estimateGroups(plan: Grouping, input: Size, context: PlanFacts): GroupEstimate {
  if (plan.groups.length === 0) return { groups: 1, isKnown: true, leastShare: 0, most: 1 }
  const tables = new Map<number | undefined, TableValues>()
  for (const group of plan.groups) {
    const scan = scanOf(plan, group, context)
    const source = scan === undefined ? undefined : context.scans.get(scan)?.source
    const most = source === undefined ? Infinity : context.sources[source]?.rows ?? Infinity
    const table = tables.get(scan) ?? { known: 1, values: 1, isGuessed: false, most }
    tables.set(scan, table)
    const known = distinctValues(plan.input, group, context)
    const column = keyColumn(group)
    const left = column === undefined ? undefined : valuesLeft(plan.input, column)
    table.isGuessed ||= known === undefined && left === undefined
    table.known *= known ?? 1
    table.values *= Math.min(known ?? guessedValues(group, input.rows), left ?? Infinity)
  }
  let all = 1
  let known = 1
  let most = 1
  let isKnown = true
  for (const table of tables.values()) {
    all *= Math.min(table.values, table.most)
    known *= Math.min(table.known, table.most)
    most *= table.isGuessed ? table.most : Math.min(table.values, table.most)
    isKnown &&= !table.isGuessed || table.known >= table.most
  }
  const domainRows = Math.max(1, input.rows, input.domainRows)
  const leastShare = groupsMet(known, domainRows) / domainRows
  return { groups: groupsMet(all, input.rows), isKnown, leastShare, most: groupsMet(most, input.rows) }
}

const groupsMet = (values: number, rows: number): number =>
  Number.isFinite(values) ? Math.max(1, Math.min(rows, values * -Math.expm1(-rows / values))) : Math.max(1, rows)

/** The one scan that all columns of an expression come from. */
function scanOf(plan: Grouping, expr: Expr, { originOf }: PlanFacts): number | undefined {
  const scans = new Set([...columnsUsed([expr])].map((column) => originOf(plan.input, column)?.scan))
  const [only] = scans
  return scans.size === 1 ? only : undefined
}

function guessedValues(group: Expr, rows: number): number {
  const type = typeOf(group)
  if (type.kind === 'simple' && type.name === 'BOOLEAN') return 2
  return isInteger(type) && keyColumn(group) !== undefined ? Math.max(1, rows / 3) : Math.max(1, rows ** 0.4)
}
