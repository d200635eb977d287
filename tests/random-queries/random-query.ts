/** Random queries whose answers are fixed: as a multiset of rows, or row by row where all columns order them. */
import { aggregateCall, windowCall } from './random-calls.js'
import { condition, expression, familyIn, leaf } from './random-expressions.js'
import { fromClause } from './random-joins.js'
import {
  deeper, totalOrder, type Grammar, type NamedQuery, type OutputColumn, type Query, type Relation, type Scope,
} from './query-scope.js'
import type { Choices } from './random-choices.js'
import { totalsBeside } from './random-totals.js'
import { allFamilies, type Family, type RandomTable } from './random-tables.js'

export interface RandomQuery {
  readonly sql: string
  /** Whether every row has its place. */
  readonly ordered: boolean
}

/** Queries within queries. */
const depthMax = 2

export function randomQuery(choices: Choices, tables: readonly RandomTable[]): RandomQuery {
  let aliases = 0
  const freshAlias = () => `a${++aliases}`
  const start = { shared: [], isRecursive: false, depth: depthMax }
  const grammar: Grammar = { ...start, choices, tables, freshAlias, query: anyQuery }
  const shared: NamedQuery[] = []
  const count = choices.pick([0, 0, 0, 1, 2])
  for (let at = 0; at < count; at++) {
    const inner = { ...deeper(grammar), shared: [...shared] }
    // DuckDB has no ASOF join in the rounds of a recursion, where a table expression may be put in its place.
    const mayRecur = choices.chance(15) && !shared.some((one) => one.query.sql.includes('ASOF'))
    const query = mayRecur ? recursiveQuery(inner, `w${at}`) : anyQuery(inner, undefined)
    shared.push({ name: `w${at}`, query })
  }
  const { sql, columns } = anyQuery({ ...grammar, shared }, undefined)
  const isRecursive = shared.some((one) => readsItself(one))
  const materialized = (one: NamedQuery) =>
    readsItself(one) ? '' : choices.pick(['', '', 'MATERIALIZED ', 'NOT MATERIALIZED '])
  const list = shared.map((one) => `${one.name} AS ${materialized(one)}(${one.query.sql})`)
  const prefix = list.length === 0 ? '' : `WITH ${isRecursive ? 'RECURSIVE ' : ''}${list.join(',\n')}\n`
  if (!choices.chance(35)) return { sql: `${prefix}${sql}`, ordered: false }
  return { sql: `${prefix}SELECT * FROM (${sql}) AS q${orderAndLimit(choices, columns)}`, ordered: true }
}

/** Steps along keys: `UNION` ends it, for there are few of them. */
function recursiveQuery(grammar: Grammar, name: string): Query {
  const first = grammar.query({ ...grammar, depth: 0 }, undefined, ['int', 'int'])
  const { sql: from, scope, isSmall } = fromClause({ ...grammar, depth: 0, isRecursive: true }, undefined)
  const [key, next] = [leaf(grammar, scope, 'int'), expression(grammar, scope, 'int', 1)]
  const list = `CAST(r.c0 + 1 AS HUGEINT), CAST(${next} AS HUGEINT)`
  const step = `SELECT ${list}\nFROM ${from}\n  JOIN ${name} AS r ON r.c1 = ${key}`
  const start = `SELECT CAST(0 AS HUGEINT) AS c0, CAST(c1 AS HUGEINT) AS c1 FROM (${first.sql}) AS q`
  return { sql: `${start}\nUNION\n${step}\nWHERE r.c0 < 4`, columns: first.columns, isSmall }
}

const readsItself = ({ name, query }: NamedQuery): boolean => query.sql.includes(`JOIN ${name} AS r`)

/** By all columns: rows that are equal in them are the same. */
function orderAndLimit(choices: Choices, columns: readonly OutputColumn[]): string {
  const keys = columns.map(({ name }) => `${name}${choices.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`)
  const limit = choices.chance(60) ? `\nLIMIT ${choices.pick([5, 1, 20, 50, 3, 0])}` : ''
  const offset = limit !== '' && choices.chance(30) ? ` OFFSET ${choices.pick([1, 3, 10])}` : ''
  return `\nORDER BY ${keys.join(', ')}${limit}${offset}`
}

function anyQuery(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { choices } = grammar
  if (grammar.depth > 0 && choices.chance(12)) return setOperation(grammar, outer, families)
  const isFree = outer === undefined && families === undefined
  if (grammar.depth > 0 && isFree && choices.chance(6)) return totalsBeside(grammar)
  const block = choices.pick([
    plainBlock, aggregateBlock, plainBlock, aggregateBlock, windowBlock, distinctBlock, namingBlock,
  ])
  const query = block(grammar, outer, families)
  if (outer !== undefined || !choices.chance(8)) return query
  return { ...query, sql: `SELECT * FROM (${query.sql}) AS q${orderAndLimit(choices, query.columns)}` }
}

const setOperators = [
  'UNION ALL', 'UNION', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL', 'UNION', 'UNION ALL',
  'UNION BY NAME', 'UNION ALL BY NAME',
]

function setOperation(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { choices } = grammar
  const wanted = families ?? Array.from({ length: 1 + choices.below(3) }, () => choices.pick(allFamilies))
  const inner = deeper(grammar)
  // Types that differ on both sides become the wider one.
  const isMixed = families === undefined && choices.chance(30)
  const widened = isMixed ? wanted.map((family) => wider[family] ?? family) : wanted
  const [left, right] = [anyQuery(inner, outer, wanted), anyQuery(inner, outer, widened)]
  const isSmall = left.isSmall && right.isSmall
  return { sql: `(${left.sql})\n${choices.pick(setOperators)}\n(${right.sql})`, columns: right.columns, isSmall }
}

const wider: Readonly<Partial<Record<Family, Family>>> = {
  int: 'double', date: 'timestamp', timestamp: 'instant', enum: 'text', decimal: 'double',
}

function plainBlock(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { sql: from, scope, isSmall } = fromClause(grammar, outer)
  const items = wantedFamilies(grammar, scope, families)
    .map((family) => ({ sql: item(grammar, scope, family), family }))
  return queryOf(items, `FROM ${from}${where(grammar, scope)}`, isSmall)
}

/** A scalar: now and then a subquery that gives one value for each row. */
function item(grammar: Grammar, scope: Scope, family: Family): string {
  const { choices } = grammar
  if (grammar.depth === 0 || !choices.chance(10)) return expression(grammar, scope, family)
  const inner = fromClause(deeper(grammar), scope)
  const value = choices.chance(70)
    ? aggregateCall(deeper(grammar), withoutOuter(inner.scope), family).sql
    : undefined
  const from = `FROM ${inner.sql}${where(deeper(grammar), inner.scope)}`
  if (value !== undefined) return `(SELECT ${value} ${from})`
  const first = leaf(grammar, withoutOuter(inner.scope), family)
  return `(SELECT ${first} ${from} ORDER BY ${totalOrder(inner.scope)} LIMIT 1)`
}

const withoutOuter = (scope: Scope): Scope => ({ ...scope, outer: undefined })

function windowBlock(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { choices } = grammar
  const { sql: from, scope, isSmall } = fromClause(grammar, outer)
  const own = withoutOuter(scope)
  const plain = wantedFamilies(grammar, scope, families).map((family) => ({ sql: leaf(grammar, own, family), family }))
  // Rows that are the same in all columns have any order among them: two calls that number them would tell them apart.
  const isKeyed = own.relations.every(({ columns }) => columns.some(({ name }) => name === 'id'))
  const count = families !== undefined ? 0 : isKeyed ? 1 + choices.below(3) : 1
  const calls = Array.from({ length: count }, () => windowCall(grammar, own))
  const first = () => `row_number() OVER (ORDER BY ${totalOrder(own)}) <= ${choices.pick([30, 3])}`
  const keep = families !== undefined || (isKeyed && choices.chance(20))
    ? `\nQUALIFY ${isKeyed ? `${windowCall(grammar, own).sql} IS NOT NULL AND ` : ''}${first()}`
    : ''
  return queryOf([...plain, ...calls], `FROM ${from}${where(grammar, scope)}${keep}`, isSmall)
}

function distinctBlock(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { choices } = grammar
  const { sql: from, scope, isSmall } = fromClause(grammar, outer)
  const items = wantedFamilies(grammar, scope, families)
    .map((family) => ({ sql: expression(grammar, scope, family), family }))
  const rest = `FROM ${from}${where(grammar, scope)}`
  if (outer !== undefined || choices.chance(60)) return queryOf(items, rest, isSmall, 'DISTINCT ')
  const key = leaf(grammar, scope, familyIn(grammar, scope))
  return queryOf(items, `${rest}\nORDER BY ${key}, ${totalOrder(scope)}`, isSmall, `DISTINCT ON (${key}) `)
}

function aggregateBlock(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { choices } = grammar
  const { sql: from, scope } = fromClause(grammar, outer)
  const own = withoutOuter(scope)
  const keys = groupingKeys(grammar, own)
  const { text, told } = grouping(choices, keys.map(({ sql }) => sql))
  const fixed = families?.map((family) => keys.find((key) => key.family === family && choices.chance(60))
    ?? aggregateCall(grammar, own, family))
  const items = fixed ?? [
    ...keys,
    ...told.map((sql) => ({ sql, family: 'int' as const })),
    ...Array.from({ length: choices.below(4) + (keys.length === 0 ? 1 : 0) }, () => aggregateCall(grammar, own)),
  ]
  const small = () => grammar.query({ ...deeper(grammar), depth: 0 }, undefined, ['int']).sql
  const having = choices.chance(20)
    ? `\nHAVING ${choices.pick<() => string>([
      () => 'count(*) > 1',
      () => 'count(*) < 9',
      () => `${aggregateCall(grammar, own, 'int').sql} <> 2`,
      () => `count(*) NOT IN (${small()})`,
    ])()}`
    : ''
  return queryOf(items, `FROM ${from}${where(grammar, scope)}${text}${having}`, keys.length === 0)
}

/** Rows of one table, added up by what others say of their keys. */
function namingBlock(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query {
  const { choices } = grammar
  const relation = (): Relation & { readonly table: string } => {
    const { name, columns } = choices.pick(grammar.tables)
    return { alias: grammar.freshAlias(), columns, isSmall: false, table: name }
  }
  const counted = relation()
  const naming = Array.from({ length: choices.pick([1, 1, 2]) }, relation)
  const all: Scope = { relations: [...naming, counted], outer: undefined }
  const own: Scope = { relations: [counted], outer: undefined }
  const isFirst = choices.chance(50)
  const start = isFirst ? counted : choices.pick(naming)
  const others = [...naming.filter((one) => one !== start), ...(isFirst ? [] : [counted])]
  const joins = others.map((next) => {
    const column = choices.pick(['k', 'k', 'k', 'g'])
    const operator = choices.pick(['=', '=', 'IS NOT DISTINCT FROM'])
    const equality = `${start.alias}.${column} ${operator} ${next.alias}.${column}`
    const more = choices.chance(15) ? ` AND ${start.alias}.id <> ${next.alias}.id` : ''
    return `${choices.pick(['JOIN', 'LEFT JOIN'])} ${next.table} AS ${next.alias} ON ${equality}${more}`
  })
  const keys = groupingKeys(grammar, all)
  const { text, told } = grouping(choices, keys.map(({ sql }) => sql))
  const calls = Array.from({ length: 1 + choices.below(3) }, () =>
    aggregateCall(grammar, choices.chance(85) ? own : all))
  const items = families?.map((family) => aggregateCall(grammar, own, family)) ??
    [...keys, ...told.map((sql) => ({ sql, family: 'int' as const })), ...calls]
  const from = [`FROM ${start.table} AS ${start.alias}`, ...joins].join('\n  ')
  return queryOf(items, `${from}${text}`, keys.length === 0)
}

function groupingKeys(grammar: Grammar, scope: Scope) {
  const { choices } = grammar
  return Array.from({ length: choices.pick([1, 0, 2, 1, 3]) }, () => {
    const family = familyIn(grammar, scope)
    return { sql: choices.chance(75) ? leaf(grammar, scope, family) : expression(grammar, scope, family, 1), family }
  }).filter(({ sql }) => /\ba\d+\./.test(sql))
}

interface Grouping {
  readonly text: string
  /** Calls that tell grouping sets apart. */
  readonly told: readonly string[]
}

function grouping(choices: Choices, keys: readonly string[]): Grouping {
  const list = [...new Set(keys)]
  if (list.length === 0) return { text: '', told: [] }
  const all = list.join(', ')
  if (!choices.chance(25)) return { text: `\nGROUP BY ${all}`, told: [] }
  const sets = [`(${all})`, ...list.map((key) => `(${key})`), '()'].filter((_, at) => at === 0 || choices.chance(60))
  const text = choices.pick([
    `ROLLUP (${all})`, `CUBE (${all})`, `GROUPING SETS (${sets.join(', ')})`,
    `${list[0] ?? ''}, ROLLUP (${all})`, `GROUPING SETS (ROLLUP (${all}), (${list.at(-1) ?? ''}))`,
  ])
  return { text: `\nGROUP BY ${text}`, told: choices.chance(60) ? [`grouping(${all})`] : [] }
}

function where(grammar: Grammar, scope: Scope): string {
  return grammar.choices.chance(scope.outer === undefined ? 30 : 80) ? `\nWHERE ${condition(grammar, scope)}` : ''
}

function wantedFamilies(grammar: Grammar, scope: Scope, families: readonly Family[] | undefined): readonly Family[] {
  return families ?? Array.from({ length: 1 + grammar.choices.below(4) }, () => familyIn(grammar, scope))
}

function queryOf(
  items: readonly { readonly sql: string; readonly family: Family }[],
  rest: string,
  isSmall: boolean,
  distinct = '',
): Query {
  const columns = items.map(({ family }, index) => ({ name: `c${index}`, family }))
  const list = items.map(({ sql }, index) => `${sql} AS c${index}`)
  return { sql: `SELECT ${distinct}${list.join(', ')}\n${rest}`, columns, isSmall }
}
