/**
 * Values of every DuckDB type, for tests: extremes, NULLs at every level, empty containers, quotes.
 * What must not be lost on any way is in this table.
 */

export interface TypeSample {
  /** The type as SQL reads it. */
  readonly type: string
  /** Values as SQL; each is cast to the type. NULL is always tested too. */
  readonly values: readonly string[]
}

export const typeSamples: readonly TypeSample[] = [
  { type: 'BOOLEAN', values: ['true', 'false'] },
  { type: 'TINYINT', values: ['-128', '127', '0'] },
  { type: 'SMALLINT', values: ['-32768', '32767'] },
  { type: 'INTEGER', values: ['-2147483648', '2147483647'] },
  { type: 'BIGINT', values: ["'-9223372036854775808'", '9223372036854775807'] },
  { type: 'UTINYINT', values: ['0', '255'] },
  { type: 'USMALLINT', values: ['0', '65535'] },
  { type: 'UINTEGER', values: ['0', '4294967295'] },
  { type: 'UBIGINT', values: ['0', "'18446744073709551615'"] },
  {
    type: 'HUGEINT',
    values: [
      "'-170141183460469231731687303715884105728'",
      "'170141183460469231731687303715884105727'",
      '0',
      '-1',
      '1',
      "'18446744073709551615'",
      "'18446744073709551616'",
      "'-18446744073709551616'",
      "'-18446744073709551617'",
    ],
  },
  { type: 'UHUGEINT', values: ['0', "'340282366920938463463374607431768211455'", "'18446744073709551616'"] },
  { type: 'BIGNUM', values: ['0', "'-123456789012345678901234567890123456789012345678901234567890'", "'1'"] },
  { type: 'FLOAT', values: ["'nan'", "'inf'", "'-inf'", "'-0.0'", "'0.1'", "'3.4028235e38'", "'1e-45'"] },
  {
    type: 'DOUBLE',
    values: ["'nan'", "'inf'", "'-inf'", "'-0.0'", "'0.1'", "'1.7976931348623157e308'", "'5e-324'"],
  },
  { type: 'DECIMAL(4,1)', values: ["'-999.9'", "'999.9'", '0'] },
  { type: 'DECIMAL(9,9)', values: ["'-0.999999999'"] },
  { type: 'DECIMAL(18,3)', values: ["'999999999999999.999'"] },
  { type: 'DECIMAL(38,0)', values: ["'-99999999999999999999999999999999999999'"] },
  { type: 'DECIMAL(38,10)', values: ["'9999999999999999999999999999.9999999999'"] },
  {
    type: 'VARCHAR',
    values: ["''", "'it''s \"q\"'", "'Zürich 日本 🎯'", "'a' || chr(0) || 'b'", "'NULL'", "'line\nbreak'"],
  },
  { type: 'BLOB', values: ["''", "'\\x00\\xFF\\x27'", "'abc'"] },
  { type: 'BIT', values: ["'0'", "'1'", "'010101011'", "'" + '10'.repeat(70) + "'"] },
  {
    type: 'UUID',
    values: ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
  },
  { type: 'JSON', values: ['\'{"a": [1, null, "x"]}\'', "'null'", "'12345678901234567890.12'"] },
  {
    type: 'DATE',
    values: [
      "'infinity'",
      "'-infinity'",
      "'1970-01-01'",
      "'0044-03-15 (BC)'",
      "'5877642-06-25 (BC)'",
      "'5881580-07-10'",
    ],
  },
  { type: 'TIME', values: ["'00:00:00'", "'23:59:59.999999'", "'24:00:00'"] },
  { type: 'TIME_NS', values: ["'00:00:00'", "'23:59:59.999999999'"] },
  {
    type: 'TIME WITH TIME ZONE',
    values: [
      "'00:00:00+00'",
      "'23:59:59.999999-15:59:59'",
      "'12:34:56+15:59:59'",
      "'24:00:00+05:30'",
      "'00:00:00-08'",
    ],
  },
  {
    type: 'TIMESTAMP',
    values: [
      "'infinity'",
      "'-infinity'",
      "'1970-01-01 00:00:00.000001'",
      "'290309-12-22 (BC) 00:00:00'",
      "'294247-01-10 04:00:54.775806'",
    ],
  },
  {
    type: 'TIMESTAMP_S',
    values: ["'infinity'", "'-infinity'", "'1969-12-31 23:59:59'", "'290308-12-22 00:00:00'"],
  },
  {
    type: 'TIMESTAMP_MS',
    values: ["'infinity'", "'-infinity'", "'1969-12-31 23:59:59.999'", "'290308-12-22 00:00:00'"],
  },
  {
    type: 'TIMESTAMP_NS',
    values: [
      "'infinity'",
      "'-infinity'",
      "'1677-09-22 00:00:00'",
      "'2262-04-11 23:47:16.854775806'",
      "'2024-02-29 12:00:00.123456789'",
    ],
  },
  { type: 'TIMESTAMP WITH TIME ZONE', values: ["'infinity'", "'-infinity'", "'2024-03-31 02:30:00+01'"] },
  {
    type: 'INTERVAL',
    values: [
      "INTERVAL '-1 year 2 months -3 days 04:05:06.123456'",
      "INTERVAL '0'",
      "INTERVAL '400 days'",
      "INTERVAL '-1 month'",
      'to_microseconds(9223372036854775807)',
      'to_microseconds(-9223372036854775808)',
      'to_months(2147483647)',
      'to_months(-2147483648)',
      'to_days(-2147483648)',
      "INTERVAL '30 days'",
      "INTERVAL '-1 microsecond'",
      "INTERVAL '25 hours'",
    ],
  },
  { type: "ENUM('a', 'it''s', '', 'Ü')", values: ["'a'", "'it''s'", "''", "'Ü'"] },
  { type: 'INTEGER[]', values: ['[]', '[NULL]', '[1, NULL, -2]'] },
  { type: 'VARCHAR[][]', values: ['[]', "[[], NULL, ['a', NULL, '']]"] },
  {
    type: 'HUGEINT[]',
    values: ['[]', '[NULL]', "[1, NULL, '-170141183460469231731687303715884105728'::HUGEINT]"],
  },
  { type: 'UHUGEINT[][]', values: ['[]', "[[], NULL, ['340282366920938463463374607431768211455', NULL]]"] },
  { type: 'INTERVAL[]', values: ["[INTERVAL '-1 month', NULL, INTERVAL '0.123456 seconds']"] },
  { type: 'INTEGER[3]', values: ['[1, NULL, 3]', '[NULL, NULL, NULL]'] },
  { type: 'HUGEINT[2]', values: ["[NULL, '-170141183460469231731687303715884105728'::HUGEINT]"] },
  { type: 'VARCHAR[2][2]', values: ["[['a', NULL], NULL]"] },
  { type: 'STRUCT(a INTEGER[3])', values: ["{'a': [1, NULL, 3]}", "{'a': NULL}"] },
  {
    type: 'STRUCT(a INTEGER[2][], m MAP(VARCHAR, HUGEINT[1]))',
    values: ["{'a': [[1, 2], NULL], 'm': MAP {'k': [5], 'l': NULL}}", "{'a': [], 'm': NULL}"],
  },
  {
    type: 'UNION(a INTEGER[2], b VARCHAR)',
    values: ['union_value(a := [1, NULL]::INTEGER[2])', "union_value(b := 'x')"],
  },
  { type: 'STRUCT(a INTEGER, b VARCHAR)', values: ["{'a': 1, 'b': NULL}", "{'a': NULL, 'b': NULL}"] },
  {
    type: 'STRUCT("select" INTEGER, "a ""q"" b" HUGEINT, "it\'s" VARCHAR)',
    values: ["{'select': 1, 'a \"q\" b': -5, 'it''s': 'x'}"],
  },
  {
    type: "STRUCT(h HUGEINT, s STRUCT(i INTERVAL, e ENUM('x', 'y')), l TIME WITH TIME ZONE[])",
    values: [
      "{'h': -1, 's': {'i': INTERVAL '-2 days', 'e': 'y'}, 'l': ['12:00:00+05:30', NULL]}",
      "{'h': NULL, 's': NULL, 'l': []}",
      "{'h': 1, 's': {'i': NULL, 'e': NULL}, 'l': NULL}",
    ],
  },
  { type: 'MAP(VARCHAR, INTEGER)', values: ['MAP {}', "MAP {'a': 1, 'b': NULL}"] },
  {
    type: 'MAP(HUGEINT, INTERVAL[])',
    values: ['MAP {}', "MAP {-1: [INTERVAL '-1 month', NULL], 2: NULL, 3: []}"],
  },
  { type: "MAP(ENUM('k', 'l'), STRUCT(b BIT))", values: ["MAP {'l': {'b': '01'::BIT}, 'k': NULL}"] },
  {
    type: 'UNION(i INTEGER, s VARCHAR)',
    values: ['union_value(i := 1)', "union_value(s := 'x')", 'union_value(i := NULL::INTEGER)'],
  },
  { type: 'UNION(a INTEGER, b INTEGER)', values: ['union_value(b := 7)', 'union_value(a := 7)'] },
  {
    type: 'UNION(h HUGEINT, u UNION(x INTERVAL, y BIT), l STRUCT(a HUGEINT)[])',
    values: [
      'union_value(h := -1::HUGEINT)',
      "union_value(u := union_value(y := '0101'::BIT))",
      "union_value(u := union_value(x := INTERVAL '-1 day'))",
      "union_value(l := [{'a': -3::HUGEINT}, NULL])",
      'union_value(u := NULL::UNION(x INTERVAL, y BIT))',
    ],
  },
  {
    type: 'UNION(i INTEGER, s VARCHAR)[]',
    values: [
      "[union_value(i := 1)::UNION(i INTEGER, s VARCHAR), NULL, union_value(s := 'x')::UNION(i INTEGER, s VARCHAR)]",
      '[]',
    ],
  },
  {
    type: 'BIGNUM[]',
    values: ["['123456789012345678901234567890123456789012345678901234567890'::BIGNUM, NULL]"],
  },
  { type: 'TIMESTAMP_S[]', values: ["['2024-01-01 00:00:01'::TIMESTAMP_S, NULL]"] },
  { type: 'BLOB[]', values: ["['\\x00'::BLOB, NULL]"] },
  { type: 'JSON[]', values: ["['{\"a\":1}'::JSON, NULL, 'null'::JSON]"] },
  { type: 'TIME_NS[]', values: ["['23:59:59.999999999'::TIME_NS]"] },
  { type: 'UUID[]', values: ["['00000000-0000-0000-0000-000000000001'::UUID, NULL]"] },
  { type: 'VARIANT', values: ['1::VARIANT', "'x'::VARIANT", "{'a': [1, NULL]}::VARIANT"] },
  { type: '"NULL"', values: [] },
]
