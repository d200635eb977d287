import { integerType } from '@arbalest/common'
import { expect, test } from 'vitest'
import { ReadState } from './read-state.js'
import { readFrame } from './read-window-frame.js'
import { callJson, columnJson, context, literalJson, typeJson } from './testing/plan-json.js'

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
})

test('a border that is the key itself is 0 away', () => {
  expect(frame('EXPR_PRECEDING_RANGE', columnJson(0))).toMatchObject({ start: { offset: { value: { text: '0' } } } })
})

test('the offset of another border of whole numbers is its distance to the key', () => {
  const border = callJson('*', [columnJson(0), literalJson(2)])
  const distance = (args: readonly object[]) => ({ start: { offset: { kind: 'function', name: '-', args } } })
  expect(frame('EXPR_PRECEDING_RANGE', border)).toMatchObject(distance([key, { name: '*' }]))
  expect(frame('EXPR_PRECEDING_RANGE', border, true)).toMatchObject(distance([{ name: '*' }, key]))
})

test('a border of another shape is unreadable', () => {
  const type = typeJson('DOUBLE')
  const border = callJson('*', [columnJson(0), literalJson(2)], { return_type: type })
  expect(() => frame('EXPR_PRECEDING_RANGE', border)).toThrow('RANGE frame')
})

test('bounds of two units are unreadable', () => {
  expect(() => frame('EXPR_PRECEDING_ROWS', literalJson(2))).toThrow('shape of frame')
})
