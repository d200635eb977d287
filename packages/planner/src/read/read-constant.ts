/** Constants as DuckDB's plan JSON writes them: `{ type, is_null, value }`, exact to the last digit. */
import { assertNever, type DataType, type SimpleTypeName } from '@arbalest/common'
import type { Constant, ConstantValue } from '@arbalest/plan'
import { isLongNumber } from '../duckdb-json.js'
import { wholeParts } from '../undivided.js'
import { asBigint, asBoolean, asCount, asList, asObject, asText, type JsonObject } from './json-value.js'
import { clockText, decimalText, hugeintOf, offsetTimeText, uuidText } from './constant-text.js'
import { readType } from './read-type.js'
import { unreadable } from './unreadable-plan.js'

/** A map's value is the list of its entries, each a struct of key and value. */
export function readConstant(json: unknown): Constant {
  const object = asObject(json, 'constant')
  const type = readType(object['type'])
  if (object['is_null'] === true) return { kind: 'constant', type, value: { kind: 'null' } }
  return { kind: 'constant', type, value: valueOf(type, object['value']) }
}

function valueOf(type: DataType, value: unknown): ConstantValue {
  switch (type.kind) {
    case 'simple': return simpleValue(type.name, value)
    case 'decimal': return { kind: 'text', text: decimalText(hugeintOf(value), type.scale) }
    case 'list': case 'array': case 'map': return { kind: 'list', items: childrenOf(value) }
    case 'struct': return { kind: 'struct', items: childrenOf(value) }
    case 'enum': return { kind: 'text', text: enumText(type.values, value) }
    case 'union': return unionValue(value)
  }
  return assertNever(type)
}

function simpleValue(name: SimpleTypeName, value: unknown): ConstantValue {
  switch (name) {
    case 'BOOLEAN': return { kind: 'boolean', value: asBoolean(value, 'BOOLEAN') }
    case 'TINYINT': case 'SMALLINT': case 'INTEGER': case 'BIGINT':
    case 'UTINYINT': case 'USMALLINT': case 'UINTEGER': case 'UBIGINT':
      return { kind: 'text', text: String(asBigint(value, name)) }
    case 'HUGEINT': case 'UHUGEINT': return { kind: 'text', text: String(hugeintOf(value)) }
    case 'FLOAT': case 'DOUBLE': return { kind: 'text', text: floatText(value) }
    case 'VARCHAR': case 'JSON': case 'BLOB': return { kind: 'text', text: asText(value, name) }
    case 'UUID': return { kind: 'text', text: uuidText(hugeintOf(value)) }
    case 'DATE': return dateValue(asBigint(value, name))
    case 'TIMESTAMP': case 'TIMESTAMP_S': case 'TIMESTAMP_MS': case 'TIMESTAMP_NS':
    case 'TIMESTAMP WITH TIME ZONE': return ticksValue(asBigint(value, name))
    case 'TIME': return { kind: 'text', text: clockText(asBigint(value, name), 6) }
    case 'TIME_NS': return { kind: 'text', text: clockText(asBigint(value, name), 9) }
    case 'TIME WITH TIME ZONE': return { kind: 'text', text: offsetTimeText(asBigint(value, name)) }
    case 'INTERVAL': return intervalValue(asObject(value, name))
    case 'VARIANT': return unreadable(wholeParts.variantConstant.reason)
    case 'BIT': case 'BIGNUM': case 'GEOMETRY': case 'NULL':
      return unreadable(`constant of type ${name}`)
  }
  return assertNever(name)
}

/** JavaScript prints the shortest text that reads back as the same double; a FLOAT is one of them. */
function floatText(value: unknown): string {
  if (typeof value === 'number') return String(value)
  if (!isLongNumber(value)) return unreadable('shape of DOUBLE')
  return value.longNumber
}

const dayLimit = 2_147_483_647n

function dateValue(days: bigint): ConstantValue {
  if (days === dayLimit) return { kind: 'text', text: 'infinity' }
  if (days === -dayLimit) return { kind: 'text', text: '-infinity' }
  return { kind: 'days', days: Number(days) }
}

const tickLimit = 9_223_372_036_854_775_807n

function ticksValue(ticks: bigint): ConstantValue {
  if (ticks === tickLimit) return { kind: 'text', text: 'infinity' }
  if (ticks === -tickLimit) return { kind: 'text', text: '-infinity' }
  return { kind: 'ticks', ticks: String(ticks) }
}

function intervalValue(value: JsonObject): ConstantValue {
  return {
    kind: 'interval',
    months: Number(asBigint(value['months'], 'INTERVAL')),
    days: Number(asBigint(value['days'], 'INTERVAL')),
    micros: String(asBigint(value['micros'], 'INTERVAL')),
  }
}

/** The tag, then a value for each member. */
function unionValue(value: unknown): ConstantValue {
  const [tag, ...members] = childrenOf(value)
  const member = tag?.value.kind === 'text' ? Number(tag.value.text) : -1
  return { kind: 'union', member, item: members[member] ?? unreadable('shape of UNION') }
}

function enumText(values: readonly string[], value: unknown): string {
  return values[asCount(value, 'ENUM')] ?? unreadable('constant of type ENUM')
}

const childrenOf = (value: unknown): readonly Constant[] =>
  asList(asObject(value, 'constant')['children'], 'constant').map(readConstant)
