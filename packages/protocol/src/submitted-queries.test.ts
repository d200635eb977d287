import { expect, test } from 'vitest'
import type { JobId } from '@arbalest/common'
import { createSubmittedQueries } from './submitted-queries.js'

const id = (name: string) => name as JobId

test('the oldest queries go when there is no room', () => {
  const queries = createSubmittedQueries(10)
  queries.put(id('a'), '12345')
  queries.put(id('b'), '12345')
  queries.put(id('a'), '12345')
  expect([queries.get(id('a')), queries.get(id('b'))]).toEqual(['12345', '12345'])
  queries.put(id('c'), '1')
  expect(queries.get(id('b'))).toBeUndefined()
  expect([queries.get(id('a')), queries.get(id('c'))]).toEqual(['12345', '1'])
  queries.put(id('d'), '12345678901')
  expect(['a', 'c', 'd'].map((name) => queries.get(id(name)))).toEqual([undefined, undefined, undefined])
})

test('a query that is forgotten makes room', () => {
  const queries = createSubmittedQueries(10)
  queries.put(id('a'), '1234567890')
  queries.forget(id('a'))
  queries.put(id('b'), '1234567890')
  expect(queries.get(id('b'))).toBe('1234567890')
})
