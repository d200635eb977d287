/** Runs a fragment whose rows go to the next stage or into a table: DuckDB writes the Parquet files itself. */
import { createReadStream } from 'node:fs'
import { unlink } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import {
  assert, assertNever, queryError, quoteLiteral, typeToSql, type DataType, type SimpleTypeName,
} from '@arbalest/common'
import { isStorable, type CommittedFile, type EngineAttempt, type StageOutput } from '@arbalest/plan'
import type { Connection } from './database.js'
import type { FailureContext } from './duckdb-errors.js'
import { mapLimited } from './map-limited.js'

/** A written file: its name within the attempt's directory, and what readers need to know. */
export interface WrittenFile {
  readonly name: string
  readonly file: CommittedFile
}

/**
 * The files with rows, by partition. An output or a partition without rows has no file.
 * @throws QueryError NOT_IN_THIS_VERSION when no file can hold a column.
 */
export async function writeParquet(
  connection: Connection,
  attempt: EngineAttempt,
  context: FailureContext,
): Promise<readonly WrittenFile[]> {
  const lost = attempt.columns.find(({ type }) => !isStorable(type))
  if (lost !== undefined) {
    const isTable = attempt.output.kind === 'table'
    const what = `a column of type ${typeToSql(lost.type)} ${isTable ? 'in a table' : 'between two stages'}`
    const instead = isTable ? 'cast it to another type' : 'SET arbalest.distribute = never'
    throw queryError('NOT_IN_THIS_VERSION', { what, instead })
  }
  const stats = await connection.textRows(copyStatement(attempt), context, 3)
  const written: WrittenFile[] = []
  for (const [location, rows, bytes] of stats) {
    assert(typeof location === 'string', 'DuckDB names the files it wrote')
    const name = path.relative(attempt.directory, location)
    if (rows === '0') {
      await unlink(location)
      continue
    }
    written.push({ name, file: { partition: partitionOf(name), rows: Number(rows), bytes: Number(bytes) } })
  }
  written.sort((a, b) => a.file.partition - b.file.partition || (a.name < b.name ? -1 : 1))
  if (!attempt.checksum) return written
  return mapLimited(written, 2, async ({ name, file }) => ({
    name,
    file: { ...file, crc32: await checksumOf(path.join(attempt.directory, name)) },
  }))
}

const codecNames = { none: 'uncompressed', lz4: 'lz4_raw', zstd: 'zstd' } as const

/**
 * Values of a column that are put into a dictionary at most: flags and names stay small, and no time goes into
 * dictionaries that are thrown away again. By DuckDB's own limit, a fifth of the rows, writing and reading a
 * shuffle of numbers took 18 % more processor time, of long texts 45 %.
 */
const dictionaryValuesMax = 1000
/** Rows of a row group: what each partition that is written holds in memory. A third of DuckDB's own. */
const rowGroupRows = 40_960
/**
 * The same where rows are sorted by partition: a reader takes whole row groups, so two of them hold rows of others.
 * With half as many rows writing takes a twentieth longer, with a quarter a fifth.
 */
const sortedGroupRows = 20_480

export const isSortedOutput = (output: StageOutput): boolean => output.kind === 'hash' && output.isSorted === true

function copyStatement(attempt: EngineAttempt): string {
  const { output, directory, columns } = attempt
  const version = `PARQUET_VERSION ${columns.some(({ type }) => holdsTexts(type)) ? 'V1' : 'V2'}`
  const byPartition = 'PARTITION_BY (__p), WRITE_PARTITION_COLUMNS false'
  if (output.kind === 'table') {
    const inBuckets = output.buckets !== undefined
    const target = quoteLiteral(inBuckets ? directory : path.join(directory, 'part.parquet'))
    const more = inBuckets ? `, ${byPartition}` : ''
    return `COPY (${attempt.sql}\n) TO ${target} (FORMAT parquet, ${version}, RETURN_STATS${more})`
  }
  const compression = `COMPRESSION ${codecNames[attempt.compression]}`
  const isSorted = isSortedOutput(output)
  const options = [
    'FORMAT parquet', version, compression, 'RETURN_STATS',
    `DICTIONARY_SIZE_LIMIT ${dictionaryValuesMax}`, `ROW_GROUP_SIZE ${isSorted ? sortedGroupRows : rowGroupRows}`,
  ]
  const partitioned = output.kind === 'hash' && !output.isMarked
  if (partitioned) options.push(byPartition)
  const target = partitioned ? attempt.directory : path.join(attempt.directory, 'part.parquet')
  const sql = isSorted ? `FROM (${attempt.sql}\n) ORDER BY __p` : attempt.sql
  return `COPY (${sql}\n) TO ${quoteLiteral(target)} (${options.join(', ')})`
}

/**
 * Whether lists of texts or bytes are in it: with the encodings of version 2 DuckDB 1.5.6 cannot write few rows
 * of them (`Failed to serialize: not enough space in buffer`).
 */
function holdsTexts(type: DataType, isInList = false): boolean {
  switch (type.kind) {
    case 'simple': return isInList && storedAsBytes.has(type.name)
    case 'enum': return isInList
    case 'decimal': return false
    case 'list': case 'array': return holdsTexts(type.child, true)
    case 'map': return holdsTexts(type.key, true) || holdsTexts(type.value, true)
    case 'struct': return type.fields.some((field) => holdsTexts(field.type, isInList))
    case 'union': return type.members.some((member) => holdsTexts(member.type, isInList))
  }
  return assertNever(type)
}

const storedAsBytes: ReadonlySet<SimpleTypeName> = new Set([
  'VARCHAR', 'JSON', 'BLOB', 'BIT', 'BIGNUM', 'GEOMETRY', 'VARIANT', 'UUID', 'TIME WITH TIME ZONE',
])

/** DuckDB puts a partition's files into `__p=N/`. */
function partitionOf(name: string): number {
  const found = /^__p=(\d+)[\\/]/.exec(name)?.[1]
  return found === undefined ? 0 : Number(found)
}

/** CRC-32 of a file as an unsigned number. */
export async function checksumOf(location: string): Promise<number> {
  let checksum = 0
  for await (const chunk of createReadStream(location, { highWaterMark: 1024 * 1024 })) {
    checksum = crc32(chunk as Buffer, checksum)
  }
  return checksum
}
