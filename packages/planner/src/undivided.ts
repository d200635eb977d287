/**
 * What is not divided, as `EXPLAIN` tells it: the reference of SQL is generated from these lists, and a test
 * holds that each example over the tables of TPC-H has its reason and gives DuckDB's answer.
 */

interface Undivided {
  /** The words of `EXPLAIN`. */
  readonly reason: string
  readonly because: string
  /** A query over the tables of TPC-H. */
  readonly example: string
}

/** These make the SELECT whole that they stand in; where it is the outermost one and reads tables alone, the query. */
export const wholeParts = {
  untold: {
    reason: 'plan that DuckDB cannot tell',
    because: 'DuckDB fails to write down some plans: `WITH ORDINALITY`, correlated subqueries inside recursive CTEs',
    example: 'SELECT n_name, i FROM nation, range(5, 9) WITH ORDINALITY AS r(i, n) WHERE n_nationkey = n',
  },
  variantConstant: {
    reason: 'constant of type VARIANT',
    because: 'the plan has its inner form only',
    example: 'SELECT 1::VARIANT AS v, n_name FROM nation',
  },
  fieldNames: {
    reason: 'function struct_update',
    because: 'where calls write different fields of one type, or a view or macro has one: the plan does not tell which',
    example: "SELECT struct_update({'a': n_nationkey, 'b': n_regionkey}, a := n_regionkey) AS t, " +
      "struct_update({'a': n_nationkey, 'b': n_regionkey}, b := n_nationkey) AS u FROM nation",
  },
  placeOfCall: {
    reason: 'function alias',
    because: 'a function whose value hangs on where or under what name it is called, such as `current_query`, `stats`',
    example: 'SELECT alias(n_name) AS a FROM nation',
  },
  statistics: {
    reason: 'arguments of bitstring_agg',
    because: 'without bounds it takes them from statistics, which a table has and rows from an exchange have not',
    example: 'SELECT bitstring_agg(n_nationkey) AS b FROM nation',
  },
  choiceOfArrays: {
    reason: 'CASE of a type with an ARRAY inside',
    because: 'DuckDB computes none, and gives a struct of NULLs for the NULL of such a type',
    example: "SELECT (SELECT {'v': [r_regionkey, 1]::BIGINT[2]} FROM region WHERE r_regionkey = n_regionkey) AS v " +
      'FROM nation',
  },
  unnamedFields: {
    reason: 'struct without field names in MAP',
    because: 'no cast can make such a value again after an exchange; so in ARRAY and UNION',
    example: "SELECT MAP {'k': row(n_nationkey, 1)} AS m FROM nation",
  },
  nestedVariant: {
    reason: 'VARIANT[] cannot pass an exchange',
    because: 'Parquet files keep a VARIANT as a column only, not inside another type',
    example: 'SELECT DISTINCT [n_nationkey::VARIANT] AS v FROM nation',
  },
} as const satisfies Readonly<Record<string, Undivided>>

/** These parts of a plan run in one task, over rows that are gathered; what is below and above them is divided. */
export const oneTaskParts = {
  sort: {
    reason: 'input of sort',
    because: 'few rows; intervals and times with zones, whose sort keys do not follow their order',
    example: "SELECT o_orderkey FROM orders ORDER BY to_days(o_shippriority), o_orderkey",
  },
  window: {
    reason: 'window that looks at other rows, without PARTITION BY',
    because: 'frames by values or groups, rows more than 1,000 away, `IGNORE NULLS`, `EXCLUDE`, DISTINCT, and ' +
      'aggregates without two phases over a growing frame',
    example: 'SELECT o_orderkey, sum(o_custkey) OVER (ORDER BY o_orderkey RANGE 9 PRECEDING) AS s FROM orders',
  },
  aggregate: {
    reason: 'aggregate that cannot be split',
    because: 'without groups, or over grouping sets: quantiles, `mode`, `list`, `string_agg`, `histogram`, sketches, ' +
      'several DISTINCT arguments, ORDER BY inside',
    example: 'SELECT median(o_totalprice) AS m FROM orders',
  },
  outerJoin: {
    reason: 'side of an outer join without an equality',
    because: 'who keeps the rows without a match has to see all others; FULL, and RIGHT by ASOF',
    example: 'SELECT count(*) FROM customer FULL JOIN supplier ON c_acctbal < s_acctbal - 10900',
  },
  positionalJoin: {
    reason: 'side of a positional join',
    because: 'places of rows are counted from the first one',
    example: 'SELECT count(*) AS n, sum(c_custkey) AS s FROM orders POSITIONAL JOIN customer',
  },
  recursiveStart: {
    reason: 'first rows of a recursive CTE',
    because: 'the rounds run one after the other; what they read but their own rows is computed before, divided',
    example: 'WITH RECURSIVE r AS (SELECT o_orderkey AS k, 0 AS n FROM orders WHERE o_orderkey < 100 ' +
      'UNION ALL SELECT k, n + 1 FROM r WHERE n < 3) SELECT count(*) AS n FROM r',
  },
  recursiveInput: {
    reason: 'input of the rounds of a recursive CTE',
    because: 'as before',
    example: 'WITH RECURSIVE r AS (SELECT 1::BIGINT AS k UNION SELECT o_orderkey FROM r, orders ' +
      'WHERE o_custkey = k) SELECT count(*) AS n FROM r',
  },
  computedLimit: {
    reason: 'input of a limit that is computed',
    because: 'a percentage is of all rows, an expression is of the first one',
    example: 'SELECT o_orderkey FROM orders LIMIT 1%',
  },
  sample: {
    reason: 'input of a sample of all rows',
    because: 'a number of rows, a reservoir, or a seed; other shares are sampled in each task',
    example: 'SELECT count(*) AS n FROM orders TABLESAMPLE reservoir(10 ROWS)',
  },
  wholeSelect: {
    reason: 'input of a SELECT that must be whole',
    because: 'it holds what the table above lists; what stands in its FROM and WITH, and around it, is divided',
    example: 'WITH c AS (SELECT o_custkey AS k FROM orders WHERE o_orderkey > 9) SELECT alias(k) AS a, count(*) AS n ' +
      'FROM c GROUP BY a',
  },
} as const satisfies Readonly<Record<string, Undivided>>
