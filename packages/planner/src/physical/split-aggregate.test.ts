import {
  bigintType, booleanType, decimalType, doubleType, hugeintType, integerType, simpleType, varcharType, type DataType,
} from '@arbalest/common'
import { typeOf, type AggregateCall, type Expr } from '@arbalest/plan'
import { aggregateOf, ascending, compare, countRows, integerConstant } from '@arbalest/plan/testing'
import { describe, expect, test } from 'vitest'
import { renderExpr } from '../render/render-expression.js'
import { splitAggregate } from './split-aggregate.js'

const argument = (type: DataType): Expr => ({ kind: 'column', index: 0, type })
const call = (name: string, type: DataType, of: DataType, more: Parameters<typeof aggregateOf>[3] = {}) =>
  aggregateOf(name, type, [argument(of)], more)

/** Partials over `x`, then the merge over the columns `p0`, `p1`. */
function told(aggregate: AggregateCall): readonly string[] | undefined {
  const split = splitAggregate(aggregate)
  if (split === undefined) return undefined
  const merge = split.merge((partial) => ({
    kind: 'column', index: partial, type: split.partials[partial]?.type ?? integerType,
  }))
  expect(typeOf(merge)).toEqual(aggregate.type)
  return [...split.partials.map((partial) => renderExpr(partial, () => 'x')), renderExpr(merge, (index) => `p${index}`)]
}

describe('two phases', () => {
  test('counts add up from nothing to 0', () => {
    expect(told(countRows())).toMatchInlineSnapshot(`
      [
        "count(*)",
        "CAST(COALESCE(sum(p0), CAST('0' AS HUGEINT)) AS BIGINT)",
      ]
    `)
    expect(told(call('count', bigintType, varcharType))?.[0]).toBe('count(x)')
  })
  test('sums come back in their own type, NULL where nothing was known', () => {
    expect(told(call('sum', hugeintType, integerType))).toMatchInlineSnapshot(`
      [
        "sum(x)",
        "CAST(sum(p0) AS HUGEINT)",
      ]
    `)
    expect(told(call('sum', decimalType(38, 2), decimalType(12, 2)))).toMatchInlineSnapshot(`
      [
        "sum(x)",
        "CAST(sum(p0) AS DECIMAL(38,2))",
      ]
    `)
    expect(told(call('sum', doubleType, doubleType))).toMatchInlineSnapshot(`
      [
        "sum(x)",
        "CAST(sum(p0) AS DOUBLE)",
      ]
    `)
    expect(told(call('count_if', hugeintType, booleanType))).toMatchInlineSnapshot(`
      [
        ""count_if"(x)",
        "CAST(sum(p0) AS HUGEINT)",
      ]
    `)
  })
  test('an average is a sum by a count, for each type of argument', () => {
    expect(told(call('avg', doubleType, integerType))).toMatchInlineSnapshot(`
      [
        "sum(x)",
        "count(x)",
        "(CAST(sum(p0) AS DOUBLE) / "nullif"(CAST(sum(p1) AS DOUBLE), CAST('0' AS DOUBLE)))",
      ]
    `)
    for (const type of [decimalType(12, 2), doubleType, hugeintType]) {
      expect(told(call('avg', doubleType, type))).toEqual(told(call('avg', doubleType, integerType)))
    }
    expect(told(call('avg', simpleType('INTERVAL'), simpleType('INTERVAL')))).toBeUndefined()
    expect(told(call('avg', simpleType('TIMESTAMP'), simpleType('TIMESTAMP')))).toBeUndefined()
  })
  test.each(['min', 'max', 'bool_and', 'bool_or', 'bit_and', 'bit_or', 'bit_xor'])('%s is its own merge', (name) => {
    const texts = told(call(name, integerType, integerType))?.map((text) => text.replaceAll('"', ''))
    expect(texts).toEqual([`${name}(x)`, `${name}(p0)`])
  })
  test.each(['first', 'any_value', 'arbitrary'])('%s asks only tasks that saw a row', (name) => {
    const texts = told(call(name, integerType, integerType))?.map((text) => text.replaceAll('"', ''))
    expect(texts).toEqual([`${name}(x)`, 'count(*)', `${name}(p0) FILTER (WHERE (p1 > CAST(0 AS BIGINT)))`])
  })
  test('a FILTER belongs to the first phase alone', () => {
    const filter = compare(argument(integerType), '>', integerConstant(3))
    const types = { count: bigintType, max: integerType, sum: hugeintType, avg: doubleType }
    for (const [name, type] of Object.entries(types)) {
      const texts = told(call(name, type, integerType, { filter })) ?? []
      expect(texts.slice(0, -1).every((text) => text.includes('FILTER')), name).toBe(true)
      expect(texts.at(-1), name).not.toContain('FILTER')
    }
    expect(told(call('first', integerType, integerType, { filter }))?.[1]).toContain('FILTER')
  })
})

describe('no two phases', () => {
  test('what needs all rows of its group', () => {
    for (const name of ['median', 'list', 'string_agg', 'mode', 'stddev', 'arg_max']) {
      expect(told(call(name, integerType, integerType)), name).toBeUndefined()
    }
    expect(told(call('sum', hugeintType, integerType, { orders: [ascending(argument(integerType))] }))).toBeUndefined()
    expect(told(aggregateOf('max', integerType, [argument(integerType), integerConstant(3)]))).toBeUndefined()
  })
  test('DISTINCT, unless it changes nothing', () => {
    for (const name of ['count', 'sum', 'bit_xor']) {
      expect(told(call(name, bigintType, integerType, { distinct: true })), name).toBeUndefined()
    }
    expect(told(call('avg', doubleType, integerType, { distinct: true }))).toBeUndefined()
    expect(told(call('max', integerType, integerType, { distinct: true }))).toHaveLength(2)
  })
})
