import { expect, test } from 'vitest'
import { classifyStatement } from '../classify-statement.js'

const none = { start: undefined, increment: undefined, minValue: undefined, maxValue: undefined, cycle: false }

test('a sequence has its options in any order, bounds it does not have are left out', () => {
  expect(classifyStatement('CREATE SEQUENCE s')).toEqual({
    kind: 'create-sequence', name: ['s'], orReplace: false, ifNotExists: false, temporary: false, options: none,
  })
  const many = 'create or replace temp sequence a.s cycle no minvalue maxvalue 9 increment -2 start with +5'
  expect(classifyStatement(many)).toEqual({
    kind: 'create-sequence', name: ['a', 's'], orReplace: true, ifNotExists: false, temporary: true,
    options: { ...none, cycle: true, maxValue: '9', increment: '-2', start: '5' },
  })
})

test.each([
  ['CREATE SEQUENCE s START 1 START 2', 'START is given twice'],
  ['CREATE SEQUENCE s START 1.5', 'a whole number'],
  ['CREATE SEQUENCE s CACHE 5', 'START, INCREMENT'],
  ['CREATE OR REPLACE SEQUENCE IF NOT EXISTS s', 'either OR REPLACE or IF NOT EXISTS'],
])('%s is refused', (text, reason) => {
  expect(() => classifyStatement(text)).toThrow(reason)
})

test('a sequence is dropped by its name', () => {
  expect(classifyStatement('DROP SEQUENCE IF EXISTS a.s CASCADE')).toEqual({
    kind: 'drop-definition', object: 'sequence', isTable: undefined, name: ['a', 's'], ifExists: true, cascade: true,
  })
})
