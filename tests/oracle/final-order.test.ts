import { expect, test } from 'vitest'
import { finalOrder } from '../../bench/oracle/final-order.js'

test('keys and limit are those of the outermost query', () => {
  const sql = "SELECT (SELECT a FROM t ORDER BY b LIMIT 1) x, 'limit 3' FROM t"
    + '\nORDER BY substr(x, 1, 2) DESC, y NULLS FIRST'
  expect(finalOrder(`${sql} LIMIT 10`)).toEqual({ keys: ['substr(x, 1, 2)', 'y'], limit: 10, unlimited: sql })
})

test('an order within a window or a subquery is none of the rows', () => {
  const sql = 'SELECT rank() OVER (ORDER BY a) FROM (SELECT a FROM t ORDER BY a LIMIT 5)'
  expect(finalOrder(sql)).toEqual({ keys: [], limit: undefined, unlimited: sql })
})

test('a comment with the words is none of them', () => {
  expect(finalOrder('SELECT a FROM t -- ORDER BY b\nORDER BY 1').keys).toEqual(['1'])
})
