/** Pieces of DuckDB's plan JSON, for tests of the reader. */
import type { ReadContext } from '../read-state.js'

export const typeJson = (id: string, info: object | null = null) => ({ id, type_info: info })
export const integerJson = typeJson('INTEGER')

export const constantJson = (type: object, value: unknown) => ({ type, is_null: false, value })

export const columnJson = (index: number, type: object = integerJson) => (
  { expression_class: 'BOUND_REF', type: 'BOUND_REF', index, return_type: type }
)

export const literalJson = (value: number) => (
  { expression_class: 'BOUND_CONSTANT', type: 'VALUE_CONSTANT', value: constantJson(integerJson, value) }
)

export const comparisonJson = (left: object, right: object, type = 'COMPARE_EQUAL') => (
  { expression_class: 'BOUND_COMPARISON', type, left, right }
)

export const castJson = (child: object, type: object) => (
  { expression_class: 'BOUND_CAST', type: 'OPERATOR_CAST', child, return_type: type, try_cast: false }
)

/** A call as DuckDB writes it; `fields` overwrite. */
export const callJson = (name: string, children: readonly object[], fields: object = {}) => ({
  expression_class: 'BOUND_FUNCTION',
  type: 'BOUND_FUNCTION',
  name,
  children,
  arguments: children.map(() => integerJson),
  original_arguments: [],
  catalog_name: 'system',
  schema_name: 'main',
  has_serialize: false,
  is_operator: false,
  return_type: integerJson,
  ...fields,
})

/** Reads the table `t (a INTEGER, b VARCHAR)` from its stub; `fields` overwrite. */
export const scanJson = (fields: object = {}) => ({
  type: 'LOGICAL_GET',
  children: [],
  name: 'read_parquet',
  names: ['a', 'b'],
  returned_types: [integerJson, typeJson('VARCHAR')],
  column_indexes: [0, 1].map((index) => ({ index, has_index: true, child_indexes: [] })),
  projection_ids: [],
  table_filters: { filters: [] },
  function_data: { files: ['stub'] },
  extra_info: { sample_options: null },
  row_group_order_options: null,
  ...fields,
})

export const projectJson = (child: object, expressions: readonly object[]) => (
  { type: 'LOGICAL_PROJECTION', children: [child], expressions }
)

export const joinJson = (children: readonly object[], joinType: string, fields: object = {}) => ({
  type: 'LOGICAL_COMPARISON_JOIN',
  children,
  join_type: joinType,
  left_projection_map: [],
  right_projection_map: [],
  conditions: [{ left: columnJson(0), right: columnJson(0), comparison: 'COMPARE_EQUAL' }],
  predicate: null,
  ...fields,
})

export const context: ReadContext = {
  scanSource: (path) => path !== 'stub' ? undefined : {
    source: 's1',
    table: 't',
    columns: [
      { name: 'a', type: { kind: 'simple', name: 'INTEGER' } },
      { name: 'b', type: { kind: 'simple', name: 'VARCHAR' } },
    ],
  },
}
