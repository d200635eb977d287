/**
 * Functions that users of DataFusion, Ballista and Spark know and DuckDB has not: scalar ones as macros, and
 * those that a macro cannot be (aggregates with DISTINCT, FILTER or ORDER BY; any number of arguments) by the
 * name that DuckDB has for them.
 */
import { nextToken, type Token } from './lexer.js'
import type { TextEdit } from './text-edits.js'

export interface DialectFunction {
  readonly name: string
  /** Lists of parameters with their expressions. */
  readonly definitions: readonly (readonly [parameters: readonly string[], body: string])[]
  /** A call and its value as text. */
  readonly example: readonly [call: string, value: string]
  readonly note?: string
}

const macro = (
  name: string,
  definitions: DialectFunction['definitions'],
  example: DialectFunction['example'],
  note?: string,
): DialectFunction => ({ name, definitions, example, ...(note === undefined ? {} : { note }) })

const strftimeFormats = "formats are those of DuckDB's strftime"

export const dialectFunctions: readonly DialectFunction[] = [
  macro('nvl', [[['a', 'b'], 'coalesce(a, b)']], ['nvl(NULL, 3)', '3']),
  macro('nvl2', [[['a', 'b', 'c'], 'CASE WHEN a IS NOT NULL THEN b ELSE c END']], ['nvl2(NULL, 1, 2)', '2']),
  macro('nanvl', [[['a', 'b'], 'CASE WHEN isnan(a) THEN b ELSE a END']], ["nanvl('NaN'::DOUBLE, 1.5::DOUBLE)", '1.5']),
  macro('signum', [[['x'], 'sign(x)']], ['signum(-2.5)', '-1']),
  macro('pmod', [[['a', 'b'], '((a % b) + b) % b']], ['pmod(-7, 3)', '2']),
  macro('shiftleft', [[['a', 'b'], 'a << b']], ['shiftleft(3, 2)', '12']),
  macro('shiftright', [[['a', 'b'], 'a >> b']], ['shiftright(12, 2)', '3']),
  macro('rand', [[[], 'random()']], ['rand() < 1', 'true']),
  macro('btrim', [[['s'], 'trim(s)'], [['s', 'c'], 'trim(s, c)']], ["btrim('xxaxx', 'x')", 'a']),
  macro('space', [[['n'], "repeat(' ', n)"]], ["'[' || space(2) || ']'", '[  ]']),
  macro(
    'initcap',
    [[['s'], "array_to_string(list_transform(string_split(lower(s), ' '), lambda w: upper(w[1]) || w[2:]), ' ')"]],
    ["initcap('hELLO big world')", 'Hello Big World'],
    'words are what spaces divide',
  ),
  macro(
    'find_in_set',
    [[['s', 'l'], "coalesce(list_position(string_split(l, ','), s), 0)"]],
    ["find_in_set('b', 'a,b,c')", '2'],
  ),
  macro(
    'substring_index',
    [[['s', 'd', 'n'], `CASE WHEN n > 0 THEN array_to_string(string_split(s, d)[1:n], d)
      WHEN n < 0 THEN array_to_string(string_split(s, d)[n:], d) ELSE '' END`]],
    ["substring_index('a.b.c', '.', 2)", 'a.b'],
  ),
  macro('get_json_object', [[['j', 'p'], 'json_extract_string(j, p)']], [`get_json_object('{"a": 1}', '$.a')`, '1']),
  macro('size', [[['l'], 'len(l)']], ['size([1, 2, NULL])', '3']),
  macro('array_size', [[['l'], 'len(l)']], ['array_size([1, 2])', '2']),
  macro('sort_array', [[['l'], 'list_sort(l)']], ['sort_array([2, 1])', '[1, 2]'], 'NULL last'),
  macro('map_from_arrays', [[['k', 'v'], 'map(k, v)']], ["map_from_arrays(['a'], [1])", '{a=1}']),
  macro('arrow_typeof', [[['x'], 'typeof(x)']], ['arrow_typeof(1)', 'INTEGER'], "the type's name is DuckDB's"),
  macro(
    'to_date',
    [[['a'], 'CAST(a AS DATE)'], [['a', 'f'], 'CAST(strptime(a, f) AS DATE)']],
    ["to_date('31.01.2026', '%d.%m.%Y')", '2026-01-31'],
    strftimeFormats,
  ),
  macro(
    'date_format', [[['t', 'f'], 'strftime(t, f)']],
    ["date_format(DATE '2026-01-31', '%Y/%m')", '2026/01'], strftimeFormats,
  ),
  macro(
    'to_char', [[['t', 'f'], 'strftime(t, f)']],
    ["to_char(TIMESTAMP '2026-01-31 12:30:00', '%H:%M')", '12:30'], strftimeFormats,
  ),
  macro(
    'date_bin',
    [
      [['i', 't'], "time_bucket(i, t, TIMESTAMP '1970-01-01')"],
      [['i', 't', 'o'], 'time_bucket(i, t, o)'],
    ],
    ["date_bin(INTERVAL '15 minutes', TIMESTAMP '2026-01-31 12:40:00')", '2026-01-31 12:30:00'],
  ),
  macro(
    'from_unixtime', [[['s'], 'make_timestamp(CAST(s AS BIGINT) * 1000000)']],
    ['from_unixtime(86400)', '1970-01-02 00:00:00'], 'a TIMESTAMP in UTC, as in DataFusion',
  ),
  macro(
    'to_unixtime', [[['t'], 'CAST(floor(epoch(CAST(t AS TIMESTAMP))) AS BIGINT)']],
    ["to_unixtime('1970-01-02')", '86400'],
  ),
  macro(
    'unix_timestamp',
    [
      [['t'], 'CAST(floor(epoch(CAST(t AS TIMESTAMP))) AS BIGINT)'],
      [['t', 'f'], 'CAST(floor(epoch(strptime(t, f))) AS BIGINT)'],
    ],
    ["unix_timestamp(TIMESTAMP '1970-01-01 00:01:00')", '60'], strftimeFormats,
  ),
  macro(
    'to_timestamp_seconds', [[['s'], 'make_timestamp(CAST(s AS BIGINT) * 1000000)']],
    ['to_timestamp_seconds(60)', '1970-01-01 00:01:00'],
  ),
  macro(
    'to_timestamp_millis', [[['s'], 'make_timestamp(CAST(s AS BIGINT) * 1000)']],
    ['to_timestamp_millis(1500)', '1970-01-01 00:00:01.5'],
  ),
  macro(
    'to_timestamp_micros', [[['s'], 'make_timestamp(CAST(s AS BIGINT))']],
    ['to_timestamp_micros(1)', '1970-01-01 00:00:00.000001'],
  ),
  macro(
    'add_months', [[['d', 'n'], 'CAST(CAST(d AS DATE) + to_months(n) AS DATE)']],
    ["add_months(DATE '2026-01-31', 1)", '2026-02-28'],
  ),
  macro('unix_date', [[['d'], "date_diff('day', DATE '1970-01-01', d)"]], ["unix_date(DATE '1970-02-01')", '31']),
  macro('date_from_unix_date', [[['n'], "DATE '1970-01-01' + n"]], ['date_from_unix_date(31)', '1970-02-01']),
  macro(
    'approx_median', [[['x'], 'approx_quantile(x, 0.5)']],
    ['approx_median(x)', '5'], 'without DISTINCT and FILTER',
  ),
]

export interface DialectRename {
  readonly name: string
  /** What stands in the place of the name and its parenthesis. */
  readonly call: string
  readonly example: readonly [call: string, value: string]
}

/** Over `(VALUES (5), (5), (5)) t(x)`. */
export const dialectRenames: readonly DialectRename[] = [
  { name: 'approx_distinct', call: 'approx_count_distinct(', example: ['approx_distinct(x)', '1'] },
  { name: 'approx_percentile_cont', call: 'approx_quantile(', example: ['approx_percentile_cont(x, 0.5)', '5'] },
  { name: 'percentile_approx', call: 'approx_quantile(', example: ['percentile_approx(x, 0.5)', '5'] },
  { name: 'approx_percentile', call: 'approx_quantile(', example: ['approx_percentile(x, 0.5)', '5'] },
  { name: 'collect_list', call: 'list(', example: ['collect_list(x ORDER BY x)', '[5, 5, 5]'] },
  { name: 'collect_set', call: 'list(DISTINCT ', example: ['collect_set(x)', '[5]'] },
  { name: 'var', call: 'var_samp(', example: ['var(x) FILTER (x > 0)', '0.0'] },
  { name: 'var_sample', call: 'var_samp(', example: ['var_sample(x)', '0.0'] },
  { name: 'var_population', call: 'var_pop(', example: ['var_population(x)', '0.0'] },
  { name: 'covar', call: 'covar_samp(', example: ['covar(x, x)', '0.0'] },
  { name: 'make_array', call: 'list_value(', example: ['make_array(1, 2, max(x))', '[1, 2, 5]'] },
  { name: 'regexp_like', call: 'regexp_matches(', example: ["regexp_like('abc', 'B', 'i')", 'true'] },
  { name: 'explode', call: 'unnest(', example: ['explode([7])', '7'] },
]

const renamedPattern = new RegExp(`\\b(${dialectRenames.map(({ name }) => name).join('|')})\\s*\\(`, 'i')
/** Words after which a name with a parenthesis is no call. */
const definingWords = new Set(['MACRO', 'FUNCTION', 'TABLE', 'VIEW', 'INTO', 'WITH', 'RECURSIVE', 'EXISTS', 'AS'])

/** Edits that put DuckDB's names in the place of renamed calls. */
export function dialectEdits(text: string): readonly TextEdit[] {
  if (!renamedPattern.test(text)) return []
  const edits: TextEdit[] = []
  let before: Token | undefined
  for (let token = nextToken(text, 0); token; before = token, token = nextToken(text, token.end)) {
    if (token.kind !== 'word' || before?.text === '.' || definingWords.has(before?.text.toUpperCase() ?? '')) continue
    const name = token.text.toLowerCase()
    const renamed = dialectRenames.find((rename) => rename.name === name)
    const open = renamed && nextToken(text, token.end)
    if (renamed && open?.text === '(') edits.push({ start: token.start, end: open.end, text: renamed.call })
  }
  return edits
}
