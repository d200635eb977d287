-- Joins: keys that are NULL, NaN, -0.0, of two types, of every kind.
SELECT a.id, b.id FROM a JOIN b ON a.k = b.k;
SELECT a.id, b.id FROM a JOIN b ON a.d = b.d;
SELECT a.id, b.id FROM a JOIN b ON a.s = b.s;
SELECT a.id, b.id FROM a JOIN b ON a.k IS NOT DISTINCT FROM b.k;
SELECT a.id, b.id FROM a JOIN b ON a.k = b.k AND a.s = b.s;
SELECT a.id, b.id FROM a JOIN b ON a.k = b.k AND a.id > b.id;
SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k AND a.id > b.id;
SELECT a.id, b.id FROM a LEFT JOIN b ON a.k = b.k AND b.f;
SELECT a.id, b.id FROM a LEFT JOIN b ON a.d = b.d WHERE b.id IS NULL;
SELECT a.id, b.id FROM a RIGHT JOIN b ON a.k = b.k AND a.f;
SELECT a.id, b.id FROM b RIGHT JOIN a ON a.k = b.k AND b.id < 5;
SELECT a.id, b.id FROM a FULL JOIN b ON a.k = b.k;
SELECT a.id, b.id FROM a FULL JOIN b ON a.k = b.k AND a.id + b.id < 40;
SELECT a.id, b.id FROM a FULL JOIN b ON a.s = b.s AND a.f = b.f;
SELECT a.id, b.id FROM a FULL JOIN b ON a.id < b.id - 50;
SELECT a.id, c.id FROM a RIGHT JOIN c ON a.id > c.id * 12;
SELECT a.id, c.id FROM a LEFT JOIN c ON a.id > c.id * 12 AND a.id < 20;
SELECT a.id, small.id FROM small LEFT JOIN a ON a.k = small.k;
SELECT a.id, small.id FROM a RIGHT JOIN small ON a.k = small.k AND a.id < 20;
SELECT a.id, small.id FROM a FULL JOIN small ON a.k = small.k AND a.f;
SELECT a.id, small.id FROM small FULL JOIN a ON a.k > small.k + 5;
SELECT small.id FROM small WHERE k IN (SELECT k FROM a WHERE f);
SELECT small.id FROM small WHERE k NOT IN (SELECT k FROM a WHERE k IS NOT NULL AND k <> 1);
SELECT small.id, k IN (SELECT k FROM a WHERE k > 0) FROM small;
SELECT small.id FROM small WHERE NOT EXISTS (SELECT 1 FROM a WHERE a.k = small.k AND a.f);
SELECT small.id, (SELECT max(a.id) FROM a WHERE a.k = small.k) FROM small;
SELECT count(*), sum(a.id), sum(b.id) FROM a, b WHERE a.id <> b.id;
SELECT count(*) FROM a CROSS JOIN c CROSS JOIN small;
SELECT a.id, b.id FROM a JOIN b ON a.id BETWEEN b.id AND b.id + 2;
SELECT a.id, x.id FROM a JOIN a AS x ON a.k = x.id;
SELECT x.id, y.id, w.id FROM a x JOIN a y ON x.k = y.k JOIN a w ON y.k = w.id WHERE x.id < 10;
SELECT a.id, c.id FROM a JOIN c ON a.k = c.k;
SELECT a.id, c.id FROM c LEFT JOIN a ON a.k = c.k AND a.s = 'x';
SELECT a.id, b.id FROM a JOIN b ON a.m = b.m;
SELECT a.id, b.id FROM a JOIN b ON a.dt = b.ts;
SELECT a.id, c.id FROM a JOIN c ON a.e = c.e;
SELECT x.id, y.id FROM a x JOIN a y ON x.e = y.e AND x.id = y.id + 4;
SELECT a.id, b.id FROM a JOIN b ON a.k = b.d;
SELECT a.id, b.id FROM a JOIN b ON a.k::HUGEINT = b.k;
SELECT x.id, y.id FROM ty x JOIN ty y ON x.u = y.u;
SELECT x.id, y.id FROM ty x JOIN ty y ON x.bl = y.bl AND x.l = y.l;
SELECT x.id, y.id FROM ty x JOIN ty y ON x.st = y.st;
SELECT x.id, y.id FROM ty x JOIN ty y ON to_months(x.months::INTEGER) = to_days((y.months * 30)::INTEGER);
SELECT x.id, y.id FROM ty x JOIN ty y ON x.t::TIMETZ = y.t::TIMETZ AND x.tz = y.tz;
SELECT x.id, y.id FROM ty x JOIN ty y ON x.fl = y.fl AND x.ut = y.id;
SELECT x.id, y.id FROM ty x FULL JOIN ty y ON x.big = -y.big;
SELECT a.id, b.id, c.id FROM a JOIN b ON a.k = b.k JOIN c ON b.k = c.k;
SELECT a.k, b.k, c.k, count(*) FROM a LEFT JOIN b ON a.k = b.k LEFT JOIN c ON b.k = c.k GROUP BY ALL;
SELECT a.id, b.id, c.id FROM a FULL JOIN b ON a.k = b.k FULL JOIN c ON c.k = b.k;
SELECT b.k, count(*) FROM a LEFT JOIN b ON a.k = b.k GROUP BY b.k;
SELECT a.k, count(*), sum(b.id) FROM a FULL JOIN b ON a.k = b.k GROUP BY a.k;
SELECT a.id FROM a SEMI JOIN b ON a.k = b.k AND a.id < b.id;
SELECT a.id FROM a ANTI JOIN b ON a.k = b.k AND a.s = b.s;
SELECT * FROM a NATURAL JOIN c;
SELECT a.id, b.id FROM a ASOF JOIN b ON a.k = b.k AND a.id >= b.id;
SELECT a.id, p.id FROM a POSITIONAL JOIN b p;
-- IN and NOT IN with NULLs on either side.
SELECT id FROM a WHERE k IN (SELECT k FROM b);
SELECT id FROM a WHERE k NOT IN (SELECT k FROM b);
SELECT id FROM a WHERE k NOT IN (SELECT k FROM b WHERE k IS NOT NULL);
SELECT id, k IN (SELECT k FROM b WHERE id > 40) AS m FROM a;
SELECT id, k NOT IN (SELECT k FROM b WHERE k > 1) AS m FROM a;
SELECT id, k IN (SELECT k FROM nulls), k IN (SELECT k FROM z), k NOT IN (SELECT k FROM z) FROM a;
SELECT id FROM nulls WHERE k NOT IN (SELECT k FROM a);
SELECT id, (k, s) IN (SELECT k, s FROM b) FROM a;
SELECT id, k IN (SELECT b.k FROM b WHERE b.s = a.s) AS m FROM a;
SELECT id, d IN (SELECT d FROM b) FROM a;
SELECT id, k > ALL (SELECT k FROM c), k = ANY (SELECT k FROM b) FROM a;
SELECT id FROM a WHERE k IN (1, 2, 3, NULL) OR s IN ('x', '😀', '');
SELECT id FROM a WHERE id IN (1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37, 39, 41, 43, 120, 149, 151);
-- Subqueries.
SELECT id FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.id <> a.id);
SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k);
SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND b.id > a.id);
SELECT id, EXISTS (SELECT 1 FROM b WHERE b.k = a.k) FROM a;
SELECT id, EXISTS (SELECT 1 FROM z), NOT EXISTS (SELECT 1 FROM z WHERE z.k = a.k) FROM a;
SELECT id, (SELECT max(id) FROM b WHERE b.k = a.k) FROM a;
SELECT id, (SELECT count(*) FROM b WHERE b.k = a.k) FROM a;
SELECT id, (SELECT sum(b.id) FROM b WHERE b.k < a.k) FROM a;
SELECT id, (SELECT b.s FROM b WHERE b.id = a.id) FROM a;
SELECT id, (SELECT max(id) FROM b), (SELECT min(k) FROM z), (SELECT count(*) FROM z) FROM a;
SELECT id FROM a WHERE m > (SELECT avg(m) FROM a x WHERE x.s = a.s);
SELECT id FROM a WHERE m > (SELECT avg(m) FROM a);
SELECT id FROM a WHERE k = (SELECT max(k) FROM b WHERE b.s = a.s AND b.f);
SELECT a.id, l.x FROM a, LATERAL (SELECT b.id + a.id AS x FROM b WHERE b.k = a.k) l;
SELECT a.id, l.x FROM a LEFT JOIN LATERAL (SELECT b.id AS x FROM b WHERE b.k = a.k ORDER BY b.id DESC LIMIT 2) l ON true;
SELECT a.id, l.n FROM a, LATERAL (SELECT count(*) AS n, sum(b.m) FROM b WHERE b.k > a.k) l;
SELECT id, (SELECT (SELECT max(c.id) FROM c WHERE c.k = b.k AND c.id < a.id) FROM b WHERE b.id = a.id) FROM a;
SELECT k, (SELECT list(x ORDER BY x) FROM (SELECT b.id AS x FROM b WHERE b.k = a.k)) FROM a;
SELECT id, [k, 1, id], unnest([1, 2]) FROM c;
SELECT id, (SELECT sum(v) FROM (SELECT unnest(l) AS v)) FROM ty;
-- Aggregates.
SELECT count(*), count(k), sum(k), avg(k), min(s), max(d), bool_and(f), bool_or(f), sum(m), avg(m), avg(d) FROM a;
SELECT count(*), count(k), sum(k), avg(k), min(s), max(d), sum(m), first(k), any_value(k), list(k) FROM z;
SELECT count_if(k > 0), bool_and(k > 0), count(*) FILTER (WHERE k > 0) FROM z;
SELECT k, count(*), sum(m) FROM z GROUP BY k;
SELECT count(*), sum(k), count(DISTINCT k), max(s) FROM nulls;
SELECT k, count(*), sum(id), avg(id), min(d), max(s), bit_xor(id), bit_and(id), bit_or(id) FROM a GROUP BY k;
SELECT d, count(*), sum(id) FROM a GROUP BY d;
SELECT s, e, f, count(*), avg(m), sum(d) FILTER (WHERE d < 10) FROM a GROUP BY ALL;
SELECT k + 1, s || '!', count(*) FROM a GROUP BY ALL;
SELECT dt, count(*) FILTER (WHERE f), sum(id) FILTER (WHERE NOT f), avg(k) FILTER (WHERE k > 0), count_if(f) FROM a GROUP BY dt;
SELECT avg(id), avg(k::TINYINT), avg(id::HUGEINT), avg(m), avg(m::DECIMAL(38, 2)), avg(d) FILTER (WHERE d < 9), avg(k::FLOAT) FROM a;
SELECT avg(dt), avg(id::UBIGINT), avg(f::INTEGER) FROM a;
SELECT avg(to_months(months::INTEGER)), sum(big), sum(ut), sum(bo), avg(big), min(u), max(bl), max(l), min(st) FROM ty;
SELECT u, bl, count(*) FROM ty GROUP BY ALL;
SELECT l, count(*) FROM ty GROUP BY l;
SELECT st, tz, min(t), max(to_months(months::INTEGER)) FROM ty GROUP BY ALL;
SELECT sum(n * 1000000007::HUGEINT * 1000000007), sum(n::DECIMAL(38, 0) * 10), avg(n::HUGEINT) FROM c;
SELECT sum(99999999999999999999999999999999::DECIMAL(38, 0)), sum(170141183460469231731687303715884105::HUGEINT) FROM a;
SELECT k, sum(1000000000000000000000000000000000000::HUGEINT - id) FROM a GROUP BY k;
SELECT count(DISTINCT k) FROM a;
SELECT count(DISTINCT k), count(*), sum(id), max(DISTINCT s) FROM a;
SELECT count(DISTINCT k) FILTER (WHERE f), count(DISTINCT k), count(k) FILTER (WHERE NOT f) FROM a;
SELECT count(DISTINCT k), count(DISTINCT s), sum(DISTINCT k), avg(DISTINCT k) FROM a;
SELECT count(DISTINCT (k, s)), count(DISTINCT d), count(DISTINCT e) FROM a;
SELECT s, count(DISTINCT k), count(DISTINCT d), sum(DISTINCT m) FROM a GROUP BY s;
SELECT s, count(DISTINCT k) FILTER (WHERE f), count(*) FILTER (WHERE f) FROM a GROUP BY s;
SELECT count(DISTINCT k), count(DISTINCT s) FROM z;
SELECT f, list(id ORDER BY id), string_agg(s, '' ORDER BY id), median(m), mode(e), quantile_cont(m, 0.3) FROM a GROUP BY f;
SELECT f, arg_max(id, m), arg_min(id, m), max_by(s, id), first(id ORDER BY id), last(s ORDER BY id) FROM a GROUP BY f;
SELECT var_pop(k), stddev_samp(id), corr(id, k), covar_pop(id, k), regr_slope(id, k), entropy(k), kurtosis(id) FROM a;
SELECT f, var_samp(k), stddev(m), product(1 + id / 1000.0), histogram(k) FROM a GROUP BY f;
SELECT approx_count_distinct(k) > 5, bit_count(bit_or(id)), sum(id) / count(*) FROM a;
SELECT max(id, 3), min(id, 2), arg_max(id, m, 2) FROM a;
SELECT sum(x) FROM (SELECT sum(id) AS x FROM a GROUP BY k);
SELECT c, count(*) FROM (SELECT k, count(*) AS c FROM a GROUP BY k) GROUP BY c;
SELECT k, count(*) FROM a WHERE id < 0 GROUP BY k;
SELECT sum(id) FROM a HAVING count(*) > 1000;
SELECT sum(id) FROM a HAVING count(*) > 100;
SELECT 'x', count(*) FROM a GROUP BY 1;
SELECT count(*) FROM (SELECT DISTINCT s, f FROM a);
SELECT count(*) FROM a, (SELECT DISTINCT k FROM b);
-- Grouping sets.
SELECT s, f, sum(m), count(*), grouping(s), grouping(s, f) FROM a GROUP BY ROLLUP (s, f);
SELECT s, f, k, avg(id), grouping(s, f, k) FROM a GROUP BY CUBE (s, f, k);
SELECT s, f, k, count(*) FROM a GROUP BY GROUPING SETS ((s), (f, k), ());
SELECT s, count(DISTINCT k), grouping(s) FROM a GROUP BY ROLLUP (s);
SELECT s, k, count(*), sum(id), first(id) IS NULL FROM z GROUP BY GROUPING SETS ((s, k), ());
SELECT k, count(*) FROM z GROUP BY ROLLUP (k);
SELECT s, f, count(*) FROM a GROUP BY GROUPING SETS ((s), (s), (f));
-- DISTINCT and set operations.
SELECT DISTINCT k FROM a;
SELECT DISTINCT d, s FROM a;
SELECT DISTINCT f, k FROM a WHERE id > 60;
SELECT DISTINCT ON (s) s FROM a;
SELECT DISTINCT ON (k, f) k, f, id FROM a ORDER BY k, f, m DESC, id;
SELECT k FROM a UNION SELECT k FROM b;
SELECT k, s FROM a UNION SELECT k, s FROM nulls UNION SELECT 1, 'x';
SELECT k FROM a EXCEPT SELECT k FROM b;
SELECT k FROM a EXCEPT ALL SELECT k FROM b;
SELECT k FROM a INTERSECT SELECT k FROM b;
SELECT k FROM a INTERSECT ALL SELECT k FROM b;
SELECT d FROM a INTERSECT ALL SELECT d FROM b;
SELECT d FROM b EXCEPT ALL SELECT d FROM a;
SELECT s FROM nulls EXCEPT SELECT s FROM a;
SELECT k FROM a EXCEPT SELECT k FROM z;
SELECT k FROM z UNION SELECT k FROM z;
SELECT k FROM small EXCEPT ALL SELECT k FROM a;
SELECT k FROM a INTERSECT ALL SELECT k FROM small;
SELECT k, count(*) FROM (SELECT k FROM a UNION ALL SELECT k FROM b UNION ALL SELECT k FROM small) GROUP BY k;
SELECT sum(x) FROM (SELECT id AS x FROM a UNION ALL SELECT id FROM small UNION ALL VALUES (100000));
SELECT k, count(*) FROM (SELECT k FROM a GROUP BY k UNION ALL SELECT k FROM b GROUP BY k) GROUP BY k;
SELECT u.k, count(*) FROM (SELECT k FROM a UNION ALL SELECT k FROM small) u JOIN b ON u.k = b.k GROUP BY u.k;
SELECT count(*) FROM ((SELECT id FROM a ORDER BY id LIMIT 5) UNION ALL (SELECT id FROM b ORDER BY id LIMIT 5));
SELECT k FROM a UNION ALL SELECT max(k) FROM b UNION ALL SELECT 7;
-- Windows.
SELECT id, row_number() OVER (ORDER BY d, id), ntile(4) OVER (ORDER BY id) FROM a;
SELECT id, sum(id) OVER (PARTITION BY k), count(*) OVER (PARTITION BY k ORDER BY id), avg(m) OVER (PARTITION BY k, s) FROM a;
SELECT id, sum(id) OVER (PARTITION BY k), count(*) OVER (PARTITION BY s) FROM a;
SELECT id, sum(id) OVER (PARTITION BY k ORDER BY dt RANGE BETWEEN INTERVAL 3 DAYS PRECEDING AND CURRENT ROW) FROM a;
SELECT id, sum(id) OVER (ORDER BY k GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM a;
SELECT id, first_value(k IGNORE NULLS) OVER (PARTITION BY f ORDER BY id), nth_value(id, 2) OVER (PARTITION BY f ORDER BY id) FROM a;
SELECT id, count(*) FILTER (WHERE f) OVER (PARTITION BY s), count(DISTINCT k) OVER (PARTITION BY s) FROM a;
SELECT id, percent_rank() OVER w, cume_dist() OVER w, dense_rank() OVER w FROM a WINDOW w AS (PARTITION BY d ORDER BY k);
SELECT k, sum(count(*)) OVER (), rank() OVER (ORDER BY sum(m)) FROM a GROUP BY k;
SELECT k, f, sum(count(*)) OVER (PARTITION BY k) FROM a GROUP BY k, f;
SELECT id FROM a QUALIFY row_number() OVER (PARTITION BY s ORDER BY m DESC, id) = 1;
SELECT id, k FROM a QUALIFY count(*) OVER (PARTITION BY k) > 12;
SELECT id, max(id) OVER (PARTITION BY k::VARCHAR), min(id) OVER (PARTITION BY k % 3) FROM a;
SELECT count(*), sum(r) FROM (SELECT rank() OVER (PARTITION BY k ORDER BY id) AS r FROM z);
-- Shared subplans.
WITH t AS (SELECT k, count(*) AS n FROM a GROUP BY k) SELECT x.k, x.n, y.n FROM t x JOIN t y ON x.k = y.k + 1;
WITH t AS MATERIALIZED (SELECT * FROM a WHERE f) SELECT (SELECT count(*) FROM t), (SELECT sum(id) FROM t), max(k) FROM t;
WITH t AS MATERIALIZED (SELECT k, id FROM a), u AS MATERIALIZED (SELECT x.k, y.id FROM t x JOIN t y ON x.id = y.k)
  SELECT count(*), sum(u.id), count(DISTINCT t.k) FROM u LEFT JOIN t ON u.k = t.k;
WITH t AS MATERIALIZED (SELECT id, random() AS r FROM a) SELECT count(*) FROM t x JOIN t y ON x.id = y.id AND x.r = y.r;
WITH t AS MATERIALIZED (SELECT id, random() AS r FROM small) SELECT count(*) FROM a, t x JOIN t y ON x.id = y.id AND x.r = y.r;
WITH t AS MATERIALIZED (SELECT k FROM small) SELECT count(*), sum(t.k) FROM a JOIN t ON a.k = t.k JOIN t u ON u.k = a.k;
WITH t AS MATERIALIZED (SELECT id FROM a ORDER BY id DESC LIMIT 10) SELECT x.id FROM t x JOIN t y ON x.id = y.id;
WITH t AS MATERIALIZED (SELECT s, max(id) AS n FROM a GROUP BY s) SELECT * FROM t WHERE n = (SELECT max(n) FROM t);
WITH v AS MATERIALIZED (SELECT * FROM (VALUES (1, 'x'), (2, 'y')) q(p, q)) SELECT a.id, v.q, w.p FROM a JOIN v ON a.k = v.p JOIN v w ON w.p = v.p;
SELECT count(*) = 10 FROM a JOIN (SELECT id FROM a LIMIT 10) l ON a.id = l.id;
SELECT count(*) = 3 FROM a JOIN (SELECT id FROM small LIMIT 3) l ON a.id = l.id;
SELECT sum(n) = 150 FROM (SELECT count(*) AS n FROM a GROUP BY (random() * 7)::INTEGER);
SELECT count(DISTINCT r) FROM (SELECT r FROM a, (SELECT random() AS r) q);
-- Others.
PIVOT (SELECT s, f, m FROM a) ON f IN (true, false) USING sum(m) GROUP BY s;
PIVOT (SELECT k, e, id FROM a) ON e IN ('lo', 'mid') USING count(id) AS n, max(id) AS x;
UNPIVOT (SELECT id, k, id * 2 AS k2 FROM a) ON k, k2 INTO NAME n VALUE v;
SELECT * FROM a USING SAMPLE 0 ROWS;
SELECT a.id FROM a WHERE a.s LIKE 'n%' AND (a.k > 1 OR a.d IS NULL) AND a.dt BETWEEN '2020-01-05' AND '2020-01-20';
SELECT CASE WHEN k > 0 THEN 'p' WHEN k < 0 THEN 'n' END AS c, count(*) FROM a GROUP BY c;
SELECT struct_pack(x := k, y := s), count(*) FROM a GROUP BY 1;
SELECT count(*) FROM z, a;
SELECT z.id, a.id FROM z RIGHT JOIN a ON a.k = z.k;
SELECT z.id, a.id FROM a FULL JOIN z ON a.k = z.k WHERE a.id < 9;
SELECT id FROM a WHERE false;
SELECT count(*) FROM a WHERE 1 = 0;
SELECT x.k, y.s FROM (SELECT k FROM a GROUP BY k) x LEFT JOIN (SELECT k, max(s) AS s FROM b GROUP BY k) y ON x.k = y.k;
SELECT count(*), count(q.n) FROM (SELECT k, count(*) AS n FROM b GROUP BY k) q RIGHT JOIN a ON a.k = q.k;
SELECT a.k, sum(q.n) FROM a JOIN (SELECT k, count(*) AS n FROM b GROUP BY k) q ON a.k = q.k GROUP BY a.k;
SELECT count(*) FROM a GROUP BY k, s, f, d;
SELECT id, e, e > 'lo', e::VARCHAR || '!' FROM a WHERE e <> 'hi';
SELECT e, count(*), min(e), max(e) FROM a GROUP BY e;
-- Lists: unnested, in lambdas, cut.
SELECT unnest([1,2]), id FROM a;
SELECT id, unnest(l), unnest([st]) FROM ty;
SELECT unnest(st), id FROM ty;
SELECT x, count(*) FROM (SELECT unnest(l) AS x FROM ty) GROUP BY x;
SELECT count(*) FROM (SELECT unnest(l) FROM ty);
SELECT a.id, x FROM a, LATERAL (SELECT unnest([a.k, a.id]) AS x) t;
SELECT ty.id, x FROM ty LEFT JOIN LATERAL (SELECT unnest(ty.l) AS x) t ON x > 0;
SELECT unnest([[1,2],[3]], recursive := true), id FROM c;
UNPIVOT (SELECT id, k FROM c) ON id, k;
SELECT list_transform(l, lambda x: x * 2 + id) FROM ty;
SELECT id, [x + 1 for x in l if x > 0] FROM ty;
SELECT list_transform(l, lambda x, i: [y + x for y in l if y > i]) FROM ty;
SELECT list_reduce([k, id, 3], lambda x, y: x + y + k), list_reduce([k, id], lambda x, y, i: x + y * i, id) FROM a;
SELECT list_filter(l, lambda x: x = 1), count(*) FROM ty GROUP BY ALL;
SELECT id FROM a WHERE list_filter([k, id], lambda x: x = 4) = [4];
SELECT l[2:], l[:2], l[1:2:2], l[:-:2], l[2:-:1], l[-2:-1] FROM ty;
SELECT s[2:], s[:1], s[1:2] FROM a;
-- Structs without field names, constants of a union, filters on fields.
SELECT row(k, 1) = row(1, id), row(s, [row(k)]) FROM a;
SELECT id FROM a WHERE (id, k) IN ((1, 2), (3, 4), (0, NULL), (5, -4));
SELECT id FROM a WHERE (id, k) NOT IN ((1, 2), (3, 4), (0, 5));
SELECT row(k, s), count(*) FROM a GROUP BY ALL;
SELECT DISTINCT row(k, [row(f)]) FROM a;
SELECT max(row(k, id)), list(row(k, id) ORDER BY id) FROM a;
SELECT a.id FROM a JOIN b ON (a.k, a.s) = (b.k, b.s);
SELECT id FROM a WHERE row(k, s) IN (SELECT row(k, s) FROM b);
SELECT id, CASE WHEN k > 0 THEN row(k, s) END AS r FROM a UNION SELECT 1, NULL;
SELECT id, 3::UNION(n INT, w VARCHAR) u, union_value(j := 3), count(*) FROM a GROUP BY ALL;
SELECT id FROM ty WHERE st.p = 1 AND st.q IS NOT NULL AND st.p IN (1, 2);
-- Table functions.
SELECT * FROM range(2, 20, 3) r(i) JOIN a ON a.id = i;
SELECT a.id, i FROM a, range(a.id) r(i) WHERE a.id < 20;
SELECT a.id, i FROM a LEFT JOIN unnest([a.k, a.id]) t(i) ON i = 3;
SELECT a.id, (SELECT sum(i) FROM range(a.id) t(i)) FROM a;
SELECT i, count(*) FROM a, generate_series(0, a.k) r(i) GROUP BY i;
SELECT c.id, j.key, j.value FROM c, json_each('{"a":' || c.id || '}') j;
SELECT c.id, j.fullkey FROM c, json_tree('{"a":[1,{"b":2}]}') j;
SELECT i FROM generate_series(1, (SELECT max(k) FROM a)) t(i);
SELECT d, a.id FROM range(DATE '2020-01-01', DATE '2020-01-10', INTERVAL 2 DAY) t(r), a, unnest([a.d]) u(x) WHERE dt = r;
SELECT v, a.id FROM repeat('x', 3) t(v), a WHERE a.id < 3;
-- ASOF joins and positional ones.
SELECT a.id, b.id FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.id < b.id;
SELECT a.id, b.id FROM a ASOF RIGHT JOIN b ON a.k = b.k AND a.id < b.id;
SELECT a.id, b.id FROM a ASOF FULL JOIN b ON a.k = b.k AND a.id < b.id;
SELECT a.id, b.id FROM a ASOF JOIN b ON a.id > b.id;
SELECT a.id, b.id FROM a ASOF RIGHT JOIN b ON a.id > b.id;
SELECT a.id FROM a ASOF SEMI JOIN b ON a.k = b.k AND a.id > b.id;
SELECT a.id FROM a ASOF ANTI JOIN b ON a.k = b.k AND a.id > b.id;
SELECT n.id, b.id FROM small n ASOF JOIN b ON n.k = b.k AND n.id >= b.id;
SELECT n.id, b.id FROM b ASOF JOIN small n ON n.k = b.k AND n.id <= b.id;
SELECT a.dt, b.ts FROM a ASOF JOIN b ON a.dt >= b.ts;
SELECT a.id, z.id FROM a ASOF LEFT JOIN z ON a.k = z.k AND a.id >= z.id;
SELECT a.id, b.id, c.id FROM a POSITIONAL JOIN b POSITIONAL JOIN c;
SELECT x.id, b.s FROM (SELECT id FROM a WHERE id % 2 = 0) x POSITIONAL JOIN b;
SELECT count(*) FROM a POSITIONAL JOIN z;
-- Recursive CTEs.
WITH RECURSIVE r AS (SELECT id i FROM small UNION SELECT b.k FROM r, b WHERE b.id = r.i) SELECT * FROM r;
WITH RECURSIVE r AS (SELECT id, k, 0 AS depth FROM a WHERE id < 5
  UNION ALL SELECT a.id, a.k, depth + 1 FROM r JOIN a ON a.id = r.k WHERE depth < 4)
  SELECT depth, count(*), sum(id) FROM r GROUP BY depth;
WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < (SELECT count(*) FROM c))
  SELECT a.id, r.i FROM r JOIN a ON a.id = r.i;
WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r
  WHERE i < 20 AND EXISTS (SELECT 1 FROM b WHERE b.id = r.i + 1)) SELECT x.i, y.i FROM r x JOIN r y ON x.i = y.i + 1;
WITH RECURSIVE r AS (SELECT id i FROM z UNION SELECT b.k FROM r, b WHERE b.id = r.i) SELECT * FROM r;
WITH RECURSIVE t(z) AS (SELECT id % 3 FROM c UNION ALL SELECT z + 1
  FROM (WITH RECURSIVE g(a) AS (SELECT t.z FROM t UNION ALL SELECT g.a + 2 FROM g WHERE g.a < 4) FROM g) AS t(z)
  WHERE z < 4) SELECT z, count(*) FROM t GROUP BY z;
WITH RECURSIVE m AS (SELECT k, sum(id) s FROM a GROUP BY k),
  r AS (SELECT k, s FROM m UNION ALL SELECT r.k, r.s + m.s FROM r JOIN m ON m.k = r.k + 1 WHERE r.s < 3000) SELECT * FROM r;
-- Samples and limits: only how many rows there are is sure.
SELECT count(*) FROM a USING SAMPLE 5 ROWS;
SELECT count(*) BETWEEN 0 AND 150 FROM a TABLESAMPLE bernoulli(50%);
SELECT count(*) FROM a TABLESAMPLE reservoir(10%);
SELECT id FROM a TABLESAMPLE bernoulli(20%) REPEATABLE (42);
SELECT count(*) FROM (SELECT id FROM a LIMIT (SELECT NULL::INT));
-- Constants among the keys of an ordered aggregate.
SELECT string_agg(DISTINCT 'A'::VARCHAR, '|' ORDER BY 'A'::VARCHAR), list(id ORDER BY 'x'::VARCHAR, id) FROM a;
-- Cross joins below other joins.
SELECT a.id, c.id, small.id FROM small CROSS JOIN c RIGHT JOIN a ON a.id = c.k;
SELECT a.id, c.id, small.id FROM a FULL JOIN (small CROSS JOIN c) ON a.id = c.k;
-- Collations, correlated VALUES, aggregates of lists.
SELECT DISTINCT lower(s) FROM (SELECT DISTINCT s COLLATE NOCASE AS s FROM a);
SELECT count(*) FROM (SELECT DISTINCT k, s COLLATE NOACCENT FROM a);
SELECT count(*) FROM (SELECT s COLLATE NOCASE FROM a UNION SELECT s FROM b);
SELECT a.id, x FROM a, (VALUES (a.k), (a.id)) t(x);
SELECT a.id, (SELECT max(x) FROM (VALUES (a.k), (a.id), (7)) t(x)), (VALUES (a.k)) FROM a;
SELECT list_aggregate(l, 'quantile_cont', 0.5), list_aggregate(l, 'string_agg', '-') FROM ty;
SELECT equi_width_bins(min(id), max(id), 3, true), equi_width_bins(min(dt), max(dt), 3, true) FROM a;
-- Variances, covariances, regressions; picks.
SELECT stddev(id), var_pop(id), stddev_pop(id), var_samp(id), sem(id), corr(id, k), covar_pop(id, k), covar_samp(id, k),
  regr_slope(id, k), regr_r2(id, k), regr_count(id, k), regr_intercept(id, k), regr_avgx(id, k), regr_avgy(id, k),
  regr_sxx(id, k), regr_syy(id, k), regr_sxy(id, k) FROM a;
SELECT f, stddev(id), var_pop(id), sem(id), corr(id, k), covar_pop(id, k), covar_samp(id, k), regr_slope(id, k),
  regr_r2(id, k), regr_count(id, k), regr_intercept(id, k) FROM a GROUP BY f;
SELECT id, stddev(m), var_pop(m), sem(m), corr(id, k), covar_samp(id, k), regr_slope(id, k), regr_r2(id, k) FROM a GROUP BY id;
SELECT stddev(id), var_pop(id), corr(id, k), covar_pop(id, k), regr_count(id, k), regr_r2(id, k) FROM a WHERE id < 0;
SELECT corr(id, 3), regr_slope(id, 3), regr_r2(id, 3), regr_intercept(id, 3), regr_r2(3, id), corr(3, id), var_samp(3) FROM a;
SELECT stddev(id) FILTER (WHERE k > 0), corr(id, k) FILTER (WHERE f), stddev(1e6 + id) FROM a;
SELECT k, f, stddev(m), skewness(m), kurtosis(m), grouping(k, f) FROM a GROUP BY CUBE (k, f);
SELECT arg_min(id, m), max_by(s, id), arg_min_null(k, id), arg_max(id, NULL::INT), arg_max(id, s) FILTER (WHERE false) FROM a;
SELECT f, arg_min(k, m), arg_max(s, id), arg_max(k, id) FILTER (WHERE id % 7 < 3), arg_max_null(k, -id) FROM a GROUP BY f;
SELECT arg_max(k, id), arg_max_null(k, id) FROM a WHERE k IS NULL;
SELECT min(id, 3), max(d, 4), min(s, 2), max(id, 500), min(k, 2) FILTER (WHERE false), arg_max(id, m, 3) FROM a;
SELECT f, min(id, 3), max(d, 3), product(id % 3 + 0.5), last(id), last(k) FILTER (WHERE k > 0) FROM a GROUP BY f;
-- Recursive CTEs by keys, table functions with options.
WITH RECURSIVE r(i, j) USING KEY (i) AS (SELECT id, k FROM a WHERE id < 10
  UNION (SELECT r.i, b.id FROM r, b WHERE b.k = r.j AND b.id > r.i AND b.id < 12)) SELECT i FROM r;
WITH RECURSIVE r(i, j) USING KEY (i) AS (SELECT id, id FROM a WHERE id < 5
  UNION (SELECT r.i, s.j + 1 FROM r, recurring.r AS s WHERE s.i = r.i AND r.j < 7)) SELECT * FROM r;
SELECT a.id, r.* FROM a, repeat_row(1, 'a', num_rows = 3) r;
-- An ASOF join finds nothing for a left value that is NULL.
SELECT a.k, b.k FROM a ASOF JOIN b ON a.f = b.f AND a.k > b.k;
SELECT a.id, a.k, b.k FROM a ASOF LEFT JOIN b ON a.f = b.f AND a.k >= b.k;
SELECT a.id, a.k FROM a ASOF ANTI JOIN b ON a.f = b.f AND a.k >= b.k;
SELECT a.id, a.k FROM a ASOF SEMI JOIN b ON a.f = b.f AND a.k < b.k;
-- Correlated subqueries as values: the mark is divided by what correlates it.
SELECT id, EXISTS (SELECT 1 FROM b WHERE b.k > a.k AND b.s = a.s) FROM a;
SELECT id, EXISTS (SELECT 1 FROM b WHERE b.k = a.k) FROM a;
SELECT id, k IN (SELECT k FROM b WHERE b.s = a.s) FROM a;
SELECT id, k NOT IN (SELECT k FROM b WHERE b.s = a.s) FROM a;
SELECT id, k IN (SELECT b.k FROM b WHERE b.s = a.s AND b.id > a.id) FROM a;
SELECT id, k NOT IN (SELECT b.k FROM b WHERE b.id > a.id AND b.d = a.d) FROM a;
SELECT id FROM a WHERE k NOT IN (SELECT b.k FROM b WHERE b.id > a.id) OR EXISTS (SELECT 1 FROM c WHERE c.k = a.k);
SELECT id, k <= ALL (SELECT b.k FROM b WHERE b.s = a.s AND b.id < a.id) FROM a;
SELECT id, NOT EXISTS (SELECT 1 FROM z WHERE z.k = a.k), k IN (SELECT k FROM z WHERE z.id = a.id),
  k NOT IN (SELECT k FROM nulls WHERE nulls.id < a.id) FROM a;
SELECT CASE WHEN EXISTS (SELECT 1 FROM b WHERE b.id = a.id AND b.k < a.k) THEN 'y' ELSE 'n' END, count(*) FROM a GROUP BY 1;
SELECT id, EXISTS (SELECT 1 FROM b WHERE b.k = a.k AND EXISTS (SELECT 1 FROM c WHERE c.id = b.id + a.id)) FROM a;
-- A pattern whose texts have a smallest and a largest one.
SELECT a.id, b.id, b.s FROM a JOIN b ON a.k = b.k AND a.s || b.s SIMILAR TO '[xn01]+';
SELECT id, n FROM (SELECT a.id, min(b.s) AS n FROM a LEFT JOIN b ON a.k = b.k GROUP BY a.id) WHERE n SIMILAR TO '[xn0é]+';
SELECT id FROM a WHERE s SIMILAR TO '[xn01]+' OR upper(s) SIMILAR TO '[X]+';
SELECT a.id, v.s FROM a JOIN (VALUES (1, 'x'), (2, 'é'), (3, NULL)) v(k, s) ON a.k = v.k WHERE v.s SIMILAR TO '[xyz]+';
-- Aggregates of the same rows but for a filter: read once where neither an answer nor an error can tell.
SELECT (SELECT count(*) FROM a WHERE k BETWEEN -3 AND 0), (SELECT sum(m) FROM a WHERE k BETWEEN 1 AND 4),
  (SELECT avg(m) FROM a WHERE k BETWEEN 1 AND 4), (SELECT max(s) FROM a WHERE k > 3), (SELECT min(d) FROM a);
SELECT * FROM (SELECT count(*), count(k), sum(k), avg(k), min(dt) FROM a WHERE id < 40) x,
  (SELECT count(*), count(s), sum(id), bool_or(f), bool_and(f), bit_xor(id) FROM a WHERE id BETWEEN 30 AND 90) y,
  (SELECT count(*), sum(m), max(e), count_if(f) FROM a WHERE id > 1000) z, (SELECT sum(m), min(e), count(*) FROM a) w;
SELECT * FROM (SELECT avg(m), count(m), count(DISTINCT m) FROM a WHERE k > 0 AND (id < 50 OR d < 1)) x,
  (SELECT avg(m), count(m), count(DISTINCT m) FROM a WHERE k < 2 AND (id > 90 OR d > 1)) y,
  (SELECT sum(id), count(DISTINCT m) FROM a WHERE k = 99) z;
SELECT (SELECT count(DISTINCT k) FROM a WHERE s = 'x'), (SELECT count(DISTINCT k) FROM a WHERE s = 'é' OR s IS NULL),
  (SELECT count(DISTINCT s) FROM a WHERE s > 'a'), (SELECT count(DISTINCT s) FROM a WHERE s < 'n');
SELECT count(*) FROM a WHERE e = 'lo' UNION ALL SELECT count(*) FROM a WHERE e = 'hi'
  UNION ALL SELECT sum(k) FROM a WHERE e IN ('lo', 'mid') UNION ALL SELECT max(id) FROM a WHERE e IS NULL;
SELECT * FROM (SELECT count(*), sum(a.m) FROM a JOIN b ON a.k = b.k WHERE b.id < 20) x,
  (SELECT count(*), sum(b.m) FROM a JOIN b ON a.k = b.k WHERE b.id BETWEEN 15 AND 40) y,
  (SELECT min(a.s), max(b.ts), count(*) FROM a JOIN b ON a.k = b.k WHERE b.id > 55) z;
SELECT * FROM (SELECT count(*) FROM a JOIN b ON a.k = b.k AND a.id < b.id JOIN c ON c.k = b.k WHERE a.f AND c.e = 'x') x,
  (SELECT count(*) FROM a JOIN b ON a.k = b.k AND a.id < b.id JOIN c ON c.k = b.k WHERE a.f AND c.e = 'lo') y;
SELECT id FROM b WHERE id > (SELECT avg(k) FROM a WHERE d < 1) AND id < (SELECT max(id) FROM a WHERE d >= 1 AND d < 2);
SELECT id, (SELECT sum(id) FROM a WHERE dt < DATE '2020-01-10') + (SELECT sum(id) FROM a WHERE dt >= DATE '2020-01-30') FROM b;
SELECT (SELECT sum(10 / id) FROM a WHERE id > 0), (SELECT sum(1 / k) FROM a WHERE k <> 0), (SELECT count(*) FROM a WHERE k = 0);
SELECT (SELECT count(*) FROM a WHERE CAST(s[2:] AS INTEGER) = 1 AND s IN ('n0', 'n1')), (SELECT count(*) FROM a WHERE s = 'x');
SELECT (SELECT sum(m * 2) FROM a WHERE k = 1), (SELECT sum(m * m) FROM a WHERE k = 2), (SELECT sum(m + 1) FROM a WHERE k < 0);
SELECT (SELECT sum(id * 99999999) FROM b WHERE id < 3), (SELECT sum(m) FROM b WHERE id > 5), (SELECT min(ts) FROM b WHERE id > 9);
SELECT (SELECT count(*) FROM nulls WHERE k > 0), (SELECT sum(k) FROM nulls WHERE k <= 0), (SELECT max(id) FROM nulls WHERE k IS NULL);
SELECT (SELECT count(*) FROM z WHERE k > 0), (SELECT sum(k) FROM z WHERE k <= 0), (SELECT count(DISTINCT id) FROM z);
SELECT (SELECT first(id) FROM a WHERE id = 5), (SELECT sum(d) FROM a WHERE id < 4), (SELECT stddev(id) FROM a WHERE id > 7),
  (SELECT list(id ORDER BY id) FROM a WHERE id < 3), (SELECT count(*) FILTER (WHERE f) FROM a WHERE k = 2);
WITH t AS (SELECT * FROM a WHERE k > -4) SELECT (SELECT count(*) FROM t WHERE id < 70), (SELECT sum(m) FROM t WHERE id > 80),
  (SELECT count(*) FROM a WHERE k > -4 AND id = 3), (SELECT count(*) FROM t);
SELECT x.n, y.n FROM (SELECT k, count(*) AS n FROM a GROUP BY k HAVING count(*) > (SELECT count(*) / 20 FROM a WHERE f)) x
  JOIN (SELECT k, count(*) AS n FROM b GROUP BY k HAVING count(*) < (SELECT count(*) FROM a WHERE NOT f)) y ON x.k = y.k;
SELECT 1 FROM (SELECT count(*) AS n FROM a WHERE k = 1) x, (SELECT count(*) AS n FROM a WHERE k = 2) y WHERE x.n <> y.n + 1000;
SELECT struct_update({'key': k, 'name': s}, name := 'x', more := id) AS v, count(*) FROM a GROUP BY v;
SELECT struct_update(v, a := b).a, count(*) FROM (SELECT {'a': k, 'b': id} AS v, id % 3 AS b FROM a) GROUP BY 1;
SELECT id, array_distance([id, 1]::FLOAT[2], (SELECT [b.id, 2]::FLOAT[2] FROM b WHERE b.id = 7)) FROM a;
SELECT id, (SELECT max([b.id, b.k]::INTEGER[2]) FROM b WHERE b.k = a.k) AS m FROM a;
WITH c AS (SELECT k, count(*) AS n FROM a GROUP BY k) SELECT alias(k) AS x, sum(n) FROM c GROUP BY x;
SELECT x, count(*) FROM (SELECT alias(k) AS x, id FROM a) JOIN b USING (id) GROUP BY x;
WITH w AS (SELECT alias(k) AS x, id, k FROM a) SELECT p.k, count(*), min(q.x) FROM w p JOIN w q ON p.id = q.id + 1 GROUP BY p.k;
WITH v(q, r) AS (SELECT k, id FROM a), w AS (SELECT alias(q) AS x, q, r FROM v) SELECT x, q, count(*), (SELECT max(r) FROM v) FROM w GROUP BY ALL;
SELECT s.k, t.x FROM (SELECT k, max(id) AS id FROM a GROUP BY k) s JOIN (SELECT alias(id) AS x, id FROM b) t ON s.id > t.id;
SELECT k, count(*) FROM a JOIN (SELECT i, n FROM range(5, 90) WITH ORDINALITY AS r(i, n)) z ON a.id = z.i GROUP BY k;
SELECT (SELECT max(id) FROM b), alias(k), n FROM (SELECT k, count(*) AS n FROM a GROUP BY k);
SELECT alias(e), e, m FROM (SELECT e, max(m) AS m FROM a GROUP BY e) LEFT JOIN (SELECT DISTINCT k FROM b WHERE k IN (SELECT k FROM c)) ON k = m;
SELECT x.y, count(*) FROM (SELECT alias(z) AS y, id FROM (SELECT s AS z, id FROM a WHERE id % 3 = 0)) x, (SELECT id FROM b) b WHERE b.id = x.id GROUP BY 1;
