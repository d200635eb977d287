/** Calendar dates from day numbers, for whoever writes them as text. */

const daysOfYear1 = -719_162
const daysAfterYear9999 = 2_932_897

/** `1995-03-15` for whole days since 1970-01-01; `undefined` outside years 1 to 9999. */
export function isoDateOf(days: number): string | undefined {
  if (days < daysOfYear1 || days >= daysAfterYear9999) return undefined
  // counted from 0000-03-01, so that leap days end a year; the calendar repeats every 146,097 days
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(day, 2)}`
}

const padded = (value: number, width: number): string => String(value).padStart(width, '0')

/**
 * `1995-03-15 12:00:00.5` for a count of ticks since 1970, a tick being one of the last of
 * `fractionDigits` digits after the second; `undefined` outside years 1 to 9999.
 */
export function isoTimestampOf(ticks: bigint, fractionDigits: number): string | undefined {
  const perSecond = 10n ** BigInt(fractionDigits)
  const perDay = perSecond * 86_400n
  const rest = ((ticks % perDay) + perDay) % perDay
  const isoDate = isoDateOf(Number((ticks - rest) / perDay))
  if (isoDate === undefined) return undefined
  const seconds = Number(rest / perSecond)
  const time = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const fraction = rest % perSecond
  const fractionText = fraction === 0n ? '' : `.${String(fraction).padStart(fractionDigits, '0')}`
  return `${isoDate} ${time.map((part) => padded(part, 2)).join(':')}${fractionText}`
}

/** Digits after the second of the types that count ticks, by the type's name in SQL. */
export const timestampDigits: Readonly<Record<string, number>> = {
  TIMESTAMP_S: 0,
  TIMESTAMP_MS: 3,
  TIMESTAMP: 6,
  'TIMESTAMP WITH TIME ZONE': 6,
  TIMESTAMP_NS: 9,
}
