/** Calls of aggregate functions inside an aggregate operator. */
import type { DataType } from '@arbalest/common'
import type { AggregateCall } from '@arbalest/plan'
import { completeArguments } from './function-arguments.js'
import { asObject, asText } from './json-value.js'
import { readExpressions, readOptional, readOrders } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

export function readAggregate(state: ReadState, json: unknown, inputs: readonly DataType[]): AggregateCall {
  const object = asObject(json, 'aggregate')
  if (object['expression_class'] !== 'BOUND_AGGREGATE') return unreadable('shape of aggregate')
  const name = asText(object['name'], 'aggregate')
  const orders = object['order_bys']
  return {
    kind: 'aggregate',
    name: plainAggregateName(name),
    args: completeArguments(object, name, readExpressions(state, object['children'], inputs)),
    distinct: readDistinct(object['aggregate_type']),
    filter: readOptional(state, object['filter'], inputs),
    orders: orders === null ? [] : readOrders(state, asObject(orders, 'orders')['orders'], inputs),
    type: readType(object['return_type']),
  }
}

/** DuckDB's inner names of aggregates by the name that SQL has for them. */
export function plainAggregateName(name: string): string {
  switch (name) {
    case 'count_star': return 'count'
    case 'sum_no_overflow': return 'sum'
  }
  return name
}

function readDistinct(value: unknown): boolean {
  if (value === 'DISTINCT') return true
  if (value === 'NON_DISTINCT') return false
  return unreadable('shape of aggregate')
}
