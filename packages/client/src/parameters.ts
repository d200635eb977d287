/**
 * JavaScript values for the parameters of a statement:
 *
 *   null, undefined NULL · boolean BOOLEAN · whole number INTEGER or BIGINT, else DOUBLE · bigint BIGINT or wider
 *   string: as a constant in quotes, so that DuckDB finds its type · Date TIMESTAMP WITH TIME ZONE
 *   Uint8Array BLOB · array LIST · Map MAP · plain object STRUCT · `typed(value, type)` any type
 */
import { queryError } from '@arbalest/common'
import type { ParameterValue, ParameterValues } from '@arbalest/protocol'

export type Parameter =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | TypedParameter
  | readonly Parameter[]
  | ReadonlyMap<Parameter, Parameter>
  | { readonly [name: string]: Parameter }

/** By number, `$1` the first; or by name. */
export type Parameters = readonly Parameter[] | Readonly<Record<string, Parameter>>

/** A value with DuckDB's name of its type. */
export class TypedParameter {
  readonly value: Parameter
  readonly type: string

  constructor(value: Parameter, type: string) {
    this.value = value
    this.type = type
  }
}

/** A value of that type of DuckDB: `typed('1.50', 'DECIMAL(5, 2)')`, `typed('2026-01-31', 'DATE')`. */
export const typed = (value: Parameter, type: string): TypedParameter => new TypedParameter(value, type)

/** @throws QueryError INVALID_PARAMETER for values that SQL has no constant of */
export function encodeParameters(parameters: Parameters): ParameterValues {
  const entries = Array.isArray(parameters)
    ? parameters.map((value: Parameter, index) => [String(index + 1), value] as const)
    : Object.entries(parameters)
  return Object.fromEntries(entries.map(([key, value]) => [key, encode(value, key, 0)]))
}

/** Values inside each other; a value that contains itself ends here. */
const depthMax = 100

function encode(value: Parameter, key: string, depth: number): ParameterValue {
  if (depth > depthMax) throw invalid(key, `it nests deeper than ${depthMax} levels`)
  const inner = (one: Parameter): ParameterValue => encode(one, key, depth + 1)
  switch (typeof value) {
    case 'undefined':
      return { kind: 'null' }
    case 'boolean':
      return { kind: 'text', text: String(value), type: 'BOOLEAN' }
    case 'number':
      return encodeNumber(value)
    case 'bigint':
      return { kind: 'integer', text: String(value), type: integerType(value) }
    case 'string':
      return { kind: 'text', text: value }
    case 'object':
      return encodeObject(value, key, inner)
    default:
      throw invalid(key, `it is a ${typeof value}`)
  }
}

function encodeNumber(value: number): ParameterValue {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    return { kind: 'text', text: Object.is(value, -0) ? '-0.0' : String(value), type: 'DOUBLE' }
  }
  const text = String(value)
  return Math.abs(value) < 2 ** 31 ? { kind: 'integer', text } : { kind: 'integer', text, type: 'BIGINT' }
}

function integerType(value: bigint): string {
  if (BigInt.asIntN(64, value) === value) return 'BIGINT'
  if (BigInt.asIntN(128, value) === value) return 'HUGEINT'
  return BigInt.asUintN(128, value) === value ? 'UHUGEINT' : 'BIGNUM'
}

type ObjectParameter = Extract<Parameter, object> | null

function encodeObject(
  value: ObjectParameter,
  key: string,
  inner: (one: Parameter) => ParameterValue,
): ParameterValue {
  if (value === null) return { kind: 'null' }
  if (value instanceof TypedParameter) return { ...inner(value.value), type: value.type }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw invalid(key, 'it is no date')
    return { kind: 'text', text: value.toISOString(), type: 'TIMESTAMP WITH TIME ZONE' }
  }
  if (value instanceof Uint8Array) return { kind: 'text', text: blobText(value), type: 'BLOB' }
  if (value instanceof Map) {
    return { kind: 'map', keys: [...value.keys()].map(inner), values: [...value.values()].map(inner) }
  }
  if (Array.isArray(value)) return { kind: 'list', items: value.map(inner) }
  const fields = Object.entries(value as Readonly<Record<string, Parameter>>)
  if (fields.length === 0) throw invalid(key, 'a struct has at least one field')
  return { kind: 'struct', fields: Object.fromEntries(fields.map(([name, field]) => [name, inner(field)])) }
}

const blobText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')

const invalid = (key: string, reason: string) =>
  queryError('INVALID_PARAMETER', { reason: `$${key} cannot be sent: ${reason}` })
