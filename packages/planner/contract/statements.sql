-- What the reader meets in plans, one statement for each thing to know. Before each stands how it is read:
-- `readable`, or `whole` with the reason. `plan-contract.test.ts` holds the reader and DuckDB to it.

-- readable
select true, 1::tinyint, 255::utinyint, 12345678901234567::bigint, 18446744073709551615::ubigint,
  (-170141183460469231731687303715884105727)::hugeint, 340282366920938463463374607431768211455::uhugeint,
  1.5::decimal(4,2), 123456789012345678901234567890.12::decimal(38,2), (-1.5)::decimal(20,2),
  0.005::decimal(3,3), (-0.05)::decimal(30,2);

-- readable
select 1.5::float, 0.1::float, 0.1::double, 'nan'::double, 'inf'::float, '-inf'::double, '-0.0'::double,
  '-0.0'::float, 1e300, 123456789012345680000.0::double, 1e22::double,3::double, 1e17::double,
  16777217::float, 5e-324, 1.7976931348623157e308, '1.17549435e-38'::float, 0.1+0.2;

-- readable
select date '1995-01-01', 'infinity'::date, '-infinity'::date, '0044-03-15 (BC)'::date,
  timestamp '2020-01-01 01:02:03.123456', 'infinity'::timestamp,
  '-infinity'::timestamp,'epoch'::timestamp_s, '2020-01-01 01:02:03.123'::timestamp_ms,
  '2020-01-01 01:02:03.123456789'::timestamp_ns, '2020-01-01 01:02:03+02'::timestamptz,
  'infinity'::timestamptz, 'infinity'::timestamp_ns, '-infinity'::timestamp_s, 'infinity'::timestamp_ms,
  '290000-01-01'::timestamp, '5000000-01-01'::date, '0044-03-15 (BC) 01:02:03'::timestamp;

-- readable
select time '12:34:56.123456', '12:34:56.123456789'::time_ns, '12:34:56.1+02:30'::timetz,
  '00:00:00-15:59:59'::timetz, '24:00:00'::time, '00:00:00+15:59:59'::timetz,
  interval '1 month -3 days 12345 microseconds', interval '-1 year', interval '0 days',
  interval '-5 seconds', 'f47ac10b-58cc-4372-a567-0e02b2c3d479'::uuid,
  '00000000-0000-0000-0000-000000000001'::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid,
  '\x00\xFFa\x5C\x27'::blob, 'it''s'||chr(0)||'b', chr(0), '', ''::blob, chr(10)||'"é😀\u', '\\';

-- readable
select '0101'::bit;

-- readable
select 'a'::enum('a','b'), NULL::enum('x'), ['b']::enum('a','b')[];

-- readable
select [1,2,null], [[1],[]], []::int[], null::int[], [null]::varchar[], ['a','b''c'], [1.5,2],
  [date '2020-01-01'], array_value(1,2,3), [[1,2],[3,4]]::int[2][2], [{'a':1},{'a':null}];

-- readable
select {'a':1,'B b':'x'}, {'a':{'b':[1,2]}}, null::struct(a int), {'x"y':1}, {'a':null::date};

-- readable
select map{'k':1,'l':null}, map{}::map(int,varchar), map{[1]:{'a':1}}, null::map(int,int), [map{'a':1}],
  {'m':map{1:'x'}};

-- readable
select union_value(k:=3), 3::union(a int,b varchar);

-- readable
select 123456789012345678901234567890123456789012345678901234567890::bignum;

-- whole: constant of type VARIANT
select 'x'::json, '{"a":[1,2]}'::json, 1::variant;

-- readable
select '{"a":[1,2]}'::json->'a', '{"a":[1,2]}'::json->>'$.a[0]';

-- readable
select null, null+1, coalesce(null,null);

-- readable
select n_nationkey::json, n_nationkey::variant from nation;

-- readable
select n_nationkey::enum('1','2') from nation where n_nationkey in (1,2) and false;

-- readable
select case when n_nationkey>3 then 'a' else 'b' end::enum('a','b') e, count(*) from nation group by e;

-- readable
select l_orderkey+1 as x, count(*) from lineitem where l_shipdate < date '1995-01-01'
  and l_quantity in (1,2) group by 1 order by 2,1 limit 3;

-- readable
select * from nation join region on n_regionkey=r_regionkey and n_name||r_name<>'x'
  and n_nationkey<r_regionkey;

-- readable
select * from nation left join region on n_name>r_name;

-- readable
select * from nation left join region on n_name>r_name or n_name||r_name='x';

-- readable
select * from nation full join region on n_regionkey=r_regionkey+2 and n_name||r_name<>'x';

-- readable
select * from nation full join region on n_regionkey=r_regionkey+2;

-- readable
select * from nation right join region on n_regionkey=r_regionkey+2 and n_name||r_name<>'x';

-- readable
select n_name from nation where n_regionkey in (select r_regionkey from region where r_regionkey>2)
  or n_name='CHINA';

-- readable
select n_name from nation where n_regionkey not in (select r_regionkey from region where r_regionkey>2);

-- readable
select n_name from nation where n_regionkey not in (select nullif(r_regionkey,1) from region
  where r_regionkey>2 or r_regionkey=1);

-- readable
select n_name, n_regionkey in (select nullif(r_regionkey,1) from region) from nation;

-- readable
select n_name, nullif(n_regionkey,2) in (select nullif(r_regionkey,1) from region where r_regionkey<4)
  from nation;

-- readable
select n_name, nullif(n_regionkey,2) in (select r_regionkey from region where false) from nation;

-- readable
select n_name, n_regionkey > any (select r_regionkey from region) a from nation;

-- readable
select n_name, n_regionkey > all (select r_regionkey from region) a from nation;

-- readable
select n_name, n_regionkey = all (select r_regionkey from region) a from nation;

-- readable
select n_name, exists(select 1 from region where r_regionkey=n_regionkey and r_name>n_name) from nation;

-- readable
select n_name, not exists(select 1 from region where r_regionkey<n_regionkey and r_name>n_name) from nation;

-- readable
select n_name, n_regionkey in (select r_regionkey from region where r_name>n_name) from nation;

-- readable
select n_name, nullif(n_regionkey,1) not in (select nullif(r_regionkey,3) from region where r_name>n_name)
  from nation;

-- readable
select (n_regionkey,n_name) in (select r_regionkey,r_name from region) from nation;

-- readable
select (nullif(n_regionkey,1),1) in (select nullif(r_regionkey,2),1 from region) from nation;

-- readable
select n_name,(select r_name from region where r_regionkey=n_regionkey) from nation;

-- readable
select n_name,(select r_name from region where r_regionkey>n_regionkey) from nation;

-- readable
select n_name,(select r_name from region where r_regionkey>n_regionkey and r_regionkey<=n_regionkey+1)
  from nation;

-- readable
select n_name,(select max(r_name) from region where r_regionkey<=n_regionkey) from nation;

-- readable
select n_name,(select r_name from region where r_regionkey<=n_regionkey order by r_name desc limit 1)
  from nation;

-- readable
select n_name,(select n2.n_name from nation n2 where n2.n_regionkey=n1.n_regionkey) from nation n1;

-- readable
select n_name,(select count(*) from nation n2 where n2.n_regionkey=n1.n_regionkey and n2.n_name<n1.n_name)
  from nation n1;

-- readable
select n_name,(select n_nationkey) from nation;

-- readable
select n_name, (select r_name from region) from nation;

-- readable
select r_name, (select sum(n_nationkey) from nation where n_regionkey=r_regionkey
  and n_nationkey>(select avg(n2.n_nationkey) from nation n2 where n2.n_regionkey=r_regionkey)) from region;

-- readable
select r_name from region where exists (select 1 from nation where n_regionkey=r_regionkey
  and exists (select 1 from supplier where s_nationkey=n_nationkey and s_acctbal>r_regionkey*1000));

-- readable
select r_name from region where not exists (select 1 from nation where n_regionkey=r_regionkey
  and n_name in (select n2.n_name from nation n2 where n2.n_regionkey=r_regionkey
  and n2.n_nationkey<>n_nationkey));

-- readable
select n_name from nation, region;

-- readable
select n_name from nation semi join region on n_regionkey=r_regionkey and n_name>r_name;

-- readable
select n_name from nation anti join region on n_regionkey=r_regionkey and n_name>r_name;

-- readable
select n_name from nation anti join region on n_regionkey=r_regionkey+1;

-- readable
select n_name from nation where exists(select 1 from region where r_regionkey<n_regionkey);

-- readable
select n_name from nation asof join region on n_nationkey>=r_regionkey;

-- readable
select n_name from nation positional join region;

-- readable
select * from nation n1, nation n2 where n1.n_name < n2.n_name or n1.n_nationkey=3;

-- readable
select * from nation n, lateral (select count(*) c from supplier where s_nationkey=n_nationkey) s;

-- readable
select * from nation n, lateral (select s_name from supplier where s_nationkey=n_nationkey
  order by s_acctbal desc, s_name limit 2) s;

-- readable
select count(*) from nation;

-- readable
select count(*) from (select 1 from nation where n_regionkey=1 limit 3);

-- readable
select distinct n_regionkey from nation;

-- readable
select distinct on (n_regionkey) n_name, n_regionkey from nation order by n_regionkey, n_name desc;

-- readable
select distinct on (n_regionkey%2) n_name from nation order by n_name;

-- readable
select n_name from nation order by n_regionkey, n_name limit 3 offset 2;

-- readable
select n_name from nation limit 10%;

-- readable
select n_name from nation limit (select 3);

-- readable
select n_name from nation limit 0;

-- readable
select n_name from nation order by 1 offset 2;

-- readable
select n_name from nation union all select r_name from region union all select 'x';

-- readable
select n_name from nation union select r_name from region;

-- readable
select n_name from nation union all by name select r_name from region;

-- readable
select n_regionkey from nation except all select r_regionkey from region;

-- readable
select n_regionkey from nation except select r_regionkey from region where r_regionkey<3;

-- readable
select n_regionkey from nation intersect all select r_regionkey from region;

-- readable
select n_regionkey from nation intersect select r_regionkey from region;

-- readable
select n_nationkey::bigint from nation union all select 1.5;

-- readable
with c as materialized (select n_name a from nation) select * from c x, c y;

-- readable
with c as (select n_regionkey k, count(*) n from nation group by 1) select * from c x join c y on x.k=y.k
  where x.n > (select avg(n) from c);

-- readable
with a as materialized (select n_regionkey k from nation), b as materialized (select k, count(*) from a
  group by k) select * from a join b using(k), b b2;

-- readable
with recursive c as (select 1 i union all select i+1 from c where i<3) select * from c;

-- readable
values (1,'a'),(2,null);

-- readable
select * from (values (1,'a'),(2,'b')) t(a,b) join nation on a=n_nationkey;

-- readable
values (random()>2), (true);

-- readable
select 1 where false;

-- readable
select count(*) from nation where false;

-- readable
select sum(n_nationkey), count(*) from nation where false group by ();

-- readable
select count(*) from nation where n_nationkey<0 group by ();

-- readable
select * from nation where n_name in (values ('CHINA'),('b'));

-- readable
select * from nation where n_nationkey in (1,2,3,4,5,6,7,8,30,40,50,60);

-- readable
select * from nation where n_nationkey not in (1,2,3,4,5,6,7,8,30,40,50,null);

-- readable
select n_name, n_nationkey in (1,2,3,4,5,6,7,8,30,40,50,null) from nation;

-- readable
select * from nation where n_name in ('CHINA','JAPAN','x','y','z','u','v','w','q','r','s','t');

-- readable
select unnest([1,2]) from nation;

-- readable
select * from nation using sample 40% (bernoulli, 7);

-- readable
select * from nation tablesample reservoir(3 rows) repeatable (7);

-- readable
select * from range(3);

-- readable
select n_regionkey, n_name, grouping(n_regionkey,n_name), count(*) from nation
  group by rollup(n_regionkey,n_name);

-- readable
select n_regionkey, n_name, grouping(n_name), count(*) from nation group by cube(n_regionkey,n_name);

-- readable
select count(*) from nation group by grouping sets ((),());

-- readable
select count(*), n_regionkey from nation group by grouping sets ((n_regionkey),(n_regionkey),());

-- readable
select count(*) from nation group by ();

-- readable
select n_regionkey from nation group by n_regionkey;

-- readable
select n_regionkey%2, count(*) from nation group by all;

-- readable
select count(*) from nation having count(*)>3;

-- readable
select n_regionkey, sum(n_nationkey) s from nation group by 1 having s > 50 qualify row_number()
  over (order by s) < 3;

-- readable
select n_nationkey, row_number() over (order by n_nationkey), rank() over (partition by n_regionkey
  order by n_name desc nulls first), sum(n_nationkey) over (order by n_name rows between 1 preceding
  and 2 following exclude ties), lag(n_name,2,'x') over (order by n_name), first_value(n_name ignore nulls)
  over (order by n_name groups between current row and unbounded following), count(distinct n_name)
  over (partition by n_regionkey), count(*) filter (n_name>'D') over (), nth_value(n_name,2)
  over (order by n_name), ntile(3) over (order by n_name), cume_dist() over (order by n_name),
  sum(n_nationkey) over (order by n_nationkey range between 1 preceding and current row),
  quantile_cont(n_nationkey,0.5) over (), string_agg(n_name,'|' order by n_name) over (), lead(n_name)
  over (order by n_nationkey), last_value(n_name order by n_regionkey,n_name) over (), percent_rank()
  over (order by n_regionkey), dense_rank() over (order by n_regionkey) from nation;

-- readable
select n_nationkey, rank(order by n_name desc) over (order by n_regionkey), fill(nullif(n_nationkey,3))
  over (order by n_nationkey), sum(n_nationkey) over (order by n_regionkey groups between 1 preceding
  and 1 following exclude group), avg(n_nationkey)
  over (order by n_regionkey rows between unbounded preceding and unbounded following exclude current row),
  min(n_name) over (order by n_regionkey range between unbounded preceding and current row exclude ties),
  lag(n_name) over (partition by n_regionkey order by n_name), lead(n_name,n_regionkey)
  over (order by n_nationkey), list(n_nationkey order by n_nationkey desc) over (partition by n_regionkey),
  row_number(order by n_name) over (partition by n_regionkey), cume_dist(order by n_name) over (),
  first_value(n_name order by n_nationkey desc) over (partition by n_regionkey), ntile(2 order by n_name)
  over (), lead(n_name,1,'-' order by n_name desc) over (), count(*)
  over (order by n_regionkey range between current row and unbounded following) from nation;

-- readable
select o_orderdate, sum(o_totalprice) over (order by o_orderdate range between interval 3 day preceding
  and interval 1 month following) from orders;

-- readable
select sum(l_tax) filter (l_tax>0.02), sum(distinct l_tax), count(distinct l_tax),
  count(distinct l_tax) filter (l_linenumber=1), list(distinct l_tax order by l_tax desc),
  string_agg(distinct l_shipmode,'|' order by l_shipmode), first(l_tax order by l_orderkey, l_linenumber),
  last(l_tax order by l_orderkey, l_linenumber), any_value(1), arbitrary(2), max(l_tax,3),
  arg_max(l_comment,l_extendedprice), avg(l_tax), sum(l_orderkey), sum(l_linenumber),
  quantile_cont(l_tax,0.5), quantile_cont(l_tax,-0.25), quantile_disc(l_shipdate,[0.1,0.9]),
  median(l_shipdate), percentile_cont(0.25) within group (order by l_linenumber desc), mode(l_shipmode),
  histogram(l_linenumber), bool_and(l_tax>=0), bit_xor(l_linenumber), product(1+l_tax), stddev(l_tax),
  corr(l_tax,l_discount), approx_count_distinct(l_orderkey), count(*) from lineitem;

-- readable
select l_returnflag, quantile_cont(l_tax,[0.5]), quantile_cont(l_extendedprice,[0.1,0.9]),
  approx_quantile(l_linenumber,0.5) is not null, count_if(l_tax>0.01), min(l_comment),
  max({'a':l_tax,'b':l_comment}) from lineitem group by all;

-- readable
select listagg(n_name, ',' order by n_name), group_concat(n_name, '' order by n_nationkey),
  string_agg(n_name order by n_name) from nation;

-- readable
select coalesce(l_tax,0), nullif(l_tax,0), case when l_tax>0 then 1 end, l_tax between 1 and 2,
  l_tax not between l_discount and 3, l_tax in (1,l_discount), l_tax not in (1,l_discount), l_tax is null,
  not (l_tax>1), l_tax is distinct from 1, try(l_tax/0), ifnull(l_tax,1), greatest(l_tax,1),
  least(l_tax,2), l_comment is not null, l_tax>0 and l_tax<5 and l_discount>0 or l_tax is null,
  if(l_tax>1,2,3) from lineitem;

-- readable
select row(l_tax,1)=row(1,l_discount) from lineitem;

-- readable
select l_comment collate nocase, l_comment collate de from lineitem order by l_comment collate nocase,
  l_orderkey limit 10;

-- readable
select n_name from nation where n_name collate nocase = 'china';

-- readable
select n_name collate nocase x, count(*) from nation group by x;

-- readable
select n_name from nation order by n_name collate de desc;

-- readable
select round(l_tax,1), round(l_tax), l_tax::double, try_cast(l_comment as int), l_tax*l_discount, l_tax+1,
  l_orderkey//2, l_orderkey/2, l_orderkey%2, -l_orderkey, l_linenumber^2, l_linenumber**2,
  l_shipdate+interval 1 month, l_shipdate - date '1990-01-01', l_shipdate+3, l_comment[1:2], l_comment[3],
  l_comment[-1], substring(l_comment,1,2), l_orderkey & 1, ~l_orderkey, l_linenumber<<1, @l_orderkey
  from lineitem;

-- readable
select l_comment like 'a%b', l_comment ilike '%A%', l_comment like 'a%', l_comment not like '%b%c',
  l_comment similar to 'a.*', l_comment glob 'a*', contains(l_comment,'x'),
  l_comment like 'a!%' escape '!', l_comment like '%re', starts_with(l_comment,'a'),
  l_comment not ilike 'a_b%', regexp_matches(l_comment,'A','i'), l_comment ~ 'x', l_comment ^@ 'a'
  from lineitem;

-- readable
select struct_pack(x:=l_tax).x, ({'a':l_orderkey,'b':{'c':l_tax}}).b.c, [l_tax,l_discount][1],
  list_sort([l_tax,l_discount],'desc'), [l_tax][1:1], map([l_comment],[l_tax])[l_comment], map{'a':l_tax},
  date_part(['year','month'],l_shipdate), date_part('week',l_shipdate), extract(doy from l_shipdate),
  date_trunc('quarter',l_shipdate), strftime(l_shipdate,'%d.%m'), l_shipdate::timestamp - interval 3 hours,
  format('{}',l_tax), printf('%s',l_comment), list_aggregate([l_tax],'sum'),
  struct_insert({'a':1},b:=l_tax), union_value(q:=l_tax) from lineitem;

-- readable
select [x+1 for x in [l_linenumber]] from lineitem;

-- readable
select list_transform([l_linenumber], lambda x: x*2) from lineitem;

-- readable
select n_name, random() < 2, uuid() is not null from nation;

-- readable
select sum(x) > 0 from (select random() x from nation);

-- readable
select * from (pivot nation on n_regionkey in (1,2) using count(*) group by n_name);

-- readable
select * from (unpivot (select n_nationkey a, n_regionkey b from nation) on a,b);

-- readable
select * from nation natural join (select r_regionkey n_regionkey, r_name from region);

-- readable
select columns('n_.*') from nation;

-- readable
select n_nationkey from nation order by all desc;

-- readable
select count(*) from lineitem where l_shipdate >= date '1994-01-01' and l_shipdate < date '1995-01-01'
  and l_discount between 0.05 and 0.07 and l_comment is not null;

-- readable
select count(*) from lineitem where l_orderkey is null or l_orderkey in (1,2,3) or l_orderkey > 5000;

-- readable
select count(*) from lineitem where l_orderkey = 3 or l_orderkey = 7;

-- readable
select count(*) from lineitem where l_shipmode in ('AIR','RAIL') and l_shipinstruct like 'DELIVER%';

-- readable
select count(*) from lineitem where not (l_orderkey = 3);

-- readable
select count(*) from lineitem where l_extendedprice > 1000.123;

-- readable
select count(*) from lineitem where l_linenumber::double > 2.5;

-- readable
select count(*) from orders where o_orderdate::timestamp > timestamp '1995-01-01 12:00:00';

-- readable
select count(*) from orders where o_comment > 'a' and o_comment <= 'm' and length(o_comment)>3;

-- readable
select current_date > date '2020-01-01', now() is not null;

-- readable
select error('boom') from nation;

-- readable
select n_name, [1,2,n_nationkey][n_nationkey:] from nation;

-- readable
select max(n_nationkey) over w from nation window w as (partition by n_regionkey
  order by n_name rows 2 preceding);

-- readable
select s_name, p_name from supplier, part, partsupp where s_suppkey=ps_suppkey and p_partkey=ps_partkey
  and ps_availqty > (select 0.5*sum(l_quantity) from lineitem where l_partkey=ps_partkey
  and l_suppkey=ps_suppkey);

-- readable
select (select count(*) from nation), (select max(r_name) from region);

-- readable
select * from nation where (n_regionkey, n_nationkey) in ((1,2),(3,4),(0,5));

-- readable
select n_regionkey, approx_top_k(n_name, 1) is not null from nation group by 1;

-- readable
select * from (select n_nationkey k, row_number() over (partition by n_regionkey order by n_name) r
  from nation) where r <= 2;

-- readable
select n_name from nation where n_nationkey >= (select max(r_regionkey) from region)
  and n_regionkey = any(select r_regionkey from region where r_name like 'A%');

-- readable
select case n_regionkey when 1 then 'one' when 2 then 'two' else n_name end from nation;

-- readable
select n_name from nation where n_comment like '%' || n_name || '%' or n_name > all(select r_name
  from region);

-- readable
select 1 from nation group by n_regionkey having max(n_name) > 'M';

-- readable
select 'x' || n_nationkey, n_nationkey || 'y', concat(n_nationkey, null, 'z') from nation;

-- readable
select count(*) from nation a join nation b on a.n_regionkey is not distinct from b.n_regionkey;

-- readable
select count(*) from nation a join nation b on a.n_regionkey = b.n_regionkey
  and a.n_nationkey <> b.n_nationkey and a.n_nationkey is distinct from b.n_nationkey + 1;

-- readable
select n_name, nullif(n_regionkey,2) <> any (select nullif(r_regionkey,3) from region
  where r_name<>n_name) a from nation;

-- readable
select n_name, nullif(n_regionkey,2) >= all (select nullif(r_regionkey,3) from region where r_name<n_name) a
  from nation;

-- readable
select n_nationkey, rank() over (partition by n_regionkey order by n_name desc nulls first),
  sum(n_nationkey) over (order by n_name rows between 1 preceding and 2 following exclude ties),
  lag(n_name,2,'x') over (order by n_name), first_value(n_name ignore nulls)
  over (order by n_name groups between current row and unbounded following), count(distinct n_name)
  over (partition by n_regionkey), count(*) filter (n_name>'D') over (), nth_value(n_name,2)
  over (order by n_name), ntile(3) over (order by n_name), cume_dist() over (order by n_name),
  sum(n_nationkey) over (order by n_nationkey range between 1 preceding and current row),
  quantile_cont(n_nationkey,0.5) over (), string_agg(n_name,'|' order by n_name) over (), lead(n_name)
  over (order by n_nationkey), last_value(n_name order by n_regionkey,n_name) over (), percent_rank()
  over (order by n_regionkey), dense_rank() over (order by n_regionkey) from nation;

-- readable
select sum(n_nationkey) over (order by n_nationkey desc range between 1 preceding and 2 following)
  from nation;

-- readable
select sum(l_tax) over (order by l_tax range between 0.05 preceding and l_discount following), sum(l_tax)
  over (order by l_linenumber+1 range 2 preceding), count(*)
  over (order by l_shipdate desc range between interval 3 day following and interval 2 month following)
  from lineitem;

-- readable
select sum(n_nationkey) over (order by n_nationkey range between 0 preceding and 2 following) from nation;

-- readable
select sum(n_nationkey) over (order by n_regionkey::double range between 0.5 preceding and 1.5 following)
  from nation;

-- readable
select sum(n_nationkey) over (order by n_regionkey range between 0.5 preceding and 1.5 following)
  from nation;

-- readable
select sum(n_nationkey) over (order by n_regionkey range between n_nationkey preceding
  and n_nationkey*2 following) from nation;

-- readable
select n_nationkey from (select n_nationkey, n_regionkey from nation order by n_nationkey limit 10)
  order by n_regionkey, n_nationkey;

-- readable
select count(*) from (select distinct on (l_suppkey) l_suppkey, l_partkey from lineitem order by l_suppkey,
  l_partkey, l_orderkey);

-- readable
select * from nation where n_nationkey = 3 and random() >= 0;

-- readable
select n_regionkey, count(*) filter (where n_name like 'A%'), sum(n_nationkey) filter (n_nationkey % 2 = 0)
  from nation group by rollup (n_regionkey) having count(*) > 1 order by all;

-- readable
select l_shipmode, l_returnflag, grouping_id(l_shipmode, l_returnflag), sum(l_quantity) from lineitem
  group by grouping sets ((l_shipmode), (l_returnflag), ()) order by all;

-- readable
select grouping(l_shipmode) + 1, sum(sum(l_quantity)) over (partition by grouping(l_shipmode)) from lineitem
  group by rollup(l_shipmode);
