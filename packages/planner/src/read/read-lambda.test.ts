import { integerType, type DataType } from '@arbalest/common'
import type { Expr } from '@arbalest/plan'
import { describe, expect, test } from 'vitest'
import { renderExpr } from '../render/render-expression.js'
import { readExpression } from './read-expression.js'
import { ReadState } from './read-state.js'
import { callJson, columnJson, context, integerJson, literalJson, typeJson } from './testing/plan-json.js'

const list: DataType = { kind: 'list', child: integerType }
const listJson = typeJson('LIST', { child_type: integerJson })

/** A call over the columns `list, integer`, with its bound lambda. */
const lambdaJson = (name: string, children: readonly object[], lambda_expr: object | null, fields: object = {}) =>
  callJson(name, children, { return_type: listJson, has_serialize: true, function_data: { lambda_expr, ...fields } })

const sqlOf = (json: object): string => {
  const expr: Expr = readExpression(new ReadState(context), json, [list, integerType])
  return renderExpr(expr, (index) => `c${index}`)
}

const [element, captured] = [columnJson(0), columnJson(1)]
const sum = (left: object, right: object) => callJson('+', [left, right], { is_operator: true })

describe('a bound lambda gets its parameters back', () => {
  test('the element, and what it captures', () => {
    const json = lambdaJson('list_transform', [columnJson(0, listJson), columnJson(1)], sum(element, captured), {
      has_index: false,
    })
    expect(sqlOf(json)).toBe('"list_transform"(c0, lambda x1: (x1 + c1))')
  })
  test('the index comes last in SQL and first in the plan', () => {
    const [index, item] = [columnJson(0, typeJson('BIGINT')), columnJson(1)]
    const body = callJson('-', [item, index], { is_operator: true, return_type: typeJson('BIGINT') })
    expect(sqlOf(lambdaJson('list_filter', [columnJson(0, listJson)], body, { has_index: true })))
      .toBe('"list_filter"(c0, lambda x1, x2: (x1 - x2))')
  })
  test('a fold has its initial value behind the lambda', () => {
    const body = sum(columnJson(1), columnJson(0))
    const json = lambdaJson('list_reduce', [columnJson(0, listJson), literalJson(3)], body, {
      has_initial: true, has_index: false,
    })
    expect(sqlOf(json)).toBe('"list_reduce"(c0, lambda x1, x2: (x1 + x2), CAST(3 AS INTEGER))')
  })
  test('one in another captures the outer parameter', () => {
    const inner = lambdaJson('list_transform', [columnJson(1, listJson), columnJson(0)], sum(element, captured), {
      has_index: false,
    })
    const outer = lambdaJson('list_transform', [columnJson(0, listJson), columnJson(0, listJson)], inner, {
      has_index: false,
    })
    expect(sqlOf(outer)).toBe('"list_transform"(c0, lambda x1: "list_transform"(c0, lambda x2: (x2 + x1)))')
  })
})

test('a call whose lambda was folded away is unreadable', () => {
  const json = lambdaJson('list_transform', [columnJson(0, listJson)], null, { has_index: false })
  expect(() => sqlOf(json)).toThrow('arguments of list_transform')
})
