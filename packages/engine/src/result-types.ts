/**
 * In which type a result column travels: Arrow's own where it keeps every value, else the text that
 * `CAST(v AS VARCHAR)` gives. The field's metadata names DuckDB's type in both cases.
 *
 * As text go HUGEINT and UHUGEINT (Arrow's decimals end at 38 digits), INTERVAL (Arrow counts
 * nanoseconds in 64 bits), TIMETZ, BIT, BIGNUM, GEOMETRY, VARIANT, ENUM, UNION and structs without
 * names; inside lists, arrays, maps and structs only that part.
 */
import { assertNever, integerType, varcharType, type DataType, type TypeField } from '@arbalest/common'

const textNames: ReadonlySet<string> = new Set([
  'HUGEINT', 'UHUGEINT', 'BIGNUM', 'BIT', 'INTERVAL', 'TIME WITH TIME ZONE', 'GEOMETRY', 'VARIANT',
])

/** The type that values are cast to before they leave DuckDB; the same type where none is needed. */
export function travelType(type: DataType): DataType {
  switch (type.kind) {
    case 'simple':
      if (type.name === 'NULL') return integerType
      return textNames.has(type.name) ? varcharType : type
    case 'decimal': return type
    case 'enum': case 'union': return varcharType
    case 'list': return { kind: 'list', child: travelType(type.child) }
    case 'array': return { kind: 'array', child: travelType(type.child), size: type.size }
    case 'map': return { kind: 'map', key: travelType(type.key), value: travelType(type.value) }
    case 'struct':
      return type.fields.some((field) => field.name === '')
        ? varcharType
        : { kind: 'struct', fields: type.fields.map(travelField) }
  }
  return assertNever(type)
}

const travelField = (field: TypeField): TypeField => ({ name: field.name, type: travelType(field.type) })
