/** Access to the untyped JSON of a plan: a value of another shape than expected is unreadable. */
import { isLongNumber } from '../duckdb-json.js'
import { unreadable } from './unreadable-plan.js'

export type JsonObject = Readonly<Record<string, unknown>>

export function asObject(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(what)
  return value as JsonObject
}

export function asList(value: unknown, what: string): readonly unknown[] {
  return Array.isArray(value) ? value : wrong(what)
}

export function asText(value: unknown, what: string): string {
  return typeof value === 'string' ? value : wrong(what)
}

export function asBoolean(value: unknown, what: string): boolean {
  return typeof value === 'boolean' ? value : wrong(what)
}

/** A whole number from 0 that JavaScript holds exactly: positions, widths, counts. */
export function asCount(value: unknown, what: string): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : wrong(what)
}

export function asCounts(value: unknown, what: string): readonly number[] {
  return asList(value, what).map(item => asCount(item, what))
}

/** A whole number of any size. */
export function asBigint(value: unknown, what: string): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (isLongNumber(value) && /^-?\d+$/.test(value.longNumber)) return BigInt(value.longNumber)
  return wrong(what)
}

function wrong(what: string): never {
  return unreadable(`shape of ${what}`)
}
