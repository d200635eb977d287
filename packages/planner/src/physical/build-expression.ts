/** Short ways to write expressions of two-phase aggregates. */
import { booleanType, doubleType, type DataType } from '@arbalest/common'
import type { AggregateCall, Expr } from '@arbalest/plan'

export const aggregate = (name: string, args: readonly Expr[], type: DataType, filter?: Expr): AggregateCall => ({
  kind: 'aggregate', name, args, distinct: false, filter, orders: [], type,
})

export const cast = (input: Expr, type: DataType): Expr => ({ kind: 'cast', input, type, isTry: false })

export const constant = (text: string, type: DataType): Expr =>
  ({ kind: 'constant', type, value: { kind: 'text', text } })

export const nullOf = (type: DataType): Expr => ({ kind: 'constant', type, value: { kind: 'null' } })

export const call = (name: string, args: readonly Expr[], type: DataType): Expr =>
  ({ kind: 'function', name, args, infix: false, type, isVolatile: false })

/** Arithmetic of doubles. */
export const calculate = (left: Expr, name: '+' | '-' | '*' | '/', right: Expr): Expr =>
  ({ kind: 'function', name, args: [left, right], infix: true, type: doubleType, isVolatile: false })

export const compare = (left: Expr, operator: '=' | '>', right: Expr): Expr =>
  ({ kind: 'comparison', operator, left, right })

export const choose = (when: Expr, then: Expr, otherwise: Expr, type: DataType): Expr =>
  ({ kind: 'case', branches: [{ when, then }], otherwise, type })

export const isNotNull = (arg: Expr): Expr =>
  ({ kind: 'operator', operator: 'is-not-null', args: [arg], type: booleanType })

export const allOf = (terms: readonly (Expr | undefined)[]): Expr | undefined => {
  const known = terms.filter((term) => term !== undefined)
  return known.length > 1 ? { kind: 'and', terms: known } : known[0]
}
