/** Rows that stand in the plan itself. */
import { booleanType, type DataType } from '@arbalest/common'
import type { Expr, Plan, Project, Values } from '@arbalest/plan'
import { asList, asObject, type JsonObject } from './json-value.js'
import { allOf } from './pick-columns.js'
import { readConstant } from './read-constant.js'
import { readExpressions } from './read-expression.js'
import type { ReadState } from './read-state.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

const readTypes = (json: unknown): readonly DataType[] => asList(json, 'types').map(readType)

function valuesOf(state: ReadState, types: readonly DataType[], rows: Values['rows']): Values {
  if (!rows.every(row => row.length === types.length)) return unreadable('shape of rows')
  return { kind: 'values', id: state.nextId(), rows, types, live: allOf(types) }
}

/** The row below a SELECT without FROM: nothing looks at its column. */
export function readOneRow(state: ReadState): Values {
  const anything: Expr = { kind: 'constant', type: booleanType, value: { kind: 'boolean', value: true } }
  return valuesOf(state, [booleanType], [[anything]])
}

export function readNoRows(state: ReadState, object: JsonObject): Values {
  return valuesOf(state, readTypes(object['return_types']), [])
}

/** Constants by column. */
export function readChunk(state: ReadState, object: JsonObject): Values {
  const collection = asObject(object['collection'], 'rows')
  const columns = asList(collection['values'], 'rows').map(column => asList(column, 'rows').map(readConstant))
  const rows = (columns[0] ?? []).map((_, i) => columns.map(column => column[i] ?? unreadable('shape of rows')))
  return valuesOf(state, readTypes(object['chunk_types']), rows)
}

type ReadInput = (state: ReadState, object: JsonObject) => Plan

/**
 * Expressions by row: over no columns but that of the one row below, or, correlated, over each row of a
 * relation, where every list of expressions is a projection of its own.
 */
export function readExpressionRows(state: ReadState, object: JsonObject, readInput: ReadInput): Plan {
  const [child] = asList(object['children'], 'operator')
  const types = readTypes(object['expr_types'])
  const lists = asList(object['expressions'], 'rows')
  if (asObject(child, 'operator')['type'] === 'LOGICAL_DUMMY_SCAN') {
    return valuesOf(state, types, lists.map(row => readExpressions(state, row, [])))
  }
  const id = state.nextId()
  const input = readInput(state, object)
  const live = allOf(types)
  const inputs = lists.map((row): Project => (
    { kind: 'project', id: state.nextId(), input, exprs: readExpressions(state, row, input.types), types, live }
  ))
  if (!inputs.every(({ exprs }) => exprs.length === types.length)) return unreadable('shape of rows')
  const [only] = inputs
  if (inputs.length === 1 && only !== undefined) return only
  return { kind: 'set-operation', id, operation: 'union', all: true, inputs, types, live }
}
