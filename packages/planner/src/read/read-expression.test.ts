import { integerType, simpleType, varcharType } from '@arbalest/common'
import { describe, expect, test } from 'vitest'
import { readExpression } from './read-expression.js'
import { ReadState } from './read-state.js'
import {
  callJson, castJson, columnJson, comparisonJson, context, literalJson, typeJson,
} from './testing/plan-json.js'

const hugeint = simpleType('HUGEINT')
const read = (json: object, inputs = [integerType, varcharType, hugeint]) =>
  readExpression(new ReadState(context), json, inputs)
const or = (children: readonly object[]) => (
  { expression_class: 'BOUND_CONJUNCTION', type: 'CONJUNCTION_OR', children }
)

describe('a column whose stub file has another type', () => {
  const asDouble = columnJson(2, typeJson('DOUBLE'))

  test('is read below the cast to its own', () => {
    expect(read(castJson(asDouble, typeJson('HUGEINT')))).toEqual({ kind: 'column', index: 2, type: hugeint })
  })
  test('is unreadable anywhere else', () => {
    expect(() => read(asDouble)).toThrow('column of another type')
    expect(() => read(castJson(asDouble, typeJson('INTEGER')))).toThrow('column of another type')
  })
})

test('nested ORs become one', () => {
  const term = (value: number) => comparisonJson(columnJson(0), literalJson(value))
  let json = term(0) as object
  for (let value = 1; value < 20_000; value += 1) json = or([json, term(value)])
  const expr = read(json)
  expect(expr.kind === 'or' && expr.terms.length).toBe(20_000)
})

test('nesting has a limit', () => {
  const nested = (levels: number) => {
    let json: object = columnJson(0)
    for (let level = 1; level < levels; level += 1) json = castJson(json, typeJson('BIGINT'))
    return json
  }
  expect(read(nested(1_000)).kind).toBe('cast')
  expect(() => read(nested(1_001))).toThrow('nesting deeper than 1000')
})

test('functions of the user are unreadable', () => {
  expect(() => read(callJson('f', [], { catalog_name: 'memory' }))).toThrow('function f of the catalog')
})

test('random is volatile', () => {
  expect(read(callJson('random', []))).toMatchObject({ kind: 'function', isVolatile: true })
})

test.each(['BOUND_PARAMETER', 'BOUND_LAMBDA', 'BOUND_SUBQUERY'])('%s is unreadable', (kind) => {
  expect(() => read({ expression_class: kind, type: kind })).toThrow(`expression ${kind}`)
})
