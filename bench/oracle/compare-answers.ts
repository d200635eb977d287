/** Whether two answers are the same: types, rows, and their order where the query gives one. */

export interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Values as `CAST(v AS VARCHAR)` gives them. */
  readonly rows: readonly (readonly (string | null)[])[]
}

/**
 * Sums of doubles depend on the order of their terms, which no parallel engine fixes: values of the types
 * FLOAT and DOUBLE may differ by this share.
 */
const doubleTolerance = 1e-9

/** The first difference in words, or undefined. `ordered` compares row by row, else as multisets. */
export function answerDifference(actual: Answer, expected: Answer, ordered: boolean): string | undefined {
  const types = (answer: Answer) => answer.columns.map(({ name, type }) => `${name} ${type}`).join(', ')
  if (types(actual) !== types(expected)) return `columns are (${types(actual)}), not (${types(expected)})`
  if (actual.rows.length !== expected.rows.length) {
    return `there are ${actual.rows.length} rows, not ${expected.rows.length}`
  }
  const inexact = inexactColumns(expected)
  const sort = (rows: Answer['rows']) => (ordered ? rows : sortedRows(rows, inexact))
  const [left, right] = [sort(actual.rows), sort(expected.rows)]
  for (const [index, row] of left.entries()) {
    const other = right[index] ?? []
    const column = row.findIndex((value, at) => !sameValue(value, other[at] ?? null, inexact[at] === true))
    if (column >= 0) return `row ${index + 1} is (${row.join(', ')}), not (${other.join(', ')})`
  }
  return undefined
}

/** Rows of `some` that `all` has less often, doubles compared by six digits. */
export function rowsBeyond(some: Answer, all: Answer): Answer['rows'] {
  const inexact = inexactColumns(all)
  const left = new Map<string, number>()
  for (const row of all.rows) {
    const key = rowKey(row, inexact)
    left.set(key, (left.get(key) ?? 0) + 1)
  }
  return some.rows.filter((row) => {
    const key = rowKey(row, inexact)
    const count = left.get(key) ?? 0
    left.set(key, count - 1)
    return count <= 0
  })
}

const inexactColumns = ({ columns }: Answer): readonly boolean[] =>
  columns.map(({ type }) => type === 'DOUBLE' || type === 'FLOAT')

/** The sign of a NaN hangs on the order of the terms that gave it. */
const isNan = (value: string): boolean => value === 'nan' || value === '-nan'

function sameValue(a: string | null, b: string | null, isInexact: boolean): boolean {
  if (a === b) return true
  if (a === null || b === null || !isInexact) return false
  if (isNan(a) && isNan(b)) return true
  const [x, y] = [Number(a), Number(b)]
  return Math.abs(x - y) <= doubleTolerance * Math.max(Math.abs(x), Math.abs(y))
}

/** Sorted by the exact columns first: doubles that differ in their last digits must not change the order. */
function sortedRows(rows: Answer['rows'], inexact: readonly boolean[]): Answer['rows'] {
  const keyed = rows.map((row) => ({ row, text: rowKey(row, inexact) }))
  return keyed.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)).map(({ row }) => row)
}

function rowKey(row: Answer['rows'][number], inexact: readonly boolean[]): string {
  const exact = row.filter((_, at) => inexact[at] !== true)
  const rounded = row.map((value, at) => (inexact[at] === true && value !== null ? roundedText(value) : value))
  return JSON.stringify([exact, rounded])
}

/** `inf` and `nan` as they are. */
const roundedText = (value: string): string => {
  if (isNan(value)) return 'nan'
  const number = Number(value)
  return Number.isFinite(number) ? number.toPrecision(6) : value
}
