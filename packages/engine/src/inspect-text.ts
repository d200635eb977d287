/** What CSV and JSON files say about their table: DuckDB looks at the first file, the user's word wins. */
import { open } from 'node:fs/promises'
import { parseDataType, present, queryError, quoteLiteral, typeToSql, type Column } from '@arbalest/common'
import type { InspectRequest } from '@arbalest/plan'
import type { Connection } from './database.js'
import { describeColumns } from './describe-columns.js'
import type { FormatFacts, FoundFile } from './found-file.js'
import { optionList, partitionColumnsOf, pathList, withoutPartitionOptions } from './partition-columns.js'

export async function inspectText(
  request: InspectRequest,
  files: readonly FoundFile[],
  connection: Connection,
): Promise<FormatFacts> {
  const { format, options: given } = request.reader
  const paths = files.map(({ path }) => path)
  const first = present(files.find(({ state }) => state.sizeBytes > 0) ?? files[0], 'a table has at least one file')
  if (first.state.sizeBytes === 0 && request.declaredColumns === undefined) {
    throw queryError('FILE_UNREADABLE', { path: first.path, format, reason: 'the file is empty' })
  }
  const partitionColumns = partitionColumnsOf(request, paths)
  const asked = withoutPartitionOptions(given)
  const declared = request.declaredColumns?.filter(({ name }) => !partitionColumns.includes(name))
  const { options, columns: inFiles } =
    format === 'csv'
      ? await sniffCsv(connection, first, asked, declared)
      : await describeJson(connection, first, asked, declared)
  const partitions = partitionColumns.length === 0
    ? []
    : await partitionTypes(request, paths, options, partitionColumns, connection)
  const columns = [...inFiles, ...partitions]
  return {
    reader: { format, options, partitionColumns },
    columns: request.declaredColumns === undefined ? columns : inDeclaredOrder(request.declaredColumns, columns),
    rows: await estimateRows(first, files),
    statistics: {},
  }
}

interface TextFacts {
  readonly options: Readonly<Record<string, string>>
  readonly columns: readonly Column[]
}

const unknownToSniffer: ReadonlySet<string> = new Set(['filename', 'union_by_name'])

/**
 * Whether the names that the sniffer took from the first row are values of the declared types: then it is no
 * header. Where all are texts the sniffer's word counts, as it does for DuckDB.
 */
async function readsAs(
  connection: Connection,
  names: readonly Column[],
  declared: readonly Column[],
): Promise<boolean> {
  const isText = declared.every(({ type }) => typeToSql(type) === 'VARCHAR')
  if (isText || names.length !== declared.length) return false
  const casts = names.map(({ name }, index) =>
    `TRY_CAST(${quoteLiteral(name)} AS ${typeToSql(present(declared[index], 'as many').type)}) IS NOT NULL`)
  const rows = await connection.textRows(`SELECT (${casts.join(' AND ')})::VARCHAR`)
  return rows[0]?.[0] === 'true'
}

/** The dialect once and for all, so that no reader has to guess again and guess otherwise. */
async function sniffCsv(
  connection: Connection,
  file: FoundFile,
  asked: Readonly<Record<string, string>>,
  declared: readonly Column[] | undefined,
): Promise<TextFacts> {
  const known = Object.fromEntries(Object.entries(asked).filter(([name]) => !unknownToSniffer.has(name)))
  const path = quoteLiteral(file.path)
  const sql = `SELECT Delimiter, Quote, Escape, Comment, SkipRows::VARCHAR, HasHeader::VARCHAR, DateFormat,
    TimestampFormat, to_json(Columns)::VARCHAR FROM sniff_csv(${path}${optionList(known)})`
  if (file.state.sizeBytes === 0) {
    return { options: { ...asked, columns: columnStruct(declared ?? []) }, columns: declared ?? [] }
  }
  const rows = await connection.textRows(sql).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw queryError('FILE_UNREADABLE', { path: file.path, format: 'csv', reason }, { cause: error })
  })
  const [delim, quote, escape, comment, skip, header, dateformat, timestampformat, found] =
    present(rows[0], 'the sniffer answers with one row')
  const sniffed = (JSON.parse(found ?? '[]') as readonly { readonly name: string; readonly type: string }[])
    .map(({ name, type }) => ({ name, type: parseDataType(type) }))
  const columns = declared ?? sniffed
  const isData = header === 'true' && asked['header'] === undefined && declared !== undefined &&
    await readsAs(connection, sniffed, declared)
  const text = (value: string | null | undefined) => quoteLiteral(value === '(empty)' ? '' : (value ?? ''))
  return {
    columns,
    options: {
      auto_detect: 'false',
      delim: text(delim), quote: text(quote), escape: text(escape), comment: text(comment),
      skip: skip ?? '0', header: isData ? 'false' : (header ?? 'false'),
      ...(dateformat ? { dateformat: text(dateformat) } : {}),
      ...(timestampformat ? { timestampformat: text(timestampformat) } : {}),
      ...asked,
      columns: columnStruct(columns),
    },
  }
}

async function describeJson(
  connection: Connection,
  file: FoundFile,
  asked: Readonly<Record<string, string>>,
  declared: readonly Column[] | undefined,
): Promise<TextFacts> {
  const from = `read_json(${pathList([file.path])}${optionList(asked)}, hive_partitioning = false)`
  const columns = declared ?? (await describeColumns(connection, from, { path: file.path, format: 'json' }))
  return { columns, options: { ...asked, columns: columnStruct(columns) } }
}

const columnStruct = (columns: readonly Column[]): string =>
  `{${columns.map(({ name, type }) => `${quoteLiteral(name)}: ${quoteLiteral(typeToSql(type))}`).join(', ')}}`

async function partitionTypes(
  request: InspectRequest,
  paths: readonly string[],
  options: Readonly<Record<string, string>>,
  names: readonly string[],
  connection: Connection,
): Promise<readonly Column[]> {
  const { format } = request.reader
  const from = `read_${format}(${pathList(paths)}${optionList(options)}, hive_partitioning = true)`
  const found = await describeColumns(connection, from, { path: paths[0] ?? '', format })
  return found.filter(({ name }) => names.includes(name))
}

/** The declared columns in their order, then what the directories add. */
function inDeclaredOrder(declared: readonly Column[], columns: readonly Column[]): readonly Column[] {
  const names = new Set(declared.map(({ name }) => name))
  return [...declared, ...columns.filter(({ name }) => !names.has(name))]
}

const sampleBytes = 64 * 1024
/** What compressed text is taken to grow to. */
const compressionRatio = 4

/** Rows by the length of the first lines; text without line ends counts as one row a file. */
async function estimateRows(first: FoundFile, files: readonly FoundFile[]): Promise<number> {
  const total = files.reduce((sum, { state }) => sum + state.sizeBytes, 0)
  const file = await open(first.path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, 0)
    const compressed = /\.(gz|zst)$/i.test(first.path)
    const lines = compressed ? 0 : buffer.subarray(0, bytesRead).filter((byte) => byte === 0x0a).length
    if (compressed) return Math.ceil((total * compressionRatio) / 100)
    return lines === 0 ? files.length : Math.ceil((total / bytesRead) * lines)
  } finally {
    await file.close()
  }
}
