/**
 * Files to tasks by the values of a column that the files are clustered by: each task gets the row groups of
 * its range of values, and of one that lies across a border the rows that belong to it.
 */
import { present } from '@arbalest/common'
import type { KeptValues, RowGroupRanges, SourceFile, TaskSplit, ValueDivision } from '@arbalest/plan'

export interface ClusteredFiles {
  readonly files: readonly SourceFile[]
  readonly ranges: RowGroupRanges
  readonly column: string
  readonly isDate: boolean
}

/** Splits of every task, in file order. */
export function splitByValues(
  { files, ranges, column, isDate }: ClusteredFiles,
  { borders }: ValueDivision,
): readonly (readonly TaskSplit[])[] {
  return Array.from({ length: borders.length + 1 }, (_, task) => {
    const [from, below] = [borders[task - 1], borders[task]]
    const splits: TaskSplit[] = []
    let group = 0
    for (const [file, { rowGroupRows, rows }] of files.entries()) {
      const pieces: TaskSplit[] = []
      let firstRow = 0
      for (const count of rowGroupRows) {
        const [min, max] = [present(ranges.mins[group], 'a row group'), present(ranges.maxs[group], 'a row group')]
        const isOutside = max < (from ?? -Infinity) || min >= (below ?? Infinity)
        if (!isOutside && count > 0) {
          const kept: KeptValues = {
            column,
            isDate,
            ...(from !== undefined && min < from ? { from } : {}),
            ...(below !== undefined && max >= below ? { below } : {}),
          }
          append(pieces, { file, range: { firstRow, rows: count }, kept })
        }
        firstRow += count
        group++
      }
      splits.push(...pieces.map((piece) => plain(piece, rows)))
    }
    return splits
  })
}

const isPart = ({ kept }: TaskSplit): boolean => kept?.from !== undefined || kept?.below !== undefined

/** Row groups in a row that are read in full are one piece. */
function append(pieces: TaskSplit[], piece: TaskSplit): void {
  const last = pieces.at(-1)
  const follows = last?.range !== undefined && piece.range !== undefined &&
    last.range.firstRow + last.range.rows === piece.range.firstRow
  if (last?.range === undefined || piece.range === undefined || !follows || isPart(last) || isPart(piece)) {
    pieces.push(piece)
    return
  }
  const { firstRow, rows } = last.range
  pieces[pieces.length - 1] = { ...last, range: { firstRow, rows: rows + piece.range.rows } }
}

/** Without what says nothing: a range of the whole file, values that all have. */
function plain({ file, range, kept }: TaskSplit, rows: number | undefined): TaskSplit {
  const isWhole = range === undefined || (range.firstRow === 0 && range.rows === rows)
  const split: TaskSplit = isWhole ? { file } : { file, range }
  return kept !== undefined && isPart({ file, kept }) ? { ...split, kept } : split
}
