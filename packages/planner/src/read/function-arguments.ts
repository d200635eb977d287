/**
 * The arguments of a call as SQL takes them. Binding removes some that must be constants; what they
 * were is in the call's `function_data`.
 */
import { integerType, varcharType, type DataType } from '@arbalest/common'
import type { Constant, Expr } from '@arbalest/plan'
import { wholeParts } from '../undivided.js'
import { refusedFunctions, restoredFunctions } from './function-lists.js'
import { asBoolean, asCount, asList, asObject, asText, type JsonObject } from './json-value.js'
import { readConstant } from './read-constant.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

/**
 * All arguments of the bound call, given those that are still there. Throws `UnreadablePlan` for a
 * call that cannot be written so that it binds to the same again.
 */
export function completeArguments(object: JsonObject, name: string, args: readonly Expr[]): readonly Expr[] {
  checkFunction(object, name)
  const original = asList(object['original_arguments'], 'function').length
  const lacksArguments = original > 0 && original !== args.length
  const restored = hasState(object) ? restoredArguments(object, name, args) : args
  if (lacksArguments && restored.length < original) return unreadable(`arguments of ${name}`)
  const wanted = asList(object['arguments'], 'function').length
  if (restored.length < wanted) return unreadable(`arguments of ${name}`)
  return restored
}

const hasState = (object: JsonObject): boolean => asBoolean(object['has_serialize'], 'function')

function checkFunction(object: JsonObject, name: string): void {
  const catalog = object['catalog_name']
  if (catalog !== 'system' && catalog !== '') return unreadable(`function ${name} of the catalog`)
  if (refusedFunctions.has(name) || name.startsWith('__internal_')) return unreadable(`function ${name}`)
  if (hasState(object) && !restoredFunctions.has(name) && !name.startsWith('icu_collate_')) {
    return unreadable(`arguments of ${name}`)
  }
}

function restoredArguments(object: JsonObject, name: string, args: readonly Expr[]): readonly Expr[] {
  const state = asObject(object['function_data'], 'function')
  switch (name) {
    case 'quantile': case 'quantile_cont': case 'quantile_disc':
      return [...args, quantiles(object, state, name)]
    case 'approx_quantile': return [...args, approximateQuantiles(object, state)]
    case 'reservoir_quantile': return [...args, approximateQuantiles(object, state), sampleSize(state)]
    case 'string_agg': case 'listagg': case 'group_concat':
      return [...args, textConstant(asText(state['separator'], name))]
    case 'bitstring_agg': return [...args, ...bitstringBounds(object, state)]
    case 'date_part': return [datePartNames(state), ...args]
    case 'list_aggregate': case 'list_aggr': case 'array_aggregate': case 'array_aggr': case 'aggregate':
      return [...args, ...innerArguments(state, name)]
  }
  return args
}

const textConstant = (text: string): Constant => (
  { kind: 'constant', type: varcharType, value: { kind: 'text', text } }
)

const listConstant = (child: DataType, items: readonly Constant[]): Constant => (
  { kind: 'constant', type: { kind: 'list', child }, value: { kind: 'list', items } }
)

/** One constant or, where a list was given, the list of them. */
function oneOrList(object: JsonObject, items: readonly Constant[]): Constant {
  const [, given] = asList(object['original_arguments'], 'function').map(type => asObject(type, 'function')['id'])
  const [first] = items
  if (given === undefined || first === undefined) return unreadable('arguments of a quantile')
  if (given === 'LIST' || given === 'ARRAY') return listConstant(first.type, items)
  return items.length === 1 ? first : unreadable('arguments of a quantile')
}

/** A negative quantile counts from the top. */
function quantiles(object: JsonObject, state: JsonObject, name: string): Constant {
  const fromTop = asBoolean(state['desc'], name)
  return oneOrList(object, asList(state['quantiles'], name).map(json => {
    const constant = readConstant(json)
    return fromTop ? negated(constant) : constant
  }))
}

function negated(constant: Constant): Constant {
  const { value } = constant
  if (value.kind !== 'text' || Number(value.text) === 0) return unreadable('arguments of a quantile')
  const text = value.text.startsWith('-') ? value.text.slice(1) : `-${value.text}`
  return { ...constant, value: { kind: 'text', text } }
}

function approximateQuantiles(object: JsonObject, state: JsonObject): Constant {
  const type: DataType = { kind: 'simple', name: 'FLOAT' }
  const items = asList(state['quantiles'], 'approx_quantile').map((value): Constant => {
    if (typeof value !== 'number') return unreadable('arguments of approx_quantile')
    return { kind: 'constant', type, value: { kind: 'text', text: String(value) } }
  })
  // For decimals only the result tells whether a list was given.
  const isTold = asList(object['original_arguments'], 'function').length > 1
  const isOne = readType(object['return_type']).kind !== 'list'
  return isTold || !isOne ? oneOrList(object, items) : items[0] ?? unreadable('arguments of a quantile')
}

/** Rows of the sample; said even where it was left out. */
function sampleSize(state: JsonObject): Constant {
  const text = String(asCount(state['sample_size'], 'quantile'))
  return { kind: 'constant', type: integerType, value: { kind: 'text', text } }
}

function bitstringBounds(object: JsonObject, state: JsonObject): readonly Constant[] {
  // Without bounds it looks at statistics, which a table has and rows from an exchange have not.
  if (asList(object['original_arguments'], 'function').length === 0) return unreadable(wholeParts.statistics.reason)
  return [readConstant(state['min']), readConstant(state['max'])]
}

/** Several parts at once give a struct whose fields bear the parts' names. */
function datePartNames(state: JsonObject): Constant {
  const type = readType(state['stype'])
  if (type.kind !== 'struct') return unreadable('arguments of date_part')
  return listConstant(varcharType, type.fields.map(field => textConstant(field.name)))
}

/** The inner aggregate's arguments beyond the list, which binding has taken out of the call. */
function innerArguments(state: JsonObject, name: string): readonly Expr[] {
  const data = asObject(state['bind_data'], name)
  const inner = asObject(data['aggr_expr'], name)
  const element: Expr = { kind: 'column', index: 0, type: varcharType }
  const innerName = asText(inner['name'], name)
  return completeArguments(inner, innerName, [element]).slice(1)
}
