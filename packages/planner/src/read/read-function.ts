/** Calls of scalar functions. */
import type { Expr } from '@arbalest/plan'
import { completeArguments } from './function-arguments.js'
import { volatileFunctions } from './function-lists.js'
import { asBoolean, asText, type JsonObject } from './json-value.js'
import { readType } from './read-type.js'

export function readFunction(object: JsonObject, args: readonly Expr[]): Expr {
  const name = asText(object['name'], 'function')
  return {
    kind: 'function',
    name,
    args: completeArguments(object, name, args),
    infix: asBoolean(object['is_operator'], 'function'),
    type: readType(object['return_type']),
    isVolatile: volatileFunctions.has(name),
  }
}
