/**
 * Files to tasks: every task gets a run of neighbouring rows, in file order, cut at row-group borders
 * where that keeps the shares even.
 */
import type { SourceFile, TaskSplit } from '@arbalest/plan'

/** Files of one scan input. Several inputs are divided as one sequence when their order counts. */
export interface FilesToSplit {
  readonly name: string
  readonly files: readonly SourceFile[]
}

/** A share may differ so much from the even one for the sake of a row-group border. */
const borderTolerance = 0.25

/** Splits by task, then by input name. Tasks without a share of an input have no entry for it. */
export function splitFiles(
  inputs: readonly FilesToSplit[],
  tasks: number,
): readonly Readonly<Record<string, readonly TaskSplit[]>>[] {
  const pieces = inputs.flatMap(({ name, files }) => files.map((file, index) => pieceOf(name, file, index)))
  const total = pieces.reduce((sum, piece) => sum + piece.weight, 0)
  const borders = chooseBorders(pieces, total, tasks)
  return Array.from({ length: tasks }, (_, task) => {
    const splits: Record<string, TaskSplit[]> = {}
    let at = 0
    for (const piece of pieces) {
      const share = shareOf(piece, at, borders[task] ?? 0, borders[task + 1] ?? total)
      at += piece.weight
      if (share !== undefined) (splits[piece.name] ??= []).push(share)
    }
    return splits
  })
}

interface Piece {
  readonly name: string
  readonly file: number
  /** Rows, or bytes where a file cannot be cut. */
  readonly weight: number
  readonly divisible: boolean
  readonly rowGroupRows: readonly number[]
}

function pieceOf(name: string, file: SourceFile, index: number): Piece {
  const divisible = file.rows !== undefined && file.rowGroupRows.length > 0
  const weight = divisible ? (file.rows ?? 0) : Math.max(1, file.sizeBytes)
  return { name, file: index, weight, divisible, rowGroupRows: file.rowGroupRows }
}

/** Positions in the sequence of all pieces where one task's share ends and the next begins. */
function chooseBorders(pieces: readonly Piece[], total: number, tasks: number): readonly number[] {
  const natural = naturalBorders(pieces)
  const even = total / tasks
  const borders = [0]
  for (let task = 1; task < tasks; task++) {
    const wanted = Math.round(even * task)
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
    let inside = at
    for (const rows of piece.divisible ? piece.rowGroupRows.slice(0, -1) : []) borders.push((inside += rows))
    at += piece.weight
    borders.push(at)
  }
  return borders
}

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

/** The wanted position itself, or the near end of a file that cannot be cut. */
function cutInside(pieces: readonly Piece[], wanted: number): number {
  let at = 0
  for (const piece of pieces) {
    const end = at + piece.weight
    if (wanted <= end) {
      if (piece.divisible) return wanted
      return wanted - at < end - wanted ? at : end
    }
    at = end
  }
  return at
}

function shareOf(piece: Piece, at: number, from: number, to: number): TaskSplit | undefined {
  const first = Math.max(at, from)
  const end = Math.min(at + piece.weight, to)
  if (first >= end) return undefined
  if (first === at && end === at + piece.weight) return { file: piece.file }
  return { file: piece.file, range: { firstRow: first - at, rows: end - first } }
}
