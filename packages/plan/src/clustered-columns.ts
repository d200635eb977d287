/** Which columns files are clustered by: row groups in the order of their values do not overlap in them. */
import { isInteger, limits, type Column } from '@arbalest/common'
import type { RowGroupRanges, TableSource } from './table-source.js'

/** Columns that a table is told to be clustered by: each costs two numbers for every row group. */
const columnsMax = 2
/** Fewer row groups are not worth being told apart. */
const rowGroupsMin = 4

/** A file or what is known of it: the ranges of its row groups, undefined where some are not known. */
export type RangesOfFile = (column: string) => RowGroupRanges | undefined

/** The first columns that the row groups of all files are clustered by. */
export function clusteredColumns(
  columns: readonly Column[],
  files: readonly RangesOfFile[],
  rowGroups: number,
): Pick<TableSource, 'clustered'> {
  if (rowGroups < rowGroupsMin || rowGroups > limits.clusteredRowGroupsMax) return {}
  const clustered: Record<string, RowGroupRanges> = {}
  for (const { name, type } of columns) {
    if (!isInteger(type) && !(type.kind === 'simple' && type.name === 'DATE')) continue
    const ranges = rangesOver(name, files)
    if (ranges !== undefined && areDisjoint(ranges)) clustered[name] = ranges
    if (Object.keys(clustered).length === columnsMax) break
  }
  return Object.keys(clustered).length === 0 ? {} : { clustered }
}

function rangesOver(column: string, files: readonly RangesOfFile[]): RowGroupRanges | undefined {
  const mins: number[] = []
  const maxs: number[] = []
  for (const rangesOf of files) {
    const ranges = rangesOf(column)
    if (ranges === undefined) return undefined
    mins.push(...ranges.mins)
    maxs.push(...ranges.maxs)
  }
  return { mins, maxs }
}

/** Whether the row groups, in the order of their values, at most touch. */
export function areDisjoint({ mins, maxs }: RowGroupRanges): boolean {
  let [from, to, width] = [Infinity, -Infinity, 0]
  for (const [group, min] of mins.entries()) {
    const max = at(maxs, group)
    from = Math.min(from, min)
    to = Math.max(to, max)
    width += max - min
  }
  // Most columns are in no order at all, which is seen without sorting.
  if (width > to - from) return false
  const order = [...mins.keys()].sort((a, b) => at(mins, a) - at(mins, b) || at(maxs, a) - at(maxs, b))
  return order.every((group, index) => index === 0 || at(maxs, order[index - 1] ?? 0) <= at(mins, group))
}

const at = (values: readonly number[], index: number): number => values[index] ?? NaN
