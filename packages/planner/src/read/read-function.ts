/** Calls of scalar functions. */
import type { Expr } from '@arbalest/plan'
import { asBoolean, asText, type JsonObject } from './json-value.js'
import { checkCall } from './function-arguments.js'
import { readType } from './read-type.js'
import { volatileFunctions } from './volatile-functions.js'

export function readFunction(object: JsonObject, args: readonly Expr[]): Expr {
  const name = asText(object['name'], 'function')
  checkCall(object, name)
  return {
    kind: 'function',
    name,
    args,
    infix: asBoolean(object['is_operator'], 'function'),
    type: readType(object['return_type']),
    isVolatile: volatileFunctions.has(name),
  }
}
