/** Random aggregate and window calls whose value does not hang on the order in which rows arrive. */
import { assertNever } from '@arbalest/common'
import { condition, expression, leaf } from './random-expressions.js'
import { totalOrder, type Grammar, type Scope } from './query-scope.js'
import { literalOf, type Family } from './random-tables.js'

export interface Call {
  readonly sql: string
  readonly family: Family
}

/** Families with an order of their own in which all equal values are the same. */
const plainFamilies: readonly Family[] = [
  'int', 'text', 'decimal', 'date', 'timestamp', 'boolean', 'big', 'wide', 'instant', 'span', 'time', 'uuid', 'enum',
]

/** An aggregate; of the wanted family, if one is given. */
export function aggregateCall(grammar: Grammar, scope: Scope, wanted?: Family): Call {
  const { choices } = grammar
  const families: readonly Family[] = ['int', 'int', 'int', ...plainFamilies, 'double', 'list', 'map', 'nested']
  const family = wanted ?? choices.pick(families)
  const filter = choices.chance(15) ? ` FILTER (WHERE ${condition(grammar, scope, 1)})` : ''
  return { sql: choices.pick(callsOf(grammar, scope, family, filter))(), family }
}

function callsOf(grammar: Grammar, scope: Scope, family: Family, filter: string): readonly (() => string)[] {
  const { choices } = grammar
  const of = (other: Family) => expression(grammar, scope, other, 1)
  const distinct = () => (choices.chance(25) ? 'DISTINCT ' : '')
  const anyFamily = () => choices.pick<Family>(['int', ...plainFamilies, 'double', 'list', 'struct', 'map', 'nested'])
  const general = [
    () => `min(${of(family)})${filter}`,
    () => `max(${of(family)})${filter}`,
    () => `first(${of(family)} ORDER BY ${totalOrder(scope)})${filter}`,
    () => `last(${of(family)} ORDER BY ${totalOrder(scope)})${filter}`,
  ]
  const sum = () => `sum(${distinct()}${of(family)})${filter}`
  switch (family) {
    case 'int': return [
      () => `count(*)${filter}`,
      sum,
      sum,
      () => `count(${distinct()}${of(anyFamily())})${filter}`,
      () => `count(DISTINCT ${of(anyFamily())})${filter}`,
      () => `bit_xor(${of('int')}::BIGINT)${filter}`,
      () => `quantile_disc(${of('int')}, 0.3)${filter}`,
      () => `arg_max(${of('int')}, (${totalOrder(scope)}))${filter}`,
      () => `count_if(${condition(grammar, scope, 1)})${filter}`,
      () => `list_sum(max(${of('int')}, 2)${filter})`,
      () => `quantile_disc(${of('int')}, [0.2, 0.8])${filter}[2]`,
      () => `bit_and(${of('int')}::BIGINT)${filter}`,
      () => `bit_or(${of('int')}::BIGINT)${filter}`,
      () => `regr_count(${of('int')}, ${of('int')})${filter}`,
      () => `approx_count_distinct(${of(anyFamily())})${filter}`,
      () => `cardinality(histogram(${of('date')})${filter})`,
      ...general,
    ]
    case 'double': return [
      () => `avg(${of('int')})${filter}`,
      () => `sum(${of('double')})${filter}`,
      () => `median(${of('int')})${filter}`,
      () => `avg(${of('double')})${filter}`,
      () => `round(stddev_samp(${of('int')})${filter}, 4)`,
      () => `quantile_cont(${of('int')}, 0.25)${filter}`,
      () => `round(covar_pop(${of('int')}, ${of('int')})${filter}, 4)`,
      () => `round(corr(${of('int')}, ${of('int')})${filter}, 4)`,
      () => `round(var_pop(${of('double')})${filter}, 4)`,
      () => `round(regr_slope(${of('int')}, ${of('int')})${filter}, 4)`,
      () => `round(skewness(${of('int')})${filter}, 4)`,
      () => `mad(${of('int')})${filter}`,
      () => `round(entropy(${of('text')})${filter}, 4)`,
      () => `min(${of('double')})${filter}`,
      () => `max(${of('double')})${filter}`,
    ]
    case 'decimal': return [sum, ...general]
    case 'boolean': return [
      () => `bool_and(${of('boolean')})${filter}`,
      () => `bool_or(${of('boolean')})${filter}`,
      ...general,
    ]
    case 'text': return [
      () => `string_agg(${of('text')}, ',' ORDER BY ${totalOrder(scope)})${filter}`,
      () => `${distinctTexts(of('text'))}${filter}`,
      ...general,
    ]
    case 'list': return [
      () => `list_sort(list(${of('int')}::INTEGER)${filter})`,
      () => `list(${of('int')}::INTEGER ORDER BY ${totalOrder(scope)})${filter}`,
      () => `${distinctList(of('int'))}${filter}`,
      () => `min(${of('int')}::INTEGER, 3)${filter}`,
      ...general,
    ]
    case 'map': return [() => `histogram(${of('text')})${filter}`, ...general]
    case 'date': case 'timestamp': case 'big': case 'wide': case 'struct': case 'instant': case 'span': case 'time':
    case 'uuid': case 'enum': case 'nested': return general
  }
  return assertNever(family)
}

const distinctTexts = (text: string): string => `string_agg(DISTINCT ${text}, '|' ORDER BY ${text})`

const distinctList = (value: string): string =>
  `list(DISTINCT ${value}::INTEGER ORDER BY ${value}::INTEGER DESC NULLS LAST)`

/** A window call over a total order, or one whose value is the same for all rows of a peer group. */
export function windowCall(grammar: Grammar, scope: Scope): Call {
  const { choices } = grammar
  const of = (other: Family) => expression(grammar, scope, other, 1)
  const parts = choices.pick([1, 0, 1, 2])
  const among = (...families: readonly Family[]) => leaf(grammar, scope, choices.pick(families))
  const partition = Array.from({ length: parts }, () => among('int', 'text', 'date', 'enum'))
  const by = parts === 0 ? '' : `PARTITION BY ${partition.join(', ')} `
  const direction = choices.pick(['', ' DESC', ' NULLS FIRST'])
  const key = `${among('int', 'decimal', 'text', 'double', 'date', 'timestamp', 'time')}${direction}`
  const total = `${by}ORDER BY ${key}, ${totalOrder(scope)}`
  const family = choices.pick<Family>(['int', 'text', 'decimal', 'date', 'double', 'list', 'enum'])
  return choices.pick<() => Call>([
    () => ({ sql: `row_number() OVER (${total})`, family: 'int' }),
    () => ({ sql: `${choices.pick(['rank', 'dense_rank'])}() OVER (${by}ORDER BY ${key})`, family: 'int' }),
    () => ({ sql: `sum(${of('int')}) OVER (${by})`, family: 'int' }),
    () => ({ sql: `count(*) OVER (${by}ORDER BY ${key})`, family: 'int' }),
    () => ({ sql: `sum(${of('int')}) OVER (${total} ${rowsFrame(grammar)})`, family: 'int' }),
    () => ({ sql: `${choices.pick(['min', 'max'])}(${of(family)}) OVER (${total} ${rowsFrame(grammar)})`, family }),
    () => ({ sql: `lag(${of(family)}, ${choices.pick([1, 2, 0])}) OVER (${total})`, family }),
    () => ({ sql: `lead(${of(family)}) OVER (${total})`, family }),
    () => ({ sql: `${choices.pick(['first_value', 'last_value'])}(${of(family)}) OVER (${total})`, family }),
    () => ({ sql: `first_value(${of(family)} IGNORE NULLS) OVER (${total} ${rowsFrame(grammar)})`, family }),
    () => ({ sql: `ntile(3) OVER (${total})`, family: 'int' }),
    () => ({ sql: `cume_dist() OVER (${by}ORDER BY ${key})`, family: 'double' }),
    () => ({ sql: `percent_rank() OVER (${by}ORDER BY ${key})`, family: 'double' }),
    () => ({ sql: `avg(${of('int')}) OVER (${by}ORDER BY ${key})`, family: 'double' }),
    () => ({ sql: rangeSum(grammar, scope, by), family: 'int' }),
    () => ({ sql: `count(${of('int')}) FILTER (WHERE ${condition(grammar, scope, 1)}) OVER (${by})`, family: 'int' }),
    () => ({ sql: `nth_value(${of(family)}, 2) OVER (${total})`, family }),
    () => ({ sql: `lag(${of(family)}, -1, ${literalOf(choices, family)}) OVER (${total})`, family }),
    () => ({ sql: `lead(${of(family)}, ${choices.pick([3, 1])} IGNORE NULLS) OVER (${total})`, family }),
    () => ({ sql: `last_value(${of(family)} IGNORE NULLS) OVER (${total} ${rowsFrame(grammar)})`, family }),
    () => ({ sql: `nth_value(${of(family)}, 2 IGNORE NULLS) OVER (${total} ${rowsFrame(grammar)})`, family }),
    () => ({ sql: `count(DISTINCT ${of(family)}) OVER (${total} ${rowsFrame(grammar)})`, family: 'int' }),
    () => ({ sql: `list(${of('int')}::INTEGER ORDER BY ${totalOrder(scope)}) OVER (${total} ${rowsFrame(grammar)})`,
      family: 'list' }),
    () => ({ sql: `quantile_disc(${of('int')}, 0.5) OVER (${total} ${rowsFrame(grammar)})`, family: 'int' }),
    () => ({ sql: `avg(${of('int')}) OVER (${total} ${rowsFrame(grammar)})`, family: 'double' }),
    () => ({ sql: `row_number(ORDER BY ${totalOrder(scope)}) OVER (${total} ROWS 3 PRECEDING)`, family: 'int' }),
    () => ({ sql: timeRange(grammar, scope, by), family: 'int' }),
    () => ({ sql: `string_agg(${of('text')}, '' ORDER BY ${totalOrder(scope)}) OVER (${by})`, family: 'text' }),
  ])()
}

function rowsFrame({ choices }: Grammar): string {
  const from = choices.pick(['UNBOUNDED PRECEDING', '2 PRECEDING', 'CURRENT ROW', '1 FOLLOWING'])
  const to = from === '1 FOLLOWING'
    ? choices.pick(['3 FOLLOWING', 'UNBOUNDED FOLLOWING'])
    : choices.pick(['CURRENT ROW', '1 FOLLOWING', 'UNBOUNDED FOLLOWING'])
  const exclude = choices.pick(['', '', ' EXCLUDE CURRENT ROW', ' EXCLUDE TIES', ' EXCLUDE GROUP'])
  return `${choices.pick(['ROWS', 'ROWS', 'GROUPS'])} BETWEEN ${from} AND ${to}${exclude}`
}

function rangeSum(grammar: Grammar, scope: Scope, by: string): string {
  const key = leaf(grammar, scope, 'int')
  const frame = grammar.choices.pick(['1 PRECEDING AND 1 FOLLOWING', 'UNBOUNDED PRECEDING AND 2 FOLLOWING'])
  return `sum(${leaf(grammar, scope, 'int')}) OVER (${by}ORDER BY ${key}::BIGINT RANGE BETWEEN ${frame})`
}

/** A frame by the time between rows. */
function timeRange(grammar: Grammar, scope: Scope, by: string): string {
  const { choices } = grammar
  const family = choices.pick<Family>(['date', 'timestamp', 'instant'])
  const frame = choices.pick([
    'INTERVAL 1 DAY PRECEDING AND INTERVAL 12 HOUR FOLLOWING', 'UNBOUNDED PRECEDING AND INTERVAL 2 DAY PRECEDING',
    'CURRENT ROW AND UNBOUNDED FOLLOWING',
  ])
  const order = `ORDER BY ${leaf(grammar, scope, family)}${choices.pick(['', ' DESC', ' NULLS FIRST'])}`
  const value = leaf(grammar, scope, 'int')
  return `${choices.pick(['count', 'sum', 'max'])}(${value}) OVER (${by}${order} RANGE BETWEEN ${frame})`
}
