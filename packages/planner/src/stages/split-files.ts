/**
 * Files to tasks: every task gets a run of neighbouring rows, in file order, cut at row-group borders
 * where that keeps the shares even. Shares are measured by the work that reading them makes.
 */
import type { SourceFile, TaskSplit } from '@arbalest/plan'
import { workOf } from './task-work.js'

/** Files of one scan input. Several inputs are divided as one sequence when their order counts. */
export interface FilesToSplit {
  readonly name: string
  readonly files: readonly SourceFile[]
  /** Share of the files' bytes that is read, from 0 to 1: that of the wanted columns. */
  readonly readShare: number
}

/** A share may differ so much from the even one for the sake of a row-group border. */
const borderTolerance = 0.25

/** Splits by task, then by input name. Tasks without a share of an input have no entry for it. */
export function splitFiles(
  inputs: readonly FilesToSplit[],
  tasks: number,
): readonly Readonly<Record<string, readonly TaskSplit[]>>[] {
  const pieces = inputs.flatMap((input) => input.files.map((file, index) => pieceOf(input, file, index)))
  const total = pieces.reduce((sum, piece) => sum + piece.weight, 0)
  const borders = chooseBorders(pieces, total, tasks)
  const shares = Array.from({ length: tasks }, (): Record<string, TaskSplit[]> => ({}))
  let at = 0
  let task = 0
  for (const piece of pieces) {
    const end = at + piece.weight
    // Shares ascend: a piece begins in the one in which the last piece ended, or behind it.
    while (task < tasks - 1 && (borders[task + 1] ?? total) <= at) task += 1
    for (let taker = task; taker < tasks && (borders[taker] ?? 0) < end; taker++) {
      const share = shareOf(piece, at, borders[taker] ?? 0, borders[taker + 1] ?? total)
      const splits = shares[taker]
      if (share !== undefined && splits !== undefined) (splits[piece.name] ??= []).push(share)
    }
    at = end
  }
  return shares
}

/** The work of reading the files, in the unit of `workOf`. */
export const scanWork = (input: FilesToSplit): number =>
  input.files.reduce((sum, file) => sum + readingWork(input, file), 0)

interface Piece {
  readonly name: string
  readonly file: number
  /** The work of reading it. */
  readonly weight: number
  /** Rows of a file that can be cut, else `undefined`. */
  readonly rows: number | undefined
  readonly rowGroupRows: readonly number[]
}

function pieceOf(input: FilesToSplit, file: SourceFile, index: number): Piece {
  const { name } = input
  const { rows, rowGroupRows } = file
  const canBeCut = rows !== 0 && rowGroupRows.length > 0
  return { name, file: index, weight: readingWork(input, file), rows: canBeCut ? rows : undefined, rowGroupRows }
}

/** 0 where there is nothing to read. */
const readingWork = ({ readShare }: FilesToSplit, { rows, sizeBytes }: SourceFile): number =>
  rows === 0 ? 0 : Math.max(1, workOf(rows ?? 0, sizeBytes * readShare))

/** Positions in the sequence of all pieces where one task's share ends and the next begins. */
function chooseBorders(pieces: readonly Piece[], total: number, tasks: number): readonly number[] {
  const natural = naturalBorders(pieces)
  const even = total / tasks
  const borders = [0]
  for (let task = 1; task < tasks; task++) {
    const wanted = even * task
    const near = nearest(natural, wanted)
    const last = borders[task - 1] ?? 0
    const close = near !== undefined && Math.abs(near - wanted) <= even * borderTolerance && near > last
    borders.push(close ? near : Math.max(last, cutInside(pieces, wanted)))
  }
  return [...borders, total]
}

/** Ends of files and row groups. */
function naturalBorders(pieces: readonly Piece[]): readonly number[] {
  const borders: number[] = []
  let at = 0
  for (const piece of pieces) {
    let before = 0
    const groups = piece.rows === undefined ? 0 : piece.rowGroupRows.length
    for (let group = 0; group < groups - 1; group++) {
      borders.push(at + weightOf(piece, (before += piece.rowGroupRows[group] ?? 0)))
    }
    at += piece.weight
    borders.push(at)
  }
  return borders
}

/** The first rows of a piece that can be cut, as a part of its weight, and back. */
const weightOf = (piece: Piece, rows: number): number => (piece.weight * rows) / (piece.rows ?? 1)
const rowsOf = (piece: Piece, weight: number): number => Math.round((weight * (piece.rows ?? 0)) / piece.weight)

/** By bisection: borders ascend. */
function nearest(borders: readonly number[], wanted: number): number | undefined {
  let low = 0
  let high = borders.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((borders[middle] ?? 0) < wanted) low = middle + 1
    else high = middle
  }
  const after = borders[low]
  const before = borders[low - 1]
  if (after === undefined) return before
  return before !== undefined && wanted - before <= after - wanted ? before : after
}

/** The row nearest to the wanted position, or the near end of a file that cannot be cut. */
function cutInside(pieces: readonly Piece[], wanted: number): number {
  let at = 0
  for (const piece of pieces) {
    const end = at + piece.weight
    if (wanted <= end) {
      if (piece.rows !== undefined) return at + weightOf(piece, rowsOf(piece, wanted - at))
      return wanted - at < end - wanted ? at : end
    }
    at = end
  }
  return at
}

function shareOf(piece: Piece, at: number, from: number, to: number): TaskSplit | undefined {
  if (piece.weight === 0) return undefined
  const first = Math.max(at, from)
  const end = Math.min(at + piece.weight, to)
  if (first >= end) return undefined
  const { file, rows } = piece
  if (rows === undefined) return { file }
  const firstRow = rowsOf(piece, first - at)
  const count = rowsOf(piece, end - at) - firstRow
  if (count <= 0) return undefined
  return count === rows ? { file } : { file, range: { firstRow, rows: count } }
}
