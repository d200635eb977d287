import { expect, test } from 'vitest'
import { completeScript, type AnsweredRecord } from './complete-script.js'
import type { Outcome } from './outcome.js'
import { parseScript } from './parse-script.js'
import type { TestRecord } from './script.js'

const text = 'query I rowsort\nFROM t\n\nstatement error\nSELEC\n\nquery I\nSELECT 1\n----\n1\n'

test('answers and messages are written below what expects nothing yet', () => {
  const outcomes: readonly Outcome[] = [
    { kind: 'rows', types: ['INTEGER'], rows: [['2'], ['1']] },
    { kind: 'error', message: 'Parser Error: no\nLINE 1', timedOut: false },
    { kind: 'rows', types: ['INTEGER'], rows: [['1']] },
  ]
  const answers: readonly AnsweredRecord[] = parseScript(text).map((record, at) => ({
    record: record as TestRecord, outcome: outcomes[at]!,
  }))
  expect(completeScript(text, answers)).toBe(
    'query I rowsort\nFROM t\n----\n1\n2\n\nstatement error\nSELEC\n----\nParser Error: no\n\n' +
    'query I\nSELECT 1\n----\n1\n')
})

test('a query of other columns than it says is refused', () => {
  const [record] = parseScript('query II\nFROM t\n') as [TestRecord]
  const outcome: Outcome = { kind: 'rows', types: ['INTEGER'], rows: [] }
  expect(() => completeScript('query II\nFROM t\n', [{ record, outcome }])).toThrow('line 1: the query has 1 columns')
})
