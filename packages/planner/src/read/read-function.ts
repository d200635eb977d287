/** Calls of scalar functions. */
import type { DataType } from '@arbalest/common'
import { typeOf, type Expr } from '@arbalest/plan'
import { completeArguments } from './function-arguments.js'
import { volatileFunctions } from './function-lists.js'
import { asBoolean, asText, type JsonObject } from './json-value.js'
import { readType } from './read-type.js'

export function readFunction(object: JsonObject, args: readonly Expr[]): Expr {
  const name = asText(object['name'], 'function')
  // Bound, it takes the borders as BIGINT, and its bins are of their first type again.
  const [border] = args
  if (name === 'equi_width_bins' && border !== undefined) {
    const bins: DataType = { kind: 'list', child: typeOf(border) }
    const input = callOf(object, name, args, bins)
    return { kind: 'cast', input, type: readType(object['return_type']), isTry: false }
  }
  return callOf(object, name, args, readType(object['return_type']))
}

function callOf(object: JsonObject, name: string, args: readonly Expr[], type: DataType): Expr {
  return {
    kind: 'function',
    name,
    args: completeArguments(object, name, args),
    infix: asBoolean(object['is_operator'], 'function'),
    type,
    isVolatile: volatileFunctions.has(name),
  }
}
