/** Reads DuckDB's native types. */
import { queryError, simpleType, type DataType, type SimpleTypeName, type TypeField } from '@arbalest/common'
import { duckdb, type Pointer } from './duckdb-library.js'

/** By DuckDB's numbers of types without parameters. */
const simpleTypes: Readonly<Record<number, SimpleTypeName>> = {
  1: 'BOOLEAN', 2: 'TINYINT', 3: 'SMALLINT', 4: 'INTEGER', 5: 'BIGINT', 6: 'UTINYINT', 7: 'USMALLINT',
  8: 'UINTEGER', 9: 'UBIGINT', 10: 'FLOAT', 11: 'DOUBLE', 12: 'TIMESTAMP', 13: 'DATE', 14: 'TIME',
  15: 'INTERVAL', 16: 'HUGEINT', 17: 'VARCHAR', 18: 'BLOB', 20: 'TIMESTAMP_S', 21: 'TIMESTAMP_MS',
  22: 'TIMESTAMP_NS', 27: 'UUID', 29: 'BIT', 30: 'TIME WITH TIME ZONE', 31: 'TIMESTAMP WITH TIME ZONE',
  32: 'UHUGEINT', 35: 'BIGNUM', 36: 'NULL', 37: 'VARCHAR', 38: 'INTEGER',
  39: 'TIME_NS', 40: 'GEOMETRY', 41: 'VARIANT',
}

/** Reads a native type and gives its memory back. */
export function takeType(type: Pointer): DataType {
  try {
    return readType(type)
  } finally {
    duckdb.destroyType([type])
  }
}

function readType(type: Pointer): DataType {
  const id = duckdb.typeId(type)
  const simple = simpleTypes[id]
  if (simple !== undefined) {
    return simpleType(simple === 'VARCHAR' && duckdb.typeAlias(type) === 'JSON' ? 'JSON' : simple)
  }
  switch (id) {
    case 19: return { kind: 'decimal', width: duckdb.decimalWidth(type), scale: duckdb.decimalScale(type) }
    case 23:
      return { kind: 'enum', values: range(duckdb.enumSize(type), (at) => duckdb.enumValue(type, at) ?? '') }
    case 24: return { kind: 'list', child: takeType(duckdb.listChild(type)) }
    case 25: return { kind: 'struct', fields: range(duckdb.structSize(type), (at) => readField(type, at)) }
    case 26: return { kind: 'map', key: takeType(duckdb.mapKey(type)), value: takeType(duckdb.mapValue(type)) }
    case 28:
      return {
        kind: 'union',
        members: range(duckdb.unionSize(type), (at) => ({
          name: duckdb.unionName(type, at) ?? '',
          type: takeType(duckdb.unionType(type, at)),
        })),
      }
    case 33: return { kind: 'array', child: takeType(duckdb.arrayChild(type)), size: Number(duckdb.arraySize(type)) }
  }
  // Types that DuckDB's interface for other languages does not know, such as TYPE, have the number 0.
  const what = `a column of type ${duckdb.typeAlias(type) ?? `number ${id}`}`
  throw queryError('NOT_IN_THIS_VERSION', { what, instead: 'cast it' })
}

const readField = (type: Pointer, at: number): TypeField => ({
  name: duckdb.structName(type, at) ?? '',
  type: takeType(duckdb.structType(type, at)),
})

const range = <T>(count: number | bigint, make: (at: number) => T): readonly T[] =>
  Array.from({ length: Number(count) }, (_, at) => make(at))
