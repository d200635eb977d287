import { integerType, varcharType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { describe, expect, test } from 'vitest'
import { completeArguments } from './function-arguments.js'
import { callJson, constantJson, integerJson, typeJson } from './testing/plan-json.js'

const column: Expr = { kind: 'column', index: 0, type: integerType }
const decimal = typeJson('DECIMAL', { width: 2, scale: 1 })

function completed(name: string, state: object, original: readonly string[]) {
  const json = callJson(name, [{}], {
    has_serialize: true, function_data: state, original_arguments: original.map((id) => typeJson(id)),
  })
  return completeArguments(json, name, [column])
}

describe('removed arguments are written again', () => {
  const quantiles = (desc: boolean) => ({ quantiles: [constantJson(decimal, 5)], order: [0], desc })

  test('the quantile', () => {
    const [, quantile] = completed('quantile_cont', quantiles(false), ['INTEGER', 'DOUBLE'])
    expect(quantile).toMatchObject({ value: { text: '0.5' } })
  })
  test('a quantile from the top is negative', () => {
    const [, quantile] = completed('quantile_disc', quantiles(true), ['INTEGER', 'DOUBLE'])
    expect(quantile).toMatchObject({ value: { text: '-0.5' } })
  })
  test('a list of quantiles stays one', () => {
    const [, quantile] = completed('quantile_cont', quantiles(false), ['INTEGER', 'LIST'])
    expect(quantile).toMatchObject({ type: { kind: 'list' } })
  })
  test('the separator', () => {
    const [, separator] = completed('string_agg', { separator: '|' }, ['ANY', 'VARCHAR'])
    expect(separator).toMatchObject({ value: { text: '|' } })
  })
})

test('a call that lacks arguments in another way is unreadable', () => {
  const lambda = callJson('list_transform', [{}], { arguments: [integerJson, typeJson('LAMBDA')] })
  expect(() => completeArguments(lambda, 'list_transform', [column])).toThrow('arguments of list_transform')
})

test('a call with a bound state that is not known is unreadable', () => {
  expect(() => completed('some_sketch', {}, [])).toThrow('arguments of some_sketch')
})

describe('further arguments of a list aggregate', () => {
  const aggregated = (name: string, fields: object) => {
    const original_arguments = [typeJson('ANY'), typeJson('VARCHAR')]
    const inner = callJson(name, [{}], { original_arguments, ...fields })
    return completed('list_aggregate', { bind_data: { aggr_expr: inner } }, [])
  }

  test('are those that the inner one has lost', () => {
    const [, separator] = aggregated('string_agg', { has_serialize: true, function_data: { separator: '|' } })
    expect(separator).toMatchObject({ value: { text: '|' } })
  })
  test('are unreadable when nothing tells them', () => {
    expect(() => aggregated('max', {})).toThrow('arguments of max')
  })
})

test('a call as it was written keeps its arguments', () => {
  const text: Expr = { kind: 'column', index: 1, type: varcharType }
  expect(completeArguments(callJson('lower', [{}]), 'lower', [text])).toEqual([text])
})
