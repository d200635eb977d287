/** Calls inside a window operator. */
import type { DataType } from '@arbalest/common'
import type { Expr, WindowCall } from '@arbalest/plan'
import { completeArguments } from './function-arguments.js'
import { asBoolean, asObject, asText, type JsonObject } from './json-value.js'
import { plainAggregateName } from './read-aggregate.js'
import { readExpressions, readOptional, readOrders } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { readType } from './read-type.js'
import { readFrame } from './read-window-frame.js'
import { unreadable } from './unreadable-plan.js'

const windowFunctions: Readonly<Record<string, string>> = {
  WINDOW_RANK: 'rank',
  WINDOW_RANK_DENSE: 'dense_rank',
  WINDOW_NTILE: 'ntile',
  WINDOW_PERCENT_RANK: 'percent_rank',
  WINDOW_CUME_DIST: 'cume_dist',
  WINDOW_ROW_NUMBER: 'row_number',
  WINDOW_FIRST_VALUE: 'first_value',
  WINDOW_LAST_VALUE: 'last_value',
  WINDOW_NTH_VALUE: 'nth_value',
  WINDOW_LEAD: 'lead',
  WINDOW_LAG: 'lag',
  WINDOW_FILL: 'fill',
}

export function readWindow(state: ReadState, json: unknown, inputs: readonly DataType[]): WindowCall {
  const object = asObject(json, 'window')
  if (object['expression_class'] !== 'BOUND_WINDOW') return unreadable('shape of window')
  const orders = readOrders(state, object['orders'], inputs)
  return {
    kind: 'window',
    name: readName(object),
    args: readArguments(state, object, inputs),
    distinct: asBoolean(object['distinct'], 'window'),
    filter: readOptional(state, object['filters'], inputs),
    argOrders: readOrders(state, object['arg_orders'], inputs),
    ignoreNulls: asBoolean(object['ignore_nulls'], 'window'),
    partitions: readExpressions(state, object['partitions'], inputs),
    orders,
    frame: readFrame(state, object, { inputs, orders }),
    type: readType(object['return_type']),
  }
}

function readName(object: JsonObject): string {
  const type = asText(object['type'], 'window')
  if (type !== 'WINDOW_AGGREGATE') return windowFunctions[type] ?? unreadable(`expression ${type}`)
  return plainAggregateName(asText(object['name'], 'window'))
}

/** The offset and the default of `lag` and `lead` stand beside the children. */
function readArguments(
  state: ReadState, object: JsonObject, inputs: readonly DataType[],
): readonly Expr[] {
  const offset = readOptional(state, object['offset_expr'], inputs)
  const otherwise = readOptional(state, object['default_expr'], inputs)
  if (offset === undefined && otherwise !== undefined) return unreadable('window default without offset')
  const args = readExpressions(state, object['children'], inputs)
  if (object['type'] === 'WINDOW_AGGREGATE') {
    return completeArguments(object, asText(object['name'], 'window'), args)
  }
  return [...args, ...[offset, otherwise].filter(expr => expr !== undefined)]
}
