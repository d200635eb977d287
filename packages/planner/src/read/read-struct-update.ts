/**
 * Calls of `struct_update`. The plan has the new values under names that DuckDB's optimizer may have exchanged, so
 * that they must be those of the one call in the query's text that gives this type.
 */
import { sameType, varcharType, type DataType, type TypeField } from '@arbalest/common'
import { typeOf, updateFunction, type Expr, type FunctionCall } from '@arbalest/plan'
import { asList, asObject, type JsonObject } from './json-value.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

/** The call with each field's name, a constant, before its value. */
export function readStructUpdate(
  object: JsonObject,
  [struct, ...values]: readonly Expr[],
  written: readonly (readonly string[])[],
): FunctionCall {
  const type = readType(object['return_type'])
  if (struct === undefined) return unreadable(`arguments of ${updateFunction}`)
  const told = asList(object['children'], updateFunction).slice(1).map((child) => asObject(child, 'argument')['alias'])
  const [names, ...others] = written.filter((one) => {
    if (one.length !== values.length) return false
    const fields = one.map((name, i): TypeField => ({ name, type: typeOf(values[i] ?? struct) }))
    return givesType(typeOf(struct), fields, type)
  })
  const isSure = names !== undefined && others.length === 0 && names.every((name, i) => sameName(name, told[i]))
  if (!isSure) return unreadable(`function ${updateFunction}`)
  const args = names.flatMap((text, i): readonly Expr[] => {
    const value = values[i]
    const name: Expr = { kind: 'constant', type: varcharType, value: { kind: 'text', text } }
    return value === undefined ? [] : [name, value]
  })
  return { kind: 'function', name: updateFunction, args: [struct, ...args], infix: false, type, isVolatile: false }
}

const sameName = (name: string, told: unknown): boolean =>
  name !== '' && typeof told === 'string' && told.toLowerCase() === name.toLowerCase()

/** Whether a struct with these fields written, new ones at its end, has the type. */
function givesType(struct: DataType, written: readonly TypeField[], result: DataType): boolean {
  if (struct.kind !== 'struct' || result.kind !== 'struct') return false
  const fields = [...struct.fields]
  for (const field of written) {
    const at = fields.findIndex(({ name }) => sameName(name, field.name))
    if (at < 0) fields.push(field)
    else fields[at] = field
  }
  return fields.length === result.fields.length && fields.every((field, i) => {
    const other = result.fields[i]
    return other !== undefined && sameName(field.name, other.name) && sameType(field.type, other.type)
  })
}
