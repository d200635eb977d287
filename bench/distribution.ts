/** Measured times in order of size, and what is told of them. */

export interface Distribution {
  readonly runs: number
  readonly min: number
  readonly median: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** Nearest rank: every figure is one that was measured. NaN without values. */
export function distributionOf(values: readonly number[]): Distribution {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? NaN
  return { runs: sorted.length, min: rank(0), median: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) }
}

/** `min 1.0  median 2.0  p95 3.0  p99 4.0  max 5.0` */
export function distributionText({ min, median, p95, p99, max }: Distribution): string {
  const cells = { min, median, p95, p99, max }
  return Object.entries(cells).map(([name, value]) => `${name} ${value.toFixed(1).padStart(7)}`).join('  ')
}
