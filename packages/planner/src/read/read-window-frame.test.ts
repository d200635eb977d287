import { integerType } from '@arbalest/common'
import { expect, test } from 'vitest'
import { ReadState } from './read-state.js'
import { readFrame } from './read-window-frame.js'
import { callJson, columnJson, context, literalJson } from './testing/plan-json.js'

const key = { kind: 'column', index: 0, type: integerType } as const

function frame(start: string, startExpr: object, descending = false) {
  const json = { start, start_expr: startExpr, end: 'CURRENT_ROW_RANGE', end_expr: null, exclude_clause: 'TIES' }
  const orders = [{ expr: key, descending, nullsFirst: false }]
  return readFrame(new ReadState(context), json, { inputs: [integerType], orders })
}

test('the offset of a RANGE border is taken out of it', () => {
  const border = callJson('-', [columnJson(0), literalJson(2)])
  expect(frame('EXPR_PRECEDING_RANGE', border)).toMatchObject({
    unit: 'RANGE', start: { kind: 'preceding', offset: { value: { text: '2' } } }, exclude: 'ties',
  })
})

test('descending, what precedes is greater', () => {
  const border = callJson('+', [columnJson(0), literalJson(2)])
  expect(frame('EXPR_PRECEDING_RANGE', border, true)).toMatchObject({ start: { kind: 'preceding' } })
  expect(() => frame('EXPR_PRECEDING_RANGE', border)).toThrow('RANGE frame')
})

test('a border of another shape is unreadable', () => {
  expect(() => frame('EXPR_PRECEDING_RANGE', literalJson(2))).toThrow('RANGE frame')
})

test('bounds of two units are unreadable', () => {
  expect(() => frame('EXPR_PRECEDING_ROWS', literalJson(2))).toThrow('shape of frame')
})
