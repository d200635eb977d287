/**
 * For tests: a query that fails inside of DuckDB 1.5.6 by one of its assertions, after which the instance refuses
 * all statements. When DuckDB has mended it, tests say so and need another one.
 */
export const duckdbBug = `SELECT a.x FROM (SELECT NULL::TIMESTAMPTZ AS x, NULL::DATE AS y, i AS k FROM range(3) t(i)
  EXCEPT ALL SELECT NULL, NULL, 7) AS a ASOF JOIN (SELECT i AS n FROM range(4) t(i)) AS b ON a.k + 0 >= b.n`
