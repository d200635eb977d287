/** Whether rows are those that a test file expects, by the rules of DuckDB's runner. */
import { createHash } from 'node:crypto'
import { shownCells, type RowsOutcome } from './outcome.js'
import type { QueryRecord } from './script.js'

/** The first difference in words, or undefined. */
export function expectedDifference(record: QueryRecord, outcome: RowsOutcome): string | undefined {
  const { expected, columnCount } = record
  const width = outcome.types.length
  const cells = sortCells(record.sort, shownCells(outcome), width)
  const [first = ''] = expected
  if (expected.length === 1 && /^\d+ values hashing to [0-9a-f]{32}$/.test(first)) {
    const hash = hashOf(cells)
    return hash === first ? undefined : `the answer hashes to ${hash}`
  }
  // A label alone is a comparison among queries of one file, which the systems' own comparison includes.
  if (record.label !== '' && expected.length === 0) return undefined
  if (width !== columnCount) return `there are ${width} columns, not ${columnCount}`
  const wanted = expectedCells(expected, width, outcome.rows.length)
  if (wanted === undefined) return `${expected.length} expected lines are no rows of ${width} columns`
  if (wanted.length !== cells.length) return `there are ${outcome.rows.length} rows, not ${wanted.length / width}`
  const at = differentCell(cells, wanted, outcome.types)
  if (at === undefined) return undefined
  if (record.sort === 'rows') {
    // Files written by hand may order the rows otherwise than by their texts.
    const sorted = sortCells('rows', chunks(wanted, width), width)
    if (differentCell(cells, sorted, outcome.types) === undefined) return undefined
  }
  const place = `row ${Math.floor(at / width) + 1}, column ${(at % width) + 1}`
  return `${place} is ${String(cells[at])}, not ${String(wanted[at])}`
}

/** Row by row with tabs between the values, or one value a line. */
function expectedCells(lines: readonly string[], width: number, rowCount: number): readonly string[] | undefined {
  const isRowWise = (width > 1 && lines.length === rowCount) || lines.every((line) => line.includes('\t'))
  if (!isRowWise) return lines.length % width === 0 ? lines : undefined
  const rows = lines.map((line) => line.split('\t'))
  return rows.every((row) => row.length === width) ? rows.flat() : undefined
}

function differentCell(
  cells: readonly string[], wanted: readonly string[], types: readonly string[],
): number | undefined {
  const at = cells.findIndex((cell, index) => !isExpected(cell, wanted[index] ?? '', types[index % types.length] ?? ''))
  return at < 0 ? undefined : at
}

function isExpected(cell: string, wanted: string, type: string): boolean {
  if (cell === wanted) return true
  const pattern = /^<(!?)REGEX>:(.*)$/s.exec(wanted)
  if (pattern !== null) return matchesWhole(cell, pattern[2] ?? '') === (pattern[1] === '')
  if (/^(DOUBLE|FLOAT)$/.test(type)) return isNear(Number(cell), Number(wanted))
  if (/^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM|DECIMAL)/.test(type)) {
    return cell !== 'NULL' && wanted !== 'NULL' && wanted !== '' && sameDecimal(cell, wanted, type)
  }
  return type === 'BOOLEAN' && truth(cell) !== undefined && truth(cell) === truth(wanted)
}

/** As DuckDB's own tests allow: a hundredth of the value. */
const isNear = (a: number, b: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= Math.abs(b) * 0.01 + 1e-8

/** Integers round what is expected; decimals may have other zeros at their end. */
function sameDecimal(cell: string, wanted: string, type: string): boolean {
  const trimmed = (text: string) => (text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text)
  if (trimmed(cell) === trimmed(wanted)) return true
  if (type.startsWith('DECIMAL')) {
    const digits = (cell.split('.')[1] ?? '').length
    return Math.abs(Number(cell) - Number(wanted)) < 10 ** -digits * 0.51
  }
  return !/^-?\d+$/.test(wanted) && Number(cell) === Math.round(Number(wanted))
}

const truth = (text: string): boolean | undefined =>
  /^(1|true|t)$/i.test(text) ? true : /^(0|false|f)$/i.test(text) ? false : undefined

/** RE2's patterns as far as JavaScript knows them; one that it does not know matches nothing. */
export function matchesWhole(text: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern.replace(/^\(\?([ims]+)\)/, '')})$`, 's').test(text)
  } catch {
    return false
  }
}

function sortCells(
  sort: QueryRecord['sort'], rows: readonly (readonly string[])[], width: number,
): readonly string[] {
  if (sort === 'none' || width === 0) return rows.flat()
  if (sort === 'values') return rows.flat().sort(compareBytes)
  return [...rows].sort((a, b) => {
    const at = a.findIndex((value, index) => value !== b[index])
    return at < 0 ? 0 : compareBytes(a[at] ?? '', b[at] ?? '')
  }).flat()
}

const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

const chunks = (cells: readonly string[], width: number): readonly (readonly string[])[] =>
  Array.from({ length: cells.length / width }, (_, row) => cells.slice(row * width, (row + 1) * width))

function hashOf(cells: readonly string[]): string {
  const hash = createHash('md5')
  for (const cell of cells) hash.update(`${cell}\n`)
  return `${cells.length} values hashing to ${hash.digest('hex')}`
}
