import { decimalType, integerType, simpleType, varcharType, type DataType } from '@arbalest/common'
import { printExpr, type ComparisonOperator, type Expr } from '@arbalest/plan'
import { compare, constantOf, integerConstant, textConstant } from '@arbalest/plan/testing'
import { expect, test } from 'vitest'
import { mergePredicates } from './merged-predicate.js'

const k: Expr = { kind: 'column', index: 0, type: integerType }
const n: Expr = { kind: 'column', index: 1, type: integerType }
const is = (column: Expr, operator: ComparisonOperator, value: number) =>
  compare(column, operator, integerConstant(value))
const from = (low: number, high: number): readonly Expr[] => [is(k, '>=', low), is(k, '<=', high)]

function merged(...branches: readonly (readonly Expr[])[]): string {
  const { terms, skipsAlike } = mergePredicates(branches)
  const printed = terms.map((term) => printExpr(term, (index) => 'kn'[index] ?? '?')).join('; ')
  return `${printed}${skipsAlike ? '' : ' apart'}`
}

test('ranges that lie close become the range around them', () => {
  expect(merged(from(1, 20), from(21, 40), from(51, 80))).toBe('k >= 1; k <= 80')
  expect(merged([is(k, '>', 5)], [is(k, '>=', 9), is(k, '>', 3)])).toBe('k >= 5')
  expect(merged([is(k, '=', -1)], [is(k, '=', 0)], from(-3, -2))).toBe('k >= -3; k <= 0')
  expect(merged(from(30, 50), from(1, 100), from(2, 3))).toBe('k >= 1; k <= 100')
})

test('wide gaps between ranges are kept out', () => {
  expect(merged(from(90, 95), from(1, 2))).toBe('k >= 1; k <= 95; (k <= 2) OR (k >= 90)')
  expect(merged(from(40, 50), from(1, 2), from(90, 95), from(5, 9)))
    .toBe('k >= 1; k <= 95; (k <= 9) OR (k >= 40); (k <= 50) OR (k >= 90)')
  expect(merged([is(k, '>', 5)], [is(k, '<', 2)])).toBe('(k <= 2) OR (k >= 5)')
  expect(merged([is(k, '<', 10)], from(1000, 1010))).toBe('k <= 1010; (k <= 10) OR (k >= 1000)')
})

test('few values are listed, for DuckDB looks for them in row groups', () => {
  expect(merged([is(k, '=', 5)], [is(k, '=', 6000)])).toBe('k >= 5; k <= 6000; (k = 5) OR (k = 6000)')
})

test('short ranges with many gaps between them lie apart', () => {
  const starts = Array.from({ length: 9 }, (_, at) => at * 100)
  expect(merged(...starts.map((start) => from(start, start + 20)))).not.toContain('apart')
  expect(merged(...starts.map((start) => from(start, start + 5)))).toContain('apart')
  expect(merged(...starts.map((start) => [is(k, '=', start)]))).not.toContain('apart')
})

test('other terms are listed beside the range', () => {
  expect(merged([...from(1, 5), is(n, '<', 3)], [...from(6, 10), is(n, '<>', 7)]))
    .toBe('k >= 1; k <= 10; ((k >= 1) AND (k <= 5) AND (n < 3)) OR ((k >= 6) AND (k <= 10) AND (n <> 7))')
})

test('what wants all rows lies apart from what wants some', () => {
  expect(merged(from(1, 5), [])).toBe(' apart')
  expect(merged([])).toBe('')
})

test('conjunctions about different columns lie apart', () => {
  expect(merged([is(k, '=', 5)], [is(n, '=', 2)])).toBe('(k = 5) OR (n = 2) apart')
})

test('decimals, dates and timestamps are compared by value, texts not at all', () => {
  const typed = (type: DataType, ...texts: readonly string[]) => texts.map((text): readonly Expr[] =>
    [compare({ kind: 'column', index: 0, type }, '=', constantOf(type, text))])
  expect(merged(...typed(decimalType(5, 2), '-0.50', '0.25', '-1.00'))).toMatch(/^k >= -1.00; k <= 0.25;/)
  expect(merged(...typed(integerType, '9', '10'))).toBe('k >= 9; k <= 10')
  expect(merged(...typed(varcharType, '9', '10'))).not.toContain('>=')
  expect(merged(...typed(simpleType('DOUBLE'), '9', '10'))).not.toContain('>=')
  const days = (count: number): readonly Expr[] => [compare(
    { kind: 'column', index: 0, type: simpleType('DATE') }, '>=',
    { kind: 'constant', type: simpleType('DATE'), value: { kind: 'days', days: count } },
  )]
  expect(mergePredicates([days(18_000), days(9_000)]).terms).toEqual(days(9_000))
})

test('a text is found in a list', () => {
  const column: Expr = { kind: 'column', index: 0, type: varcharType }
  const text = (value: string): readonly Expr[] => [compare(column, '=', textConstant(value))]
  expect(merged(text('a'), text('b'))).toBe("(k = 'a') OR (k = 'b')")
})
