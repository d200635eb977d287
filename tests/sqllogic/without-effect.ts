/** Statements of test files that a cluster need not run: their answers are about DuckDB's own inside. */

/** Switches of checks, memory and speed which change no answer: the cluster goes on without them. */
const switches = new RegExp(
  String.raw`^\s*(?:set|reset|pragma)\s+(?:(?:global|session|local)\s+)?(?:` +
  [
    '(?:enable|disable)_(?:verification|verify_\\w+|optimizer|progress_bar|print_progress_bar)',
    'verify_\\w+', '(?:max_)?memory(?:_limit)?', '(?:worker_|external_)?threads', 'temp_directory', 'max_temp\\w+',
    'enable_(?:object_cache|progress_bar\\w*|external_\\w+|http\\w*)', 'explain_output',
    'perfect_ht_threshold', 'disabled_optimizers', 'debug_\\w+', 'force_\\w+', 'wal_autocheckpoint',
    'checkpoint_threshold', '\\w+_(?:join|filter|aggregate|scan)_threshold',
    'prefer_range_joins', 'late_materialization_max_rows', 'allocator_\\w+', 'index_scan_\\w+',
    'immediate_transaction_mode', 'scheduler_process_partial', 'experimental_\\w+', 'preserve_insertion_order',
    'progress_bar_time', 'streaming_buffer_size', 'partitioned_write\\w+', 'storage_compatibility_version',
    'default_block_size',
    '\\w+_minimum_shredding_size', 'zstd_\\w+', 'force_checkpoint',
  ].join('|') + String.raw`)\b`, 'i')

const maintenance = /^\s*(?:force\s+)?checkpoint\b|^\s*vacuum\s*;?\s*$/i

export const changesNoAnswer = (sql: string): boolean => switches.test(sql) || maintenance.test(sql)

/** Queries whose rows show DuckDB's own plans or state, which differ by design. */
export const isAboutDuckdb = (sql: string): boolean =>
  /^\s*explain\b/i.test(sql) ||
  /\b(?:duckdb_(?:memory|settings|extensions|optimizers|logs)|pragma_\w+|stats)\s*\(/i.test(sql)

/** What gives rows and changes nothing, so that nothing behind it depends on it. */
export const isQuery = (sql: string): boolean =>
  !/\b(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from|merge\s+into)\b/i.test(sql) &&
  /^\s*\(*\s*(?:select|with|from|values|table|describe|show|explain)\b/i.test(sql)

/** What writes other rows each time: queries over them cannot be compared. */
export const writesRandomRows = (sql: string): boolean =>
  /^\s*(?:create|insert|update)\b/i.test(sql) && /\b(?:random|uuid|gen_random_uuid|now)\s*\(|\bsample\b/i.test(sql)
