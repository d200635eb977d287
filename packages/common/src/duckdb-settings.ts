/**
 * DuckDB's settings that hold for one connection: a session may set them and they travel with its
 * jobs. All others belong to the whole instance and are refused by name. Each entry is proven
 * connection-local by a test of the engine.
 */
export const connectionSettings: readonly string[] = [
  'Calendar',
  'TimeZone',
  'asof_loop_join_threshold',
  'disable_timestamptz_casts',
  'dynamic_or_filter_threshold',
  'ieee_floating_point_ops',
  'integer_division',
  'late_materialization_max_rows',
  'merge_join_threshold',
  'nested_loop_join_threshold',
  'order_by_non_integer_literal',
  'ordered_aggregate_threshold',
  'perfect_ht_threshold',
  'pivot_filter_threshold',
  'pivot_limit',
  'prefer_range_joins',
  'preserve_identifier_case',
  'scalar_subquery_error_on_multiple_rows',
]

/** DuckDB's settings of a whole engine that a session has all the same: they are written into its texts. */
export const textSettings: readonly string[] = ['default_null_order', 'default_order']
