/** Finds the known word that was probably meant. */

/**
 * The candidate with the fewest edits (insert, remove, replace, swap neighbours) from the word, if
 * at most two and fewer than half of the word's letters; the earlier candidate wins a tie.
 */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const editsMax = Math.min(2, Math.floor((word.length - 1) / 2))
  let nearest: string | undefined
  let fewest = editsMax + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= fewest) continue
    const edits = editDistance(word, candidate)
    if (edits < fewest) {
      nearest = candidate
      fewest = edits
    }
  }
  return nearest
}

/** Edits between two words, neighbours swapped counting one (optimal string alignment). */
function editDistance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)]
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= right.length; column += 1) {
      const isSame = left[row - 1] === right[column - 1]
      let edits = Math.min(
        cell(row - 1, column) + 1,
        cell(row, column - 1) + 1,
        cell(row - 1, column - 1) + (isSame ? 0 : 1),
      )
      const isSwapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1]
      if (isSwapped) edits = Math.min(edits, cell(row - 2, column - 2) + 1)
      current.push(edits)
    }
  }
  return cell(left.length, right.length)
}
