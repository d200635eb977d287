/** Whether a value from `collect()` is the one that DuckDB's own client gives. */
import {
  DuckDBArrayValue, DuckDBBlobValue, DuckDBDecimalValue, DuckDBListValue, DuckDBMapValue, DuckDBStructValue,
  DuckDBUnionValue, type DuckDBValue,
} from '@duckdb/node-api'
import type { Value } from 'arbalest'

/** The first difference in words, or undefined. Types that come as text are compared elsewhere. */
export function valueDifference(actual: Value, expected: DuckDBValue): string | undefined {
  const differs = `${show(actual)} is not ${show(expected)}`
  if (expected === null || actual === null) return actual === expected ? undefined : differs
  if (typeof expected === 'number' || typeof expected === 'bigint' || typeof expected === 'boolean') {
    return Object.is(actual, expected) ? undefined : differs
  }
  if (expected instanceof DuckDBListValue || expected instanceof DuckDBArrayValue) {
    if (!Array.isArray(actual)) return differs
    const { items } = expected
    return first(actual as readonly Value[], items) ?? sizeDifference(actual.length, items.length)
  }
  if (expected instanceof DuckDBMapValue) {
    if (!(actual instanceof Map)) return differs
    const pairs = [...actual] as (readonly [Value, Value])[]
    return first(pairs.map(([key]) => key), expected.entries.map(({ key }) => key)) ??
      first(pairs.map(([, value]) => value), expected.entries.map(({ value }) => value)) ??
      sizeDifference(pairs.length, expected.entries.length)
  }
  if (expected instanceof DuckDBStructValue) {
    const names = Object.keys(expected.entries)
    const fields = actual as Readonly<Record<string, Value>>
    if (typeof actual !== 'object' || String(Object.keys(fields)) !== String(names)) return differs
    const values = names.map((name) => expected.entries[name] ?? null)
    return first(names.map((name) => fields[name] ?? null), values)
  }
  if (expected instanceof DuckDBBlobValue) {
    return actual instanceof Uint8Array && Buffer.compare(actual, expected.bytes) === 0 ? undefined : differs
  }
  if (expected instanceof DuckDBDecimalValue) return actual === String(expected) ? undefined : differs
  if (expected instanceof DuckDBUnionValue) return typeof actual === 'string' ? undefined : differs
  return typeof actual === 'string' ? undefined : differs
}

function first(actual: readonly Value[], expected: readonly DuckDBValue[]): string | undefined {
  for (const [at, value] of expected.entries()) {
    const difference = valueDifference(actual[at] ?? null, value)
    if (difference !== undefined) return difference
  }
  return undefined
}

const sizeDifference = (actual: number, expected: number): string | undefined =>
  actual === expected ? undefined : `there are ${actual} entries, not ${expected}`

const show = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)) ?? 'nothing'
