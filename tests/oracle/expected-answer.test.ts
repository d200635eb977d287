import { expect, test } from 'vitest'
import type { Answer } from '../../bench/oracle/compare-answers.js'
import { expectAnswer } from '../../bench/oracle/expected-answer.js'

const columns = [{ name: 'k', type: 'INTEGER' }, { name: 'v', type: 'VARCHAR' }]
const answerOf = (...rows: readonly string[]): Answer => ({ columns, rows: rows.map((row) => row.split('')) })

/** An oracle whose table has the rows `1a 1b 2c`. */
const ask = (sql: string): Promise<Answer> =>
  Promise.resolve(sql.endsWith('LIMIT 1') ? answerOf('1a') : answerOf('1a', '1b', '2c'))

test('rows of equal keys come in any order', async () => {
  const { difference } = await expectAnswer(ask, 'FROM t ORDER BY k')
  expect(await difference(answerOf('1b', '1a', '2c'))).toBeUndefined()
  expect(await difference(answerOf('1a', '2c', '1b'))).toContain('of its order')
  expect(await difference(answerOf('1a', '1a', '2c'))).toContain('row 2 is (1, a)')
})

test('a limit cuts anywhere among equal keys', async () => {
  const { difference } = await expectAnswer(ask, 'FROM t ORDER BY k LIMIT 1')
  expect(await difference(answerOf('1b'))).toBeUndefined()
  expect(await difference(answerOf('2c'))).toContain('of its order')
  expect(await difference(answerOf('1c'))).toContain('no row is (1, c)')
})

test('a limit without an order takes any rows there are', async () => {
  const { difference } = await expectAnswer(ask, 'FROM t LIMIT 1')
  expect(await difference(answerOf('2c'))).toBeUndefined()
  expect(await difference(answerOf('3c'))).toContain('no row is')
})

test('a total order is compared row by row', async () => {
  const { difference } = await expectAnswer(ask, 'FROM t ORDER BY 1, v')
  expect(await difference(answerOf('1b', '1a', '2c'))).toContain('row 1 is (1, b)')
})
