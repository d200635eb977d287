/** The values that a loop of a test file goes through. */

/** `loop i 0 3` counts, `foreach t <integral> !tinyint date` names values and groups of types. */
export function loopValues(kind: 'loop' | 'foreach', parameters: readonly string[]): readonly string[] {
  if (kind === 'loop') {
    const [start = 0, end = 0] = parameters.map(Number)
    return Array.from({ length: Math.max(0, end - start) }, (_, index) => String(start + index))
  }
  return parameters.reduce<readonly string[]>((values, token) => {
    const group = typeGroups[token.toLowerCase()]
    if (group !== undefined) return [...values, ...group]
    if (token.startsWith('!') && values.includes(token.slice(1))) {
      return values.filter((value) => value !== token.slice(1))
    }
    return [...values, token]
  }, [])
}

const signed = ['tinyint', 'smallint', 'integer', 'bigint', 'hugeint']
const unsigned = ['utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint']
const integral = [...signed, ...unsigned]
const numeric = [...integral, 'float', 'double']

/** Groups by the names that DuckDB's runner gives them; columns are those of `test_all_types()`. */
const typeGroups: Readonly<Record<string, readonly string[]>> = {
  '<signed>': signed,
  '<unsigned>': unsigned,
  '<integral>': integral,
  '<numeric>': numeric,
  '<alltypes>': [...numeric, 'bool', 'interval', 'varchar'],
  '<compression>': [
    'none', 'uncompressed', 'rle', 'bitpacking', 'dictionary', 'fsst', 'dict_fsst', 'alp', 'alprd',
  ],
  '<all_types_columns>': [
    'bool', 'tinyint', 'smallint', 'int', 'bigint', 'hugeint', 'uhugeint', 'utinyint', 'usmallint', 'uint',
    'ubigint', 'date', 'time', 'timestamp', 'timestamp_s', 'timestamp_ms', 'timestamp_ns', 'time_tz',
    'timestamp_tz', 'float', 'double', 'dec_4_1', 'dec_9_4', 'dec_18_6', 'dec38_10', 'uuid', 'interval', 'varchar',
    'blob', 'bit', 'small_enum', 'medium_enum', 'large_enum', 'int_array', 'double_array', 'date_array',
    'timestamp_array', 'timestamptz_array', 'varchar_array', 'nested_int_array', 'struct', 'struct_of_arrays',
    'array_of_structs', 'map', 'union', 'fixed_int_array', 'fixed_varchar_array', 'fixed_nested_int_array',
    'fixed_nested_varchar_array', 'fixed_struct_array', 'struct_of_fixed_array', 'fixed_array_of_int_list',
    'list_of_fixed_int_array',
  ],
}
