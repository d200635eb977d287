import { QueryError } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { fillParameters, parametersOf } from './parameters.js'

const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  fillParameters(text, new Map(Object.entries(values))).text

function failure(work: () => unknown): Pick<QueryError, 'code' | 'message' | 'position'> {
  try {
    work()
  } catch (error) {
    if (error instanceof QueryError) return error
  }
  throw new Error('not refused')
}

describe('where parameters stand', () => {
  test.each([
    ['select 1', []],
    ['select ?, ?', ['1', '2']],
    ['select $2, ?, $1', ['2', '3', '1']],
    ['select ?2, ?', ['2', '3']],
    ['select $Name, $name', ['name', 'name']],
    ["select '?', \"?\", $$ ? $1 $$, -- ?\n /* $1 */ E'\\'?'", []],
    ['select a$1', []],
  ])('%s', (text, keys) => expect(parametersOf(text).map(({ key }) => key)).toEqual(keys))

  test('numbers and names are not mixed', () => {
    expect(failure(() => parametersOf('select $a, ?'))).toMatchObject({ code: 'INVALID_PARAMETER', position: 11 })
  })
})

describe('filled in', () => {
  test('with parentheses, but for a list after IN', () => {
    expect(filled('select 3 -$1, x IN ?2', { 1: '-5', 2: '[1]' })).toBe('select 3 -(-5), x IN  [1]')
    expect(filled('select $a + $A', { a: '1' })).toBe('select (1) + (1)')
  })

  test('values and parameters must fit', () => {
    const code = 'INVALID_PARAMETER'
    expect(failure(() => filled('select ?', {}))).toMatchObject({ code, position: 7 })
    expect(failure(() => filled('select $1, $2', { 1: '1' }))).toMatchObject({ code, position: 11 })
    expect(failure(() => filled('select $1', { 1: '1', 2: '2' })).message)
      .toBe('the statement has no parameter $2: it has $1')
    expect(failure(() => filled('select 1', { a: '1' })).message).toContain('it has no parameters')
  })

  test('places are told in the text as it was', () => {
    const text = 'select ?, x, $2 + y'
    const edited = fillParameters(text, new Map([['1', "'a long text'"], ['2', '1']]))
    for (const word of ['select', 'x', 'y']) {
      expect(edited.placeBefore(edited.text.indexOf(word, word === 'x' ? 20 : 0))).toBe(text.indexOf(word))
    }
    expect(edited.placeBefore(edited.text.indexOf('long'))).toBe(7)
  })
})
