import { expect, test } from 'vitest'
import type { TableSource } from '@arbalest/plan'
import { columnRef, countRows } from '@arbalest/plan/testing'
import { fileOf, sameKey, someTables, sourceOf } from '../testing/plan-query.js'
import { bucketScans, type BucketFacts } from './bucket-scans.js'

const { p, big, other } = someTables()

/** A table of so many buckets by `k`, each of 100 rows unless told. */
function inBuckets(table: string, count: number, rowsOf: (bucket: number) => number = () => 100): TableSource {
  const files = Array.from({ length: count }, (_, bucket) => (
    { ...fileOf(`${table}-${bucket}`, rowsOf(bucket)), bucket }))
  const rows = files.reduce((sum, file) => sum + (file.rows ?? 0), 0)
  const source = sourceOf(table, rows)
  return { ...source, files, buckets: { columns: ['k'], count } }
}

const joined = p.join('inner', big, other, { conditions: sameKey(big, other) })
const asked = (one: TableSource, two: TableSource, more: Partial<BucketFacts> = {}) => {
  const facts = { tasks: 3, partitions: 6, isWanted: false, replicatedRowsMax: 50, ...more }
  const { keys, partitions } = bucketScans(joined, { ...facts, sources: { big: one, other: two } })
  return { partitions, scans: [...keys.keys()].map((id) => (id === big.id ? 'big' : 'other')) }
}

test('partitions divide the buckets of all tables, and deal evenly among the tasks', () => {
  expect(asked(inBuckets('big', 12), inBuckets('other', 6))).toEqual({ partitions: 6, scans: ['big', 'other'] })
  expect(asked(inBuckets('big', 24), inBuckets('other', 9))).toEqual({ partitions: 3, scans: ['big', 'other'] })
  expect(asked(inBuckets('big', 16), inBuckets('other', 9))).toEqual({ partitions: 8, scans: ['big'] })
})

test('too few buckets, others than the session wants and skewed ones are not used', () => {
  expect(asked(inBuckets('big', 2), sourceOf('other', 500))).toEqual({ partitions: 6, scans: [] })
  expect(asked(inBuckets('big', 8), sourceOf('other', 500), { isWanted: true })).toEqual({ partitions: 6, scans: [] })
  const skewed = inBuckets('big', 6, (bucket) => (bucket === 1 ? 9_000 : 100))
  expect(asked(skewed, sourceOf('other', 500))).toEqual({ partitions: 6, scans: [] })
  expect(asked(inBuckets('big', 6), sourceOf('other', 500), { replicatedRowsMax: 1e6 }).scans).toEqual([])
})

test('a scan whose buckets nobody compares is cut as its files are', () => {
  const facts = { tasks: 3, partitions: 6, isWanted: false, replicatedRowsMax: 50 }
  const sources = { big: inBuckets('big', 8) }
  const grouped = p.aggregate(big, [columnRef(big, 0)], [countRows()])
  expect(bucketScans(grouped, { ...facts, sources })).toEqual({ keys: new Map(), partitions: 6 })
  const byKey = p.aggregate(big, [columnRef(big, 0), columnRef(big, 1)], [countRows()])
  expect(bucketScans(byKey, { ...facts, sources })).toEqual({ keys: new Map([[big.id, [1]]]), partitions: 8 })
})
