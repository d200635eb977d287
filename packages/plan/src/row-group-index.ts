/**
 * What is known of a file whose rows are sorted by partition: how many rows each partition has, and where each
 * row group lies, so that a reader of some partitions fetches these row groups and the footer alone. The file
 * system fills the rest with zeros, which no reader looks at that leaves out other partitions.
 */

/** Bytes of a file that follow on those before: a row group with the partitions of its rows, or the footer. */
export interface FileSegment {
  readonly bytes: number
  readonly crc32?: number
  /** The least and the greatest; none for the footer. */
  readonly partitions?: { readonly first: number; readonly last: number }
}

/** Segments that follow one another, to be fetched at once. */
export interface FileRange {
  readonly offset: number
  readonly segments: readonly FileSegment[]
}

/** A line for each segment: bytes, CRC-32 or nothing, first and last partition or nothing. */
export const encodeSegments = (segments: readonly FileSegment[]): string =>
  segments.map(({ bytes, crc32, partitions }) =>
    [bytes, crc32 ?? '', partitions?.first ?? '', partitions?.last ?? ''].join(' ')).join('\n')

/** The segments of a file of so many bytes; `undefined` when the text is no index of such a file. */
export function decodeSegments(text: string, fileBytes: number): readonly FileSegment[] | undefined {
  const segments: FileSegment[] = []
  let sum = 0
  for (const line of text.split('\n')) {
    const [, bytes, crc32, first, last] = /^(\d{1,15}) (\d{0,10}) (\d{0,9}) (\d{0,9})$/.exec(line) ?? []
    if (bytes === undefined) return undefined
    sum += Number(bytes)
    segments.push({
      bytes: Number(bytes),
      ...(crc32 === '' ? {} : { crc32: Number(crc32) }),
      ...(first === '' || last === '' ? {} : { partitions: { first: Number(first), last: Number(last) } }),
    })
  }
  return sum === fileBytes ? segments : undefined
}

/**
 * What a reader of the partitions needs: the row groups with rows from the least of them to the greatest, and the
 * footer. Ascending. Those between are never left out: whether DuckDB does so hangs on how long the list is.
 */
export function rangesOf(segments: readonly FileSegment[], only: readonly number[]): readonly FileRange[] {
  const least = only.reduce((a, b) => Math.min(a, b), Infinity)
  const greatest = only.reduce((a, b) => Math.max(a, b), -Infinity)
  const ranges: { offset: number; segments: FileSegment[] }[] = []
  let offset = 0
  let end = -1
  for (const segment of segments) {
    const { partitions } = segment
    if (partitions === undefined || (partitions.first <= greatest && partitions.last >= least)) {
      if (end === offset) ranges.at(-1)?.segments.push(segment)
      else ranges.push({ offset, segments: [segment] })
      end = offset + segment.bytes
    }
    offset += segment.bytes
  }
  return ranges
}

/** Rows by partition as a short text: numbers to the base 36, nothing for none. */
export const encodeCounts = (counts: readonly number[]): string =>
  counts.map((count) => (count === 0 ? '' : count.toString(36))).join(',')

export const decodeCounts = (text: string): readonly number[] =>
  text.split(',').map((count) => (count === '' ? 0 : Number.parseInt(count, 36) || 0))
