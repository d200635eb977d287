/** Operators that keep some of the rows: LIMIT and samples. */
import { doubleType } from '@arbalest/common'
import type { ComputedLimit, Expr, Limit, Plan, Sample } from '@arbalest/plan'
import { asBoolean, asCount, asObject, asText, type JsonObject } from './json-value.js'
import { allOf } from './pick-columns.js'
import { readExpression } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { unreadable } from './unreadable-plan.js'

type ReadInput = (state: ReadState, object: JsonObject) => Plan

export function readLimit(state: ReadState, object: JsonObject, readInput: ReadInput): Limit | ComputedLimit {
  const id = state.nextId()
  const input = readInput(state, object)
  const limit = asObject(object['limit_val'], 'limit')
  const count = readCount(state, limit, input)
  const offset = readCount(state, asObject(object['offset_val'], 'limit'), input)
  const columns = { types: input.types, live: allOf(input.types) }
  const unit = asText(limit['type'], 'limit').endsWith('_PERCENTAGE') ? 'percent' : 'rows'
  if (unit === 'rows' && typeof count !== 'object' && typeof offset !== 'object') {
    return { kind: 'limit', id, input, count, offset: offset ?? 0, ...columns }
  }
  return { kind: 'computed-limit', id, input, count: asExpr(count), unit, offset: asExpr(offset), ...columns }
}

function readCount(state: ReadState, value: JsonObject, input: Plan): number | Expr | undefined {
  switch (value['type']) {
    case 'UNSET': return undefined
    case 'CONSTANT_VALUE': return asCount(value['constant_integer'], 'limit')
    case 'CONSTANT_PERCENTAGE': return numberConstant(asShare(value['constant_percentage']))
    case 'EXPRESSION_VALUE': case 'EXPRESSION_PERCENTAGE':
      return readExpression(state, value['expression'], input.types)
  }
  return unreadable('shape of limit')
}

const asExpr = (count: number | Expr | undefined): Expr | undefined =>
  typeof count === 'number' ? numberConstant(count) : count

const numberConstant = (count: number): Expr =>
  ({ kind: 'constant', type: doubleType, value: { kind: 'text', text: String(count) } })

const asShare = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : unreadable('shape of limit')

const methods: Readonly<Record<string, Sample['method']>> = {
  Bernoulli: 'bernoulli', System: 'system', Reservoir: 'reservoir',
}

export function readSample(state: ReadState, object: JsonObject, readInput: ReadInput): Sample {
  const id = state.nextId()
  const input = readInput(state, object)
  const options = asObject(object['sample_options'], 'sample')
  const count = asObject(options['sample_size'], 'sample')['value']
  if (typeof count !== 'number') return unreadable('shape of sample')
  const { seed } = options
  return {
    kind: 'sample',
    id,
    input,
    size: { unit: asBoolean(options['is_percentage'], 'sample') ? 'percent' : 'rows', count },
    method: methods[asText(options['method'], 'sample')] ?? unreadable('shape of sample'),
    seed: typeof seed === 'number' && seed >= 0 ? seed : undefined,
    types: input.types,
    live: allOf(input.types),
  }
}
