/**
 * What rows are divided into ranges by: the value itself where there is one key of a plain type, else one
 * BLOB of all keys by `create_sort_key`, whose bytes compare as the rows sort.
 */
import { assertNever, simpleType, varcharType, type DataType } from '@arbalest/common'
import type { Expr, SortOrder } from './expr.js'
import { someExpr, typeOf } from './walk-expressions.js'

export interface RangeKey { readonly kind: 'value' | 'sort-key'; readonly type: DataType }

/** Undefined where ranges would not follow the order: volatile keys, intervals, types of unknown order. */
export function rangeKeyOf(orders: readonly SortOrder[]): RangeKey | undefined {
  const isVolatile = orders.some(({ expr }) => someExpr(expr, (e) => e.kind === 'function' && e.isVolatile))
  const types = orders.map(({ expr }) => typeOf(expr))
  const [first] = types
  if (first === undefined || isVolatile || !types.every(isOrdered)) return undefined
  return types.length === 1 && isPlain(first)
    ? { kind: 'value', type: first }
    : { kind: 'sort-key', type: simpleType('BLOB') }
}

/** Types whose `<`, `min` and `max` follow the order of `ORDER BY`, but for NULLs. */
const plainNames = new Set([
  'BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT',
  'UHUGEINT', 'FLOAT', 'DOUBLE', 'VARCHAR', 'BLOB', 'UUID', 'DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMP_S',
  'TIMESTAMP_MS', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE',
])

const isPlain = (type: DataType): boolean =>
  type.kind === 'decimal' || (type.kind === 'simple' && plainNames.has(type.name))

/** `create_sort_key` does not follow their order: equal intervals differ (a month, 30 days), so do zones of times. */
const unorderedNames = new Set(['INTERVAL', 'TIME WITH TIME ZONE', 'GEOMETRY', 'VARIANT', 'NULL'])

function isOrdered(type: DataType): boolean {
  switch (type.kind) {
    case 'simple': return !unorderedNames.has(type.name)
    case 'decimal': case 'enum': return true
    case 'list': case 'array': return isOrdered(type.child)
    case 'struct': return type.fields.every((field) => isOrdered(field.type))
    case 'map': return isOrdered(type.key) && isOrdered(type.value)
    case 'union': return type.members.every((member) => isOrdered(member.type))
  }
  return assertNever(type)
}

/** All keys in one BLOB that compares as rows sort; the text at its end keeps short keys from being a number. */
export function sortKeyOf(orders: readonly SortOrder[]): Expr {
  const text = (value: string): Expr => ({ kind: 'constant', type: varcharType, value: { kind: 'text', text: value } })
  const args = orders.flatMap(({ expr, descending, nullsFirst }) =>
    [expr, text(`${descending ? 'DESC' : 'ASC'} NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`)])
  return {
    kind: 'function', name: 'create_sort_key', infix: false, isVolatile: false, type: simpleType('BLOB'),
    args: [...args, text(''), text('ASC NULLS LAST')],
  }
}
