/**
 * How many groups rows fall into, by the different values of the columns they are grouped by. Columns of one
 * table together have no more values than it has rows; of R rows over D equally likely groups about
 * D (1 - exp(-R / D)) are met (the occupancy problem).
 */
import { isInteger } from '@arbalest/common'
import { columnsUsed, typeOf, type Aggregate, type Expr } from '@arbalest/plan'
import { distinctValues } from './distinct-values.js'
import type { Fragment } from './fragment.js'
import { keyColumn } from './key-columns.js'
import type { UnfoldContext } from './unfold-context.js'

export interface GroupEstimate {
  readonly groups: number
  /** Whether it rests on statistics alone. */
  readonly isKnown: boolean
}

/** Values of one table's columns: of those that are known, and of all. */
interface TableValues { known: number; values: number; isGuessed: boolean; readonly most: number }

/** `plan` is the logical aggregate, `input` what its input came to. */
export function estimateGroups(plan: Aggregate, input: Fragment, context: UnfoldContext): GroupEstimate {
  if (plan.groups.length === 0) return { groups: 1, isKnown: true }
  const tables = new Map<number | undefined, TableValues>()
  for (const group of plan.groups) {
    const scan = scanOf(plan, group, context)
    const source = scan === undefined ? undefined : context.scans.get(scan)?.source
    const most = source === undefined ? Infinity : context.sources[source]?.rows ?? Infinity
    const table = tables.get(scan) ?? { known: 1, values: 1, isGuessed: false, most }
    tables.set(scan, table)
    const known = distinctValues(plan.input, group, context)
    table.isGuessed ||= known === undefined
    table.known *= known ?? 1
    table.values *= known ?? guessedValues(group, input.rows)
  }
  let all = 1
  let isKnown = true
  for (const { known, values, isGuessed, most } of tables.values()) {
    all *= Math.min(values, most)
    isKnown &&= !isGuessed || known >= most
  }
  const groups = all * (1 - Math.exp(-input.rows / all))
  return { groups: Math.max(1, Math.min(input.rows, groups)), isKnown }
}

/** The one scan that all columns of an expression come from. */
function scanOf(plan: Aggregate, expr: Expr, { originOf }: UnfoldContext): number | undefined {
  const scans = new Set([...columnsUsed([expr])].map((column) => originOf(plan.input, column)?.scan))
  const [only] = scans
  return scans.size === 1 ? only : undefined
}

const guessedValues = (group: Expr, rows: number): number =>
  isInteger(typeOf(group)) && keyColumn(group) !== undefined ? Math.max(1, rows / 3) : Math.max(1, rows ** 0.4)
