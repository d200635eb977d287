/** Texts of constants that the plan JSON holds as bare numbers: what `CAST('…' AS type)` reads exactly. */
import { asBigint, asObject } from './json-value.js'

/** A number of up to 128 bits: digits, or `{ upper, lower }` halves. */
export function hugeintOf(value: unknown): bigint {
  if (typeof value !== 'object' || value === null || 'longNumber' in value) return asBigint(value, 'number')
  const halves = asObject(value, 'number')
  return (asBigint(halves['upper'], 'number') << 64n) + BigInt.asUintN(64, asBigint(halves['lower'], 'number'))
}

/** `-150` at scale 2 is `-1.50`. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  const cut = digits.length - scale
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, cut)}.${digits.slice(cut)}`
}

/** UUIDs are stored with their highest bit flipped, so that they sort as signed numbers. */
export function uuidText(stored: bigint): string {
  const hex = BigInt.asUintN(128, stored ^ (1n << 127n)).toString(16).padStart(32, '0')
  return [0, 8, 12, 16, 20].map((from, i) => hex.slice(from, [8, 12, 16, 20, 32][i])).join('-')
}

/** Time of day from its count of units of 10^-`digits` seconds. */
export function clockText(units: bigint, digits: number): string {
  const perSecond = 10n ** BigInt(digits)
  return `${hoursMinutesSeconds(units / perSecond)}.${String(units % perSecond).padStart(digits, '0')}`
}

/** Microseconds in the upper 40 bits; below, the offset counted down from +15:59:59. */
export function offsetTimeText(bits: bigint): string {
  const stored = BigInt.asUintN(64, bits)
  const offset = 57_599n - (stored & 0xff_ffffn)
  const magnitude = offset < 0n ? -offset : offset
  return `${clockText(stored >> 24n, 6)}${offset < 0n ? '-' : '+'}${hoursMinutesSeconds(magnitude)}`
}

function hoursMinutesSeconds(seconds: bigint): string {
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n]
  return parts.map(part => String(part).padStart(2, '0')).join(':')
}
