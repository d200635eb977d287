import { expect, test } from 'vitest'
import { dateText, timeText, timestampText } from './temporal-text.js'

test('dates of all ages, as DuckDB prints them', () => {
  expect(dateText(0)).toBe('1970-01-01')
  expect(dateText(-1)).toBe('1969-12-31')
  expect(dateText(19_782)).toBe('2024-02-29')
  expect(dateText(11_016)).toBe('2000-02-29')
  expect(dateText(-719_162)).toBe('0001-01-01')
  expect(dateText(-719_163)).toBe('0001-12-31 (BC)')
  expect(dateText(2_146_045_305)).toBe('5877642-06-24')
  expect(dateText(-2_147_483_281)).toBe('5877641-06-24 (BC)')
  expect(dateText(2_147_483_647)).toBe('infinity')
  expect(dateText(-2_147_483_647)).toBe('-infinity')
})

test('agrees with Date over its own range', () => {
  for (let days = -2_000_000; days < 3_000_000; days += 997) {
    const date = new Date(days * 86_400_000)
    if (date.getUTCFullYear() < 1) continue
    const year = String(date.getUTCFullYear()).padStart(4, '0')
    expect(dateText(days)).toBe(`${year}-${date.toISOString().match(/-(\d\d-\d\d)T/)![1]}`)
  }
})

test('times and timestamps keep every digit and no zeros', () => {
  expect(timeText(3_723_120_000n, 1_000_000n)).toBe('01:02:03.12')
  expect(timeText(86_400_000_000n, 1_000_000n)).toBe('24:00:00')
  expect(timestampText(1_704_067_200_123_456_789n, 1_000_000_000n, '')).toBe(
    '2024-01-01 00:00:00.123456789',
  )
  expect(timestampText(-1n, 1_000_000n, '')).toBe('1969-12-31 23:59:59.999999')
  expect(timestampText(500n, 1_000n, '+00')).toBe('1970-01-01 00:00:00.5+00')
  expect(timestampText(-63_517_820_277n, 1n, '')).toBe('0044-03-15 (BC) 01:02:03')
  expect(timestampText(9_223_372_036_854_775_807n, 1_000_000n, '')).toBe('infinity')
})
