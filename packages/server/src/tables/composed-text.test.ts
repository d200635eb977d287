import { expect, test } from 'vitest'
import { queryError, QueryError } from '@arbalest/common'
import { compose } from './composed-text.js'

const at = (position: number) => queryError('UNKNOWN_COLUMN', { reason: 'x' }, { position })
const placeOf = (thrown: unknown) => (thrown instanceof QueryError ? thrown.position : 'none')

test('errors are where the piece stands in the statement', () => {
  const text = compose('SELECT CAST((', { sql: 'a + b', sqlStart: 40 }, ') AS INT) FROM ', { sql: 't', sqlStart: 60 })
  expect(text.sql).toBe('SELECT CAST((a + b) AS INT) FROM t')
  expect(placeOf(text.placed(at(17)))).toBe(44)
  expect(placeOf(text.placed(at(33)))).toBe(60)
})

test('errors in what was put around have no place', () => {
  const text = compose('SELECT x FROM (', { sql: 'q', sqlStart: 9 }, ')')
  expect(placeOf(text.placed(at(7)))).toBeUndefined()
  const other = new Error('something else')
  expect(text.placed(other)).toBe(other)
})
