/** Options of COPY … TO: which files it writes, and how. */
import { queryError, quoteIdentifier, quoteLiteral } from '@arbalest/common'
import type { FileFormat, FileLayout } from '@arbalest/plan'
import type { CopyOptions } from '@arbalest/planner'

export interface CopyTarget {
  readonly layout: FileLayout
  /** Whether the path is a directory of files, which tasks write side by side. */
  readonly isDirectory: boolean
  /** What a directory may hold before: nothing; something that goes; something that stays. */
  readonly existing: 'refuse' | 'replace' | 'keep'
}

type OptionKind = 'text' | 'boolean' | 'number' | 'columns'

const writerOptions: Readonly<Record<FileFormat, Readonly<Record<string, OptionKind>>>> = {
  parquet: {
    compression: 'text', compression_level: 'number', row_group_size: 'number', parquet_version: 'text',
    dictionary_size_limit: 'number',
  },
  csv: {
    header: 'boolean', delimiter: 'text', delim: 'text', sep: 'text', quote: 'text', escape: 'text', nullstr: 'text',
    null: 'text', compression: 'text', dateformat: 'text', timestampformat: 'text', force_quote: 'columns',
  },
  json: { array: 'boolean', compression: 'text', dateformat: 'text', timestampformat: 'text' },
}

const formats: Readonly<Record<string, FileFormat>> = { parquet: 'parquet', csv: 'csv', json: 'json' }

/** @throws QueryError UNKNOWN_SETTING, INVALID_SETTING, NOT_IN_THIS_VERSION */
export function copyTarget(path: string, options: CopyOptions): CopyTarget {
  const { format: written, partition_by: partitionBy = [], ...others } = options
  const format = copyFormat(path, written)
  const layout: Record<string, string> = {}
  let existing: CopyTarget['existing'] = 'refuse'
  let isDirectory = partitionBy.length > 0 || path.endsWith('/')
  for (const [name, values] of Object.entries(others)) {
    const kind = writerOptions[format][name]
    if (kind !== undefined) layout[name] = optionSql(name, kind, values)
    else if (name === 'per_thread_output') isDirectory ||= isOn(name, values)
    else if (name === 'overwrite') existing = isOn(name, values) ? 'replace' : existing
    else if (name === 'overwrite_or_ignore' || name === 'append') existing = isOn(name, values) ? 'keep' : existing
    else {
      const nearest = `; COPY to ${format} knows ${Object.keys(writerOptions[format]).join(', ')}, ` +
        'partition_by, per_thread_output, overwrite, overwrite_or_ignore and append'
      throw queryError('UNKNOWN_SETTING', { name, nearest })
    }
  }
  const packed = /\.(gz|zst)$/i.exec(path)?.[1]?.toLowerCase()
  if (packed !== undefined && format !== 'parquet') layout['compression'] ??= packed === 'gz' ? "'gzip'" : "'zstd'"
  return { layout: { format, options: layout, partitionBy }, isDirectory, existing }
}

/** As written, else by the ending of the path. */
export function copyFormat(path: string, written: readonly string[] | undefined): FileFormat {
  const ending = /\.(parquet|csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i.exec(path)?.[1]?.toLowerCase() ?? 'csv'
  const byEnding: FileFormat = ending === 'parquet' ? 'parquet' : /json/.test(ending) ? 'json' : 'csv'
  if (written === undefined) return byEnding
  const format = formats[written[0]?.toLowerCase() ?? '']
  if (format !== undefined) return format
  const reason = 'it is parquet, csv or json'
  throw queryError('INVALID_SETTING', { name: 'format', value: written.join(', '), reason })
}

function isOn(name: string, values: readonly string[]): boolean {
  return optionSql(name, 'boolean', values) === 'true'
}

function optionSql(name: string, kind: OptionKind, values: readonly string[]): string {
  const [value = 'true', second] = values
  if (kind === 'columns') return value === '*' ? '*' : `(${values.map(quoteIdentifier).join(', ')})`
  const isBoolean = /^(true|false|1|0|on|off)$/i.test(value)
  const isRight = second === undefined &&
    (kind === 'text' || (kind === 'boolean' ? isBoolean : /^\d{1,12}$/.test(value)))
  if (!isRight) {
    const reason = { text: 'it is one text', boolean: 'it is true or false', number: 'it is a whole number' }[kind]
    throw queryError('INVALID_SETTING', { name, value: values.join(', '), reason })
  }
  if (kind === 'boolean') return /^(true|1|on)$/i.test(value) ? 'true' : 'false'
  return kind === 'text' ? quoteLiteral(value) : value
}
