/** OPTIONS of CREATE EXTERNAL TABLE, and of read_csv and its kin, as options of DuckDB's readers. */
import { queryError, quoteLiteral } from '@arbalest/common'
import type { FileFormat, ReaderOptions } from '@arbalest/plan'

/** `name`: a name, or whether there is one. */
type OptionKind = 'boolean' | 'text' | 'number' | 'name'

const csvOptions: Readonly<Record<string, OptionKind>> = {
  header: 'boolean', delim: 'text', quote: 'text', escape: 'text', nullstr: 'text', compression: 'text',
  dateformat: 'text', timestampformat: 'text', decimal_separator: 'text', encoding: 'text',
  comment: 'text', skip: 'number', ignore_errors: 'boolean', null_padding: 'boolean',
  strict_mode: 'boolean', all_varchar: 'boolean', max_line_size: 'number', new_line: 'text',
  sample_size: 'number', normalize_names: 'boolean', allow_quoted_nulls: 'boolean',
}
const jsonOptions: Readonly<Record<string, OptionKind>> = {
  format: 'text', compression: 'text', dateformat: 'text', timestampformat: 'text',
  ignore_errors: 'boolean', maximum_object_size: 'number', records: 'text', sample_size: 'number',
  maximum_depth: 'number', convert_strings_to_integers: 'boolean',
}
const parquetOptions: Readonly<Record<string, OptionKind>> = {
  binary_as_string: 'boolean', filename: 'name', file_row_number: 'boolean',
}

/** Names that Ballista's users know, by DuckDB's. */
const aliases: Readonly<Record<string, string>> = {
  has_header: 'header', delimiter: 'delim', sep: 'delim', null_value: 'nullstr', date_format: 'dateformat',
  timestamp_format: 'timestampformat',
}

const compressions: Readonly<Record<string, string>> = { gz: 'gzip', zst: 'zstd', uncompressed: 'none' }

const optionsOf = (format: FileFormat): Readonly<Record<string, OptionKind>> =>
  ({ csv: csvOptions, json: jsonOptions, parquet: parquetOptions })[format]

/** @throws QueryError UNKNOWN_SETTING, INVALID_SETTING */
export function readerOptions(
  format: FileFormat,
  options: Readonly<Record<string, string>>,
  partitionColumns: readonly string[],
): ReaderOptions {
  const known = optionsOf(format)
  const entries = Object.entries(options).flatMap(([written, value]) => {
    const lower = written.toLowerCase()
    if (lower === 'hive_partitioning') {
      // Directories are looked at anyway, unless the user says no.
      return optionSql(written, 'boolean', value) === 'false' ? [['hive_partitioning', 'false'] as const] : []
    }
    const name = known[lower] === undefined ? (aliases[lower] ?? lower) : lower
    const kind = known[name]
    if (kind === undefined) {
      const nearest = `; ${format} tables know ${Object.keys(known).join(', ')}`
      throw queryError('UNKNOWN_SETTING', { name: written, nearest })
    }
    const meant = name === 'compression' ? (compressions[value.toLowerCase()] ?? value.toLowerCase()) : value
    return [[name, optionSql(written, kind, meant)] as const]
  })
  return { format, options: Object.fromEntries(entries), partitionColumns }
}

const truth = /^(true|false|t|f|1|0|on|off)$/i
const truthSql = (value: string): string => (/^(t|1|on)/i.test(value) ? 'true' : 'false')

function optionSql(name: string, kind: OptionKind, value: string): string {
  switch (kind) {
    case 'text': return quoteLiteral(value)
    case 'name': return /^(true|false|1|0)$/i.test(value) ? truthSql(value) : quoteLiteral(value)
    case 'boolean':
      if (truth.test(value)) return truthSql(value)
      throw queryError('INVALID_SETTING', { name, value, reason: 'it is true or false' })
    case 'number':
      if (/^\d{1,15}$/.test(value)) return value
      throw queryError('INVALID_SETTING', { name, value, reason: 'it is a whole number' })
  }
}
