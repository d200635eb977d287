/** Types as DuckDB's plan JSON writes them: `{ id, type_info }`. */
import { decimalType, simpleType, type DataType, type SimpleTypeName, type TypeField } from '@arbalest/common'
import { hasArray, hasUnnamedFields } from '@arbalest/plan'
import { wholeParts } from '../undivided.js'
import { asCount, asList, asObject, asText, type JsonObject } from './json-value.js'
import { unreadable } from './unreadable-plan.js'

const simpleNames: Readonly<Record<string, SimpleTypeName>> = {
  ...sameNames([
    'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT',
    'UINTEGER', 'UBIGINT', 'UHUGEINT', 'BIGNUM', 'FLOAT', 'DOUBLE', 'VARCHAR', 'BLOB', 'BIT', 'UUID',
    'DATE', 'TIME', 'TIME WITH TIME ZONE', 'TIME_NS', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS',
    'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE', 'INTERVAL', 'GEOMETRY', 'VARIANT', 'NULL',
  ]),
  STRING_LITERAL: 'VARCHAR',
}

/**
 * The type. A user's name for a type is dropped, JSON's is kept; a collation is no part of the type,
 * for comparisons arrive with it applied to their operands.
 */
export function readType(json: unknown): DataType {
  const object = asObject(json, 'type')
  const id = asText(object['id'], 'type')
  const info = object['type_info'] === null ? {} : asObject(object['type_info'], `type ${id}`)
  switch (id) {
    case 'DECIMAL': return decimalType(width(info['width'], 18), width(info['scale'], 0))
    case 'LIST': return { kind: 'list', child: readType(info['child_type']) }
    case 'ARRAY':
      return named({ kind: 'array', child: readType(info['child_type']), size: asCount(info['size'], 'array size') })
    case 'STRUCT': return { kind: 'struct', fields: readFields(info) }
    case 'UNION': return named({ kind: 'union', members: readFields(info).slice(1) })
    case 'MAP': return named(readMap(info))
    case 'ENUM': return { kind: 'enum', values: readEnumValues(info) }
  }
  const name = simpleNames[id]
  if (name === undefined) return unreadable(`type ${id}`)
  if (name === 'VARCHAR' && info['alias'] === 'JSON') return simpleType('JSON')
  // Older versions of DuckDB shall read its plans: they know no GEOMETRY.
  if (name === 'BLOB' && info['alias'] === 'GEOMETRY') return simpleType('GEOMETRY')
  return simpleType(name)
}

/** The type, whose values no cast can make where a part of it has no name in SQL. */
const named = (type: DataType): DataType =>
  hasUnnamedFields(type) ? unreadable(`struct without field names in ${type.kind.toUpperCase()}`) : type

const width = (value: unknown, otherwise: number): number =>
  value === undefined ? otherwise : asCount(value, 'DECIMAL')

/** The fields that `row(…)` makes have no names, nor has a union's tag, which is its first one. */
function readFields(info: JsonObject): readonly TypeField[] {
  return asList(info['child_types'], 'fields').map(item => {
    const field = asObject(item, 'field')
    return { name: asText(field['first'] ?? '', 'field'), type: readType(field['second']) }
  })
}

function readMap(info: JsonObject): DataType {
  const entry = readType(info['child_type'])
  if (entry.kind !== 'struct') return unreadable('shape of MAP')
  const [key, value] = entry.fields
  if (key === undefined || value === undefined) return unreadable('shape of MAP')
  return { kind: 'map', key: key.type, value: value.type }
}

const readEnumValues = (info: JsonObject): readonly string[] =>
  asList(info['values'], 'ENUM').map(value => asText(value, 'ENUM'))

function sameNames(names: readonly SimpleTypeName[]): Readonly<Record<string, SimpleTypeName>> {
  return Object.fromEntries(names.map(name => [name, name]))
}

/** A NULL of a struct with an array in it comes out of DuckDB's joins as a struct of NULLs. */
export function checkChoice(type: DataType): void {
  if (hasArray(type) && !(type.kind === 'array' && !hasArray(type.child))) unreadable(wholeParts.choiceOfArrays.reason)
}
