/**
 * Dates and times as DuckDB prints them. JavaScript's `Date` ends at milliseconds and at the year
 * 275760, so values of these types are text: exact over DuckDB's whole range.
 */

const secondsPerDay = 86_400n

/** `YYYY-MM-DD`, with ` (BC)` for years before 1; days since 1970. */
export function dateText(days: number): string {
  if (days === 2_147_483_647) return 'infinity'
  if (days === -2_147_483_647) return '-infinity'
  return civilDate(days)
}

/** `HH:MM:SS` and the fraction without trailing zeros; `perSecond` units make a second. */
export function timeText(units: bigint, perSecond: bigint): string {
  const seconds = units / perSecond
  const clock = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n]
    .map((part) => pad(part, 2))
    .join(':')
  const fraction = units % perSecond
  if (fraction === 0n) return clock
  return `${clock}.${pad(fraction, String(perSecond).length - 1).replace(/0+$/, '')}`
}

/** Date and time with a space between; `zone` is put behind. Units since 1970. */
export function timestampText(units: bigint, perSecond: bigint, zone: '' | '+00'): string {
  if (units === 9_223_372_036_854_775_807n) return 'infinity'
  if (units === -9_223_372_036_854_775_807n) return '-infinity'
  const perDay = secondsPerDay * perSecond
  const rest = ((units % perDay) + perDay) % perDay
  return `${civilDate(Number((units - rest) / perDay))} ${timeText(rest, perSecond)}${zone}`
}

const pad = (value: bigint | number, length: number): string => String(value).padStart(length, '0')

/** The civil date of a day, by eras of 400 years that begin in March. */
function civilDate(days: number): string {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const text = `${pad(year > 0 ? year : 1 - year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
  return year > 0 ? text : `${text} (BC)`
}
