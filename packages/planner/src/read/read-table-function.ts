/** Calls of table functions: over constants, or for each row of what stands before them in FROM. */
import { booleanType, type DataType } from '@arbalest/common'
import type { Expr, Plan, TableFunction } from '@arbalest/plan'
import { asBigint, asBoolean, asCounts, asList, asObject, asText, type JsonObject } from './json-value.js'
import { allOf, picked } from './pick-columns.js'
import { readConstant } from './read-constant.js'
import type { ReadState } from './read-state.js'
import { readType } from './read-type.js'
import { readOneRow } from './read-values.js'
import { resolveBindings } from './resolve-bindings.js'
import { unreadable } from './unreadable-plan.js'

type ReadOperator = (state: ReadState, json: unknown) => Plan

/** Functions whose rows follow from their arguments alone. */
const knownFunctions: ReadonlySet<string> = new Set([
  'range', 'generate_series', 'repeat', 'repeat_row', 'unnest', 'json_each', 'json_tree',
])

/** Whether an operator that gets rows calls a function that reads no file. */
export const isTableFunction = (object: JsonObject): boolean => knownFunctions.has(String(object['name']))

export function readTableFunction(state: ReadState, object: JsonObject, readOperator: ReadOperator): Plan {
  const id = state.nextId()
  const name = asText(object['name'], 'table function')
  const filters = asList(asObject(object['table_filters'], 'table function')['filters'], 'table function')
  if (filters.length > 0 || asBigint(object['ordinality_idx'], 'table function') !== noOrdinality) {
    return unreadable(`options of table function ${name}`)
  }
  const own = asList(object['returned_types'], 'table function').map(readType)
  const passed = asCounts(object['projected_input'], 'table function')
  const options = asList(object['named_parameters'], 'table function').map(item => {
    const { key, value } = asObject(item, 'table function')
    return { name: asText(key, 'table function'), value: readConstant(value) }
  })
  const { input, args } = readArguments(state, object, readOperator)
  const types = [...own, ...passed.map(at => input.types[at] ?? unreadable('shape of table function'))]
  const call: TableFunction = {
    kind: 'table-function', id, input, name, args, options, passed, types, live: allOf(types),
  }
  return picked(state, outputOf(state, object, call, own.length), object['projection_ids'])
}

const noOrdinality = 18_446_744_073_709_551_615n

function readArguments(state: ReadState, object: JsonObject, readOperator: ReadOperator) {
  const [child, ...more] = asList(object['children'], 'table function')
  if (more.length > 0) return unreadable('shape of table function')
  if (child === undefined) {
    return { input: readOneRow(state), args: asList(object['parameters'], 'table function').map(readConstant) }
  }
  const input = readOperator(state, resolveBindings(child))
  const count = asList(object['input_table_types'], 'table function').length
  const args = input.types.slice(0, count).map((type, index): Expr => ({ kind: 'column', index, type }))
  return args.length === count ? { input, args } : unreadable('shape of table function')
}

/** The wanted columns of the function, then those that are passed on. */
function outputOf(state: ReadState, object: JsonObject, call: TableFunction, own: number): Plan {
  const exprs = [
    ...asList(object['column_indexes'], 'table function').map(json => columnOf(json, call.types, own)),
    ...call.passed.map((_, i) => columnAt(call.types, own + i)),
  ]
  const types = exprs.map(expr => expr.kind === 'column' ? expr.type : booleanType)
  return { kind: 'project', id: state.nextId(), input: call, exprs, types, live: allOf(types) }
}

/** What DuckDB reads when no column is wanted, only rows are. */
const noColumn = 18_446_744_073_709_551_614n

function columnOf(json: unknown, types: readonly DataType[], own: number): Expr {
  const object = asObject(json, 'table function')
  const isWhole = asBoolean(object['has_index'], 'table function') &&
    asList(object['child_indexes'], 'table function').length === 0
  const index = asBigint(object['index'], 'table function')
  if (index === noColumn) return { kind: 'constant', type: booleanType, value: { kind: 'boolean', value: true } }
  return isWhole && index < BigInt(own) ? columnAt(types, Number(index)) : unreadable('column of a table function')
}

const columnAt = (types: readonly DataType[], index: number): Expr =>
  ({ kind: 'column', index, type: types[index] ?? unreadable('column out of range') })
