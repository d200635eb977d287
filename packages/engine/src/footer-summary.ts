/** What a Parquet footer says about its file, in the few words that planning needs. */
import { limits, queryError } from '@arbalest/common'
import { areDisjoint, type RowGroupRanges } from '@arbalest/plan'
import { parquetMetadata, type FileMetaData, type SchemaElement, type Statistics } from 'hyparquet'
import { FileStateCache, readFooter, type FileStat } from './footer-cache.js'

export interface FooterSummary {
  /** SHA-256 of the footer, first 32 hex digits. */
  readonly hash: string
  readonly rows: number
  readonly rowGroupRows: readonly number[]
  /** One text for every column with its type, equal where the columns are. */
  readonly schema: readonly string[]
  readonly columns: readonly ColumnSummary[]
}

/** A top-level column over all row groups of a file. */
export interface ColumnSummary {
  readonly name: string
  /** Compressed bytes. */
  readonly bytes: number
  /** Whether every row group with values tells its range. */
  readonly known: boolean
  /** Numbers, and dates as days since 1970; of a column without values `Infinity` and `-Infinity`. */
  readonly min: number
  readonly max: number
  /**
   * Of columns of whole numbers or dates without NULLs: the least and greatest value of each row group, where
   * there are several that do not overlap; of a single one `min` and `max` tell it.
   */
  readonly ranges?: RowGroupRanges | 'single'
}

export type FooterSummaries = FileStateCache<FooterSummary>
export const createFooterSummaries = (): FooterSummaries => new FileStateCache(limits.filesPerTableMax)

/** The summary of a file in the given state, from memory where it was read before. */
export async function footerSummary(
  path: string,
  state: FileStat,
  summaries: FooterSummaries,
): Promise<FooterSummary> {
  const known = summaries.get(path, state.stateKey)
  if (known !== undefined) return known
  const { hash, tail } = await readFooter(path, state.sizeBytes)
  const summary = summarize(hash, parse(path, tail))
  summaries.set(path, state.stateKey, summary)
  return summary
}

function parse(path: string, tail: Uint8Array): FileMetaData {
  try {
    return parquetMetadata(new Uint8Array(tail).buffer, { geoparquet: false })
  } catch (error) {
    const reason = `its footer is damaged: ${error instanceof Error ? error.message : String(error)}`
    throw queryError('FILE_UNREADABLE', { path, format: 'parquet', reason }, { cause: error })
  }
}

function summarize(hash: string, metadata: FileMetaData): FooterSummary {
  return {
    hash,
    rows: Number(metadata.num_rows),
    rowGroupRows: metadata.row_groups.map((group) => Number(group.num_rows)),
    schema: topLevelColumns(metadata.schema).map(({ text }) => text),
    columns: columnSummaries(metadata),
  }
}

interface TopLevelColumn { readonly element: SchemaElement; readonly text: string }

/** The columns below the root, each with the whole of its type as text. */
function topLevelColumns(elements: readonly SchemaElement[]): readonly TopLevelColumn[] {
  let at = 1
  const describe = (): string => {
    const element = elements[at++]
    if (element === undefined) return ''
    const children = Array.from({ length: element.num_children ?? 0 }, describe)
    const { name, type, converted_type, logical_type, scale, precision } = element
    const length = type === 'FIXED_LEN_BYTE_ARRAY' ? element.type_length : undefined
    const words = [type, length, converted_type, precision, scale, logical_type && JSON.stringify(logical_type)]
    const typeText = words.filter((word) => word !== undefined).join(' ')
    return `${name}: ${typeText}${children.length > 0 ? `(${children.join(', ')})` : ''}`
  }
  const columns: TopLevelColumn[] = []
  while (at < elements.length) {
    const element = elements[at]
    if (element === undefined) break
    columns.push({ element, text: describe() })
  }
  return columns
}

interface Gathered {
  bytes: number
  min: number
  max: number
  known: boolean
  /** As long as every row group has a range of whole numbers and no NULLs. */
  ranges: { readonly mins: number[]; readonly maxs: number[] } | undefined
}

function columnSummaries(metadata: FileMetaData): readonly ColumnSummary[] {
  const gathered = new Map<string, Gathered>()
  const elements = topLevelColumns(metadata.schema).map(({ element }) => element)
  const comparable = new Set(elements.filter(isComparable).map(({ name }) => name))
  const whole = new Set(elements.filter(isWhole).map(({ name }) => name))
  for (const group of metadata.row_groups) {
    for (const chunk of group.columns) {
      const data = chunk.meta_data
      const name = data?.path_in_schema[0]
      if (data === undefined || name === undefined) continue
      const column = gathered.get(name) ?? newColumn(comparable.has(name), whole.has(name))
      gathered.set(name, column)
      column.bytes += Number(data.total_compressed_size)
      const { statistics } = data
      addRange(column, statistics)
      if (statistics?.null_count === data.num_values) continue
      const min = asNumber(statistics?.min_value)
      const max = asNumber(statistics?.max_value)
      if (min === undefined || max === undefined) column.known = false
      else {
        column.min = Math.min(column.min, min)
        column.max = Math.max(column.max, max)
      }
    }
  }
  return [...gathered].map(([name, { ranges, ...column }]) => ({
    name,
    ...column,
    ...rangesFound(ranges, metadata.row_groups.length),
  }))
}

function rangesFound(ranges: Gathered['ranges'], groups: number): Pick<ColumnSummary, 'ranges'> {
  if (ranges === undefined || ranges.mins.length !== groups) return {}
  // Tables of many files keep no lists for each of them.
  if (groups === 1) return { ranges: 'single' }
  return areDisjoint(ranges) ? { ranges } : {}
}

const newColumn = (known: boolean, isWhole: boolean): Gathered =>
  ({ bytes: 0, min: Infinity, max: -Infinity, known, ranges: isWhole ? { mins: [], maxs: [] } : undefined })

function addRange(column: Gathered, statistics: Statistics | undefined): void {
  if (column.ranges === undefined) return
  const [min, max] = [asNumber(statistics?.min_value), asNumber(statistics?.max_value)]
  const isRange = Number.isSafeInteger(min) && Number.isSafeInteger(max) && Number(statistics?.null_count ?? 1) === 0
  if (!isRange || min === undefined || max === undefined) {
    column.ranges = undefined
    return
  }
  column.ranges.mins.push(min)
  column.ranges.maxs.push(max)
}

/** Whether a column holds signed whole numbers or dates. */
function isWhole(element: SchemaElement): boolean {
  const { type, converted_type: converted, logical_type: logical, repetition_type: repetition } = element
  if (!isComparable(element) || (type !== 'INT32' && type !== 'INT64') || repetition === 'REPEATED') return false
  if (converted === 'DECIMAL' || converted?.startsWith('UINT') === true) return false
  return logical === undefined || logical.type === 'DATE' || (logical.type === 'INTEGER' && logical.isSigned)
}

/** Whether statistics of the column are numbers or days. Other types store numbers with other meanings. */
function isComparable(element: SchemaElement): boolean {
  const { type, converted_type: converted, logical_type: logical } = element
  if (element.num_children !== undefined && element.num_children > 0) return false
  if (type === 'FLOAT' || type === 'DOUBLE') return true
  if (converted === 'DECIMAL' || converted === 'DATE') return true
  if (type !== 'INT32' && type !== 'INT64') return false
  if (converted !== undefined) return /^U?INT_\d+$/.test(converted)
  return logical === undefined || logical.type === 'INTEGER' || logical.type === 'DECIMAL' || logical.type === 'DATE'
}

const millisecondsPerDay = 86_400_000

function asNumber(value: unknown): number | undefined {
  const number =
    typeof value === 'number' ? value
    : typeof value === 'bigint' ? Number(value)
    : value instanceof Date ? value.getTime() / millisecondsPerDay
    : NaN
  return Number.isFinite(number) ? number : undefined
}
