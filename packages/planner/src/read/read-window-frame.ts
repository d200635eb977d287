/** Frames of window calls. */
import { isInteger, sameType, type DataType } from '@arbalest/common'
import { typeOf, type Expr, type FrameBound, type SortOrder, type WindowCall } from '@arbalest/plan'
import { asText, type JsonObject } from './json-value.js'
import { readExpression } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { unreadable } from './unreadable-plan.js'

type Frame = WindowCall['frame']

interface Scope { readonly inputs: readonly DataType[]; readonly orders: readonly SortOrder[] }

export function readFrame(state: ReadState, object: JsonObject, scope: Scope): Frame {
  const bound = (name: unknown, value: unknown): FrameBound => readBound(state, asText(name, 'frame'), value, scope)
  return {
    unit: readUnit(object),
    start: bound(object['start'], object['start_expr']),
    end: bound(object['end'], object['end_expr']),
    exclude: readExclude(object['exclude_clause']),
  }
}

/** The unit stands in the names of the bounds, where they have one; an unbounded one has none. */
function readUnit(object: JsonObject): Frame['unit'] {
  const names = [asText(object['start'], 'frame'), asText(object['end'], 'frame')]
  const units: readonly Frame['unit'][] = ['ROWS', 'RANGE', 'GROUPS']
  const found = units.filter(unit => names.some(name => name.endsWith(`_${unit}`)))
  if (found.length > 1) return unreadable('shape of frame')
  return found[0] ?? 'ROWS'
}

function readBound(state: ReadState, name: string, value: unknown, scope: Scope): FrameBound {
  if (name === 'UNBOUNDED_PRECEDING') return { kind: 'unbounded-preceding' }
  if (name === 'UNBOUNDED_FOLLOWING') return { kind: 'unbounded-following' }
  if (name.startsWith('CURRENT_ROW_')) return { kind: 'current-row' }
  const match = /^EXPR_(PRECEDING|FOLLOWING)_(ROWS|RANGE|GROUPS)$/.exec(name)
  if (match === null) return unreadable(`frame ${name}`)
  const kind = match[1] === 'PRECEDING' ? 'preceding' : 'following'
  const expr = readExpression(state, value, scope.inputs)
  return { kind, offset: match[2] === 'RANGE' ? rangeOffset(expr, kind, scope.orders) : expr }
}

/** For RANGE the plan holds the border itself, `key - offset` or `key + offset`; SQL wants the offset. */
function rangeOffset(border: Expr, kind: 'preceding' | 'following', orders: readonly SortOrder[]): Expr {
  const [order] = orders
  if (order === undefined) return unreadable('RANGE frame')
  const isKey = (expr: Expr) =>
    sameExpr(expr, order.expr) || (order.expr.kind === 'cast' && sameExpr(expr, order.expr.input))
  const operator = (kind === 'preceding') === order.descending ? '+' : '-'
  if (border.kind === 'function' && border.name === operator) {
    const [key, offset] = border.args
    if (key !== undefined && offset !== undefined && isKey(key)) return offset
  }
  return differenceFromKey(border, order.expr, operator)
}

/** Arithmetic of whole numbers is folded, down to `key` itself for `0 PRECEDING`: their difference is exact. */
function differenceFromKey(border: Expr, key: Expr, operator: '+' | '-'): Expr {
  const type = typeOf(border)
  if (!isInteger(type) || !sameType(type, typeOf(key))) return unreadable('RANGE frame')
  if (sameExpr(border, key)) return { kind: 'constant', type, value: { kind: 'text', text: '0' } }
  const args = operator === '+' ? [border, key] : [key, border]
  return { kind: 'function', name: '-', args, infix: true, type, isVolatile: false }
}

const sameExpr = (a: Expr, b: Expr): boolean => JSON.stringify(a) === JSON.stringify(b)

function readExclude(json: unknown): Frame['exclude'] {
  switch (json) {
    case 'NO_OTHER': return 'none'
    case 'CURRENT_ROW': return 'current-row'
    case 'GROUP': return 'group'
    case 'TIES': return 'ties'
  }
  return unreadable('shape of frame')
}
