/** Records as bytes: a checksum before their JSON, so that what the disk has spoilt is not believed. */
import { crc32 } from 'node:zlib'
import type { JobLogRecord } from '../../core/job-log.js'

const checksumBytes = 4

export function encodeRecords(records: readonly JobLogRecord[]): Buffer {
  const json = Buffer.from(JSON.stringify(records))
  const bytes = Buffer.allocUnsafe(checksumBytes + json.length)
  bytes.writeUInt32LE(crc32(json))
  json.copy(bytes, checksumBytes)
  return bytes
}

/** @throws Error when the bytes are not those that were written */
export function decodeRecords(bytes: Buffer): readonly JobLogRecord[] {
  const json = bytes.subarray(checksumBytes)
  if (bytes.length < checksumBytes || crc32(json) !== bytes.readUInt32LE()) {
    throw new Error('a record is not as it was written')
  }
  return JSON.parse(json.toString()) as readonly JobLogRecord[]
}
