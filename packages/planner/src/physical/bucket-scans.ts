/**
 * Scans of tables whose files hold one bucket each. Where a join or a grouping compares all the columns that
 * say the bucket, the buckets are the partitions of the job's exchanges: bucket b of n lies in partition b % p
 * where p divides n, since (h % n) % p = h % p.
 */
import { limits } from '@arbalest/common'
import { operatorsOf, type Plan, type Scan, type TableSource } from '@arbalest/plan'
import { columnOrigins } from './column-origins.js'
import { equalColumns, groupingColumns } from './compared-columns.js'

export interface BucketFacts {
  readonly sources: Readonly<Record<string, TableSource>>
  readonly tasks: number
  /** Partitions of exchanges where no table has a say, and whether the session wants just these. */
  readonly partitions: number
  readonly isWanted: boolean
  /** Tables of at most so many rows are not divided. */
  readonly replicatedRowsMax: number
}

export interface BucketScans {
  /** Positions of the columns that say the bucket in those of the table, by the scan's id. */
  readonly keys: ReadonlyMap<number, readonly number[]>
  readonly partitions: number
}

/** The largest share of a task, or of a table, against the even one. */
const unevennessMax = 1.5

export function bucketScans(plan: Plan, facts: BucketFacts): BucketScans {
  const found = comparedScans(plan, facts)
  const partitions = partitionsFor(found.map(({ count }) => count), facts)
  const keys = found
    .filter(({ count, source }) => count % partitions === 0 && liesEvenly(source, partitions, facts.tasks))
    .map(({ scan, columns }) => [scan.id, columns] as const)
  return keys.length === 0 ? { keys: new Map(), partitions: facts.partitions } : { keys: new Map(keys), partitions }
}

interface BucketScan {
  readonly scan: Scan
  readonly source: TableSource
  readonly columns: readonly number[]
  readonly count: number
}

/** Those with most rows first. */
function comparedScans(plan: Plan, { sources, replicatedRowsMax }: BucketFacts): readonly BucketScan[] {
  const operators = operatorsOf(plan)
  const scans = operators.flatMap((scan): BucketScan[] => {
    const source = scan.kind === 'scan' ? sources[scan.source] : undefined
    if (scan.kind !== 'scan' || source?.buckets === undefined || source.rows <= replicatedRowsMax) return []
    const { buckets } = source
    const columns = buckets.columns.map((name) => scan.tableColumns.findIndex((column) => column.name === name))
    return columns.every((column) => column >= 0) ? [{ scan, source, columns, count: buckets.count }] : []
  })
  if (scans.length === 0) return []
  const originOf = columnOrigins(plan)
  const compared = operators.map((operator) => {
    const origins = [...equalColumns(operator, originOf).flat(), ...groupingColumns(operator, originOf)]
    return new Set(origins.map(({ scan, column }) => `${scan}:${column}`))
  })
  return scans
    .filter(({ scan, columns }) =>
      compared.some((some) => columns.every((column) => some.has(`${scan.id}:${column}`))))
    .sort((a, b) => b.source.rows - a.source.rows)
}

/** A number that divides as many of the counts as can be, and deals evenly among the tasks. */
function partitionsFor(counts: readonly number[], { tasks, partitions, isWanted }: BucketFacts): number {
  if (isWanted) return partitions
  let best = partitions
  let common = 0
  for (const count of counts) {
    const next = greatestCommonDivisor(common, count)
    const dealt = divisorsOf(next).filter((one) => one >= tasks && unevenness(one, tasks) <= unevennessMax)
    if (dealt.length === 0) continue
    common = next
    const [most] = dealt.toSorted((a, b) => (
      unevenness(a, tasks) - unevenness(b, tasks) || Number(a < partitions) - Number(b < partitions) || a - b))
    best = most ?? best
  }
  return best
}

const unevenness = (partitions: number, tasks: number): number => (Math.ceil(partitions / tasks) * tasks) / partitions

const divisorsOf = (count: number): readonly number[] =>
  Array.from({ length: Math.min(count, limits.partitionFilesMax) }, (_, index) => index + 1)
    .filter((n) => count % n === 0)

const greatestCommonDivisor = (a: number, b: number): number => (a === 0 ? b : greatestCommonDivisor(b % a, a))

/** Whether no partition has much more than a task's even share of the rows. */
function liesEvenly({ files, rows }: TableSource, partitions: number, tasks: number): boolean {
  const shares = Array.from({ length: partitions }, () => 0)
  for (const { bucket, rows: count = 0 } of files) {
    if (bucket === undefined) return false
    shares[bucket % partitions] = (shares[bucket % partitions] ?? 0) + count
  }
  return Math.max(...shares) <= (rows / tasks) * unevennessMax
}
