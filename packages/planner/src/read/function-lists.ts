/** Functions that need care, by name. A test holds these lists against the pinned DuckDB's own. */

/** A second evaluation may give another value. */
export const volatileFunctions: ReadonlySet<string> = new Set([
  'random', 'uuid', 'gen_random_uuid', 'uuidv4', 'uuidv7',
])

/**
 * Their value hangs on where, when or under what name they are evaluated, or they act on the database.
 * Most are folded to constants while the query is planned; what is left of them is not for executors.
 */
export const refusedFunctions: ReadonlySet<string> = new Set([
  // time and place
  'now', 'today', 'current_date', 'current_localtime', 'current_localtimestamp', 'get_current_time',
  'get_current_timestamp', 'transaction_timestamp', 'current_database', 'current_schema',
  'current_schemas', 'in_search_path', 'current_setting', 'getvariable', 'current_query',
  'current_query_id', 'current_connection_id', 'current_transaction_id', 'txid_current', 'stats',
  // effects
  'setseed', 'nextval', 'currval', 'write_log', 'sleep_ms',
  // the name of the argument's column, or the database's view of SQL
  'alias', 'json_serialize_plan', 'json_serialize_sql', 'json_deserialize_sql',
])

/** Functions whose bound state is in the plan, and known to be made again by the call we write. */
export const restoredFunctions: ReadonlySet<string> = new Set([
  '+', '-', '*', 'add', 'subtract', 'multiply', 'row', 'struct_pack', 'struct_insert', 'union_value', 'date_part',
  'equi_width_bins', 'list_aggregate', 'list_aggr', 'array_aggregate', 'array_aggr', 'aggregate',
  'median', 'quantile', 'quantile_cont', 'quantile_disc', 'approx_quantile', 'reservoir_quantile',
  'string_agg', 'listagg', 'group_concat', 'bitstring_agg',
])
