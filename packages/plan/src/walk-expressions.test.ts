import { bigintType, doubleType, integerType, typeToSql } from '@arbalest/common'
import { expect, test } from 'vitest'
import type { Expr } from './expr.js'
import {
  aggregateOf, ascending, callOf, columnRef, compare, integerConstant, planBuilder, windowOf,
} from './testing/index.js'
import {
  childExprs, columnsUsed, mapColumns, someExpr, transformExpr, typeOf, withChildExprs,
} from './walk-expressions.js'
import { exprsOf, mapExprs, scopedExprsOf } from './walk-operator-exprs.js'

const column = (index: number): Expr => ({ kind: 'column', index, type: integerType })
const one = integerConstant(1)

/** One expression of every kind, with columns in every place that holds an expression. */
const everyKind: readonly Expr[] = [
  column(0),
  one,
  compare(column(0), '<', column(1)),
  { kind: 'and', terms: [compare(column(0), '=', one), compare(column(1), '=', one), compare(column(2), '=', one)] },
  { kind: 'or', terms: [compare(column(0), '=', one), compare(column(1), '=', one)] },
  { kind: 'cast', input: column(0), type: doubleType, isTry: false },
  {
    kind: 'case',
    branches: [{ when: compare(column(0), '=', one), then: column(1) }],
    otherwise: column(2),
    type: integerType,
  },
  { kind: 'between', input: column(0), low: column(1), high: column(2), lowInclusive: true, highInclusive: false },
  { kind: 'operator', operator: 'in', args: [column(0), column(1)], type: integerType },
  callOf('+', bigintType, column(0), column(1)),
  aggregateOf('sum', bigintType, [column(0)], {
    filter: compare(column(1), '=', one),
    orders: [ascending(column(2))],
  }),
  windowOf('sum', bigintType, [column(0)], {
    filter: compare(column(1), '=', one),
    argOrders: [ascending(column(2))],
    partitions: [column(3)],
    orders: [ascending(column(4))],
    frame: {
      unit: 'ROWS',
      start: { kind: 'preceding', offset: column(5) },
      end: { kind: 'following', offset: column(6) },
      exclude: 'ties',
    },
  }),
]

test.each(everyKind.map((expr) => [expr.kind, expr] as const))('%s keeps its parts when rebuilt', (_, expr) => {
  expect(withChildExprs(expr, childExprs(expr))).toBe(expr)
  const copies = childExprs(expr).map((part) => ({ ...part }))
  expect(withChildExprs(expr, copies)).toEqual(expr)
  expect(transformExpr(expr, (part) => part)).toBe(expr)
})

test.each(everyKind.map((expr) => [expr.kind, expr] as const))('every column of %s is found and moved', (_, expr) => {
  const used = columnsUsed([expr])
  const moved = mapColumns(expr, (index) => index + 10)
  expect([...columnsUsed([moved])].sort()).toEqual([...used].map((index) => index + 10).sort())
  expect(mapColumns(moved, (index) => index - 10)).toEqual(expr)
})

test('a column is replaced by an expression', () => {
  const sum = callOf('+', bigintType, column(7), one)
  expect(mapColumns(compare(column(0), '=', column(1)), (index) => (index === 0 ? sum : index))).toEqual(
    compare(sum, '=', column(1)),
  )
})

test('a part is found at any depth', () => {
  const deep = compare({ kind: 'cast', input: callOf('random', doubleType), type: doubleType, isTry: false }, '<', one)
  expect(someExpr(deep, (part) => part.kind === 'function' && part.name === 'random')).toBe(true)
  expect(someExpr(deep, (part) => part.kind === 'window')).toBe(false)
})

test('predicates are BOOLEAN, others carry their type', () => {
  expect(everyKind.map((expr) => typeToSql(typeOf(expr)))).toEqual([
    'INTEGER', 'INTEGER', 'BOOLEAN', 'BOOLEAN', 'BOOLEAN', 'DOUBLE', 'INTEGER', 'BOOLEAN', 'INTEGER', 'BIGINT',
    'BIGINT', 'BIGINT',
  ])
})

test('the expressions of a join know their side', () => {
  const p = planBuilder()
  const left = p.scan('l', [{ name: 'a', type: integerType }])
  const right = p.scan('r', [{ name: 'b', type: integerType }])
  const join = p.join('inner', left, right, {
    conditions: [{ left: columnRef(left, 0), right: columnRef(right, 0), operator: '=' }],
    residual: [compare(column(0), '<', column(1))],
    delim: { delimId: 1, keys: [columnRef(left, 0)], source: 'left' },
  })
  expect(scopedExprsOf(join).map(({ scope }) => scope)).toEqual(['left', 'right', 'both', 'left'])
  expect(exprsOf(join)).toHaveLength(4)
  expect(mapExprs(join, (expr) => expr)).toBe(join)
  const shifted = mapExprs(join, (expr, scope) => (scope === 'both' ? mapColumns(expr, (index) => index + 1) : expr))
  expect(exprsOf(shifted)[2]).toEqual(compare(column(1), '<', column(2)))
})
