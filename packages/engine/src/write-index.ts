/**
 * What readers need to open a part of a file whose rows are sorted by partition: its row groups by partition,
 * written into a second file, and the rows of each partition.
 */
import { open, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { assert, limits, quoteLiteral } from '@arbalest/common'
import { encodeCounts, encodeSegments, type EngineAttempt, type FileSegment } from '@arbalest/plan'
import type { Connection } from './database.js'
import type { WrittenFile } from './write-parquet.js'

const indexName = 'part.index'
const blockBytes = 1024 * 1024

/** The file with its counts and, unless it is so small that it is always read whole, the index behind it. */
export async function writeIndex(
  connection: Connection,
  { directory, checksum, output }: EngineAttempt,
  written: readonly WrittenFile[],
): Promise<readonly WrittenFile[]> {
  const [only] = written
  if (only === undefined || output.kind !== 'hash') return written
  const location = path.join(directory, only.name)
  const partitionRows = encodeCounts(await countRows(connection, location, output.partitions))
  const counted = { name: only.name, file: { ...only.file, partitionRows } }
  if (only.file.bytes <= limits.inlineOutputBytesMax) return [counted]
  const groups = await rowGroups(connection, location, only.file.bytes)
  const text = encodeSegments(checksum ? await withChecksums(location, groups) : groups)
  await writeFile(path.join(directory, indexName), text)
  const bytes = Buffer.byteLength(text)
  return [counted, {
    name: indexName,
    file: { partition: 0, rows: 0, bytes, ...(checksum ? { crc32: crc32(text) } : {}) },
  }]
}

async function countRows(connection: Connection, location: string, partitions: number): Promise<readonly number[]> {
  const counts = new Array<number>(partitions).fill(0)
  const found = await connection.textRows(`SELECT __p::VARCHAR, count(*)::VARCHAR
    FROM read_parquet([${quoteLiteral(location)}], hive_partitioning = false) GROUP BY __p`)
  for (const [partition, rows] of found) {
    assert(Number(partition) in counts, 'every row is marked with a partition of the output')
    counts[Number(partition)] = Number(rows)
  }
  return counts
}

/** Row groups lie one behind the other; what is behind the last one belongs to the footer. */
async function rowGroups(
  connection: Connection,
  location: string,
  fileBytes: number,
): Promise<readonly FileSegment[]> {
  const rows = await connection.textRows(`SELECT
      min(coalesce(dictionary_page_offset, data_page_offset))::VARCHAR,
      max(coalesce(dictionary_page_offset, data_page_offset) + total_compressed_size)::VARCHAR,
      min(stats_min_value) FILTER (path_in_schema = '__p'), max(stats_max_value) FILTER (path_in_schema = '__p')
    FROM parquet_metadata(${quoteLiteral(location)}) GROUP BY row_group_id ORDER BY row_group_id`)
  const segments: FileSegment[] = []
  let from = 0
  for (const [at, row] of rows.entries()) {
    const next = rows[at + 1]
    const end = Number(next === undefined ? row[1] : next[0])
    segments.push({ bytes: end - from, partitions: { first: Number(row[2]), last: Number(row[3]) } })
    from = end
  }
  assert(segments.every(({ bytes }) => bytes > 0) && from < fileBytes, 'row groups lie one behind the other')
  return [...segments, { bytes: fileBytes - from }]
}

async function withChecksums(location: string, segments: readonly FileSegment[]): Promise<readonly FileSegment[]> {
  const file = await open(location, 'r')
  const block = Buffer.allocUnsafe(blockBytes)
  const done: FileSegment[] = []
  try {
    let position = 0
    for (const segment of segments) {
      let checksum = 0
      for (const end = position + segment.bytes; position < end;) {
        const { bytesRead } = await file.read(block, 0, Math.min(blockBytes, end - position), position)
        assert(bytesRead > 0, 'the file is as long as its writer said')
        checksum = crc32(block.subarray(0, bytesRead), checksum)
        position += bytesRead
      }
      done.push({ ...segment, crc32: checksum })
    }
  } finally {
    await file.close()
  }
  return done
}
