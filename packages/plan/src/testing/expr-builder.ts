/** Short ways to write expressions by hand. */
import {
  bigintType, integerType, varcharType, type DataType,
} from '@arbalest/common'
import type {
  AggregateCall, Comparison, ComparisonOperator, Constant, Expr, FunctionCall, SortOrder, WindowCall,
} from '../expr.js'
import { typeOf } from '../walk-expressions.js'

/** A constant from the text that `CAST('…' AS type)` reads. */
export const constantOf = (type: DataType, text: string): Constant => ({
  kind: 'constant',
  type,
  value: { kind: 'text', text },
})
export const integerConstant = (value: number): Constant => constantOf(integerType, String(value))
export const textConstant = (text: string): Constant => constantOf(varcharType, text)
export const nullConstant = (type: DataType): Constant => ({ kind: 'constant', type, value: { kind: 'null' } })

export const compare = (left: Expr, operator: ComparisonOperator, right: Expr): Comparison => ({
  kind: 'comparison',
  operator,
  left,
  right,
})

/** A call by name, infix when the name has no letters. */
export const callOf = (name: string, type: DataType, ...args: readonly Expr[]): FunctionCall => ({
  kind: 'function',
  name,
  args,
  infix: /^[^a-z0-9_]+$/i.test(name),
  type,
  isVolatile: false,
})

export const aggregateOf = (
  name: string,
  type: DataType,
  args: readonly Expr[],
  more: Pick<Partial<AggregateCall>, 'distinct' | 'filter' | 'orders'> = {},
): AggregateCall => ({ kind: 'aggregate', name, args, distinct: false, filter: undefined, orders: [], type, ...more })

/** `count(*)`. */
export const countRows = (): AggregateCall => aggregateOf('count', bigintType, [])
export const minOf = (expr: Expr): AggregateCall => aggregateOf('min', typeOf(expr), [expr])
export const maxOf = (expr: Expr): AggregateCall => aggregateOf('max', typeOf(expr), [expr])

export const ascending = (expr: Expr): SortOrder => ({ expr, descending: false, nullsFirst: false })
export const descending = (expr: Expr): SortOrder => ({ expr, descending: true, nullsFirst: false })

/** A window call over SQL's own frame. */
export const windowOf = (
  name: string,
  type: DataType,
  args: readonly Expr[],
  over: Partial<WindowCall> = {},
): WindowCall => ({
  kind: 'window',
  name,
  args,
  distinct: false,
  filter: undefined,
  argOrders: [],
  ignoreNulls: false,
  partitions: [],
  orders: [],
  frame: {
    unit: 'RANGE',
    start: { kind: 'unbounded-preceding' },
    end: { kind: 'current-row' },
    exclude: 'none',
  },
  type,
  ...over,
})
