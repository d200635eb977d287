/** Calls with a lambda: the bound one is in the call's `function_data`, what it captures among the arguments. */
import { bigintType, type DataType } from '@arbalest/common'
import { mapColumns, typeOf, type Expr, type Lambda } from '@arbalest/plan'
import { asBoolean, asObject, asText, type JsonObject } from './json-value.js'
import type { ReadState } from './read-state.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

type ReadExpression = (state: ReadState, json: unknown, inputs: readonly DataType[]) => Expr

const folds: ReadonlySet<string> = new Set(['list_reduce', 'array_reduce', 'reduce'])

/** All functions that take a lambda, by the names that calls may have. */
export const lambdaFunctions: ReadonlySet<string> = new Set([
  ...folds, 'list_transform', 'array_transform', 'list_apply', 'array_apply', 'apply',
  'list_filter', 'array_filter', 'filter',
])

/**
 * The call with its lambda in place. The bound lambda counts its own parameters from the last one, then
 * the captured values; those stand behind the list (and the initial value of a fold) in `given`.
 */
export function readLambdaCall(
  state: ReadState, object: JsonObject, given: readonly Expr[], readExpression: ReadExpression,
): Expr {
  const name = asText(object['name'], 'function')
  const data = asObject(object['function_data'], 'function')
  const isFold = folds.has(name)
  const hasInitial = isFold && asBoolean(data['has_initial'], name)
  const [list, ...others] = given
  const element = list === undefined ? undefined : typeOf(list)
  if (list === undefined || element?.kind !== 'list' || data['lambda_expr'] === null) {
    return unreadable(`arguments of ${name}`)
  }
  const initial = hasInitial ? others.slice(0, 1) : []
  const captured = others.slice(initial.length)
  const result = initial.map(typeOf)[0] ?? element.child
  const types = [
    ...(isFold ? [result] : []), element.child, ...(asBoolean(data['has_index'], name) ? [bigintType] : []),
  ]
  const lambda = readLambda(state, data['lambda_expr'], { types, captured, readExpression })
  return {
    kind: 'function', name, args: [list, lambda, ...initial], infix: false, isVolatile: false,
    type: readType(object['return_type']),
  }
}

interface Scope {
  readonly types: readonly DataType[]
  readonly captured: readonly Expr[]
  readonly readExpression: ReadExpression
}

function readLambda(state: ReadState, json: unknown, { types, captured, readExpression }: Scope): Lambda {
  const parameters = types.map(() => state.nextParameter())
  const body = readExpression(state, json, [...types.toReversed(), ...captured.map(typeOf)])
  const valueAt = (index: number): Expr => {
    const at = types.length - 1 - index
    const [name, type] = [parameters[at], types[at]]
    if (name !== undefined && type !== undefined) return { kind: 'parameter', name, type }
    return captured[index - types.length] ?? unreadable('column out of range')
  }
  return { kind: 'lambda', parameters, body: mapColumns(body, valueAt) }
}
