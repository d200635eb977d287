/** Random aggregates without groups side by side: over the same rows but for a filter, which may be read once. */
import { aggregateCall, type Call } from './random-calls.js'
import { condition } from './random-expressions.js'
import type { Choices } from './random-choices.js'
import type { Grammar, OutputColumn, Query, Relation, Scope } from './query-scope.js'
import { literalOf, type Family, type RandomTable } from './random-tables.js'

const filterFamilies: readonly Family[] = ['int', 'decimal', 'date', 'timestamp', 'text', 'boolean', 'double', 'enum']

/** Derived tables, scalar subqueries, or branches of a union. */
export function totalsBeside(grammar: Grammar): Query {
  const { choices, tables } = grammar
  const table = choices.pick(tables)
  const second = choices.chance(30) ? choices.pick(tables) : undefined
  const filtered = choices.pick([table, second ?? table])
  const column = choices.pick(filtered.columns.filter(({ family }) => filterFamilies.includes(family)))
  const count = 2 + choices.below(3)
  const rows = { table, second, isSecond: filtered === second, column }
  const of = (wanted?: Family) => total({ ...grammar, depth: 0 }, rows, wanted)
  if (choices.chance(25)) {
    const branches = Array.from({ length: count }, () => of('int'))
    const sql = branches.map((one) => `(${one.sql})`).join('\nUNION ALL\n')
    return { sql, columns: branches[0]?.columns ?? [], isSmall: true }
  }
  const totals = Array.from({ length: count }, () => of())
  const results = totals.flatMap((one, at) => one.columns.map((column) => ({ ...column, from: `q${at}`, one })))
  const named = results.map(({ family: kind }, at): OutputColumn => ({ name: `c${at}`, family: kind }))
  if (choices.chance(40)) {
    const list = results.map(({ name: own, one }, at) => `(SELECT ${own} FROM (${one.sql}) AS s) AS c${at}`)
    return { sql: `SELECT ${list.join(',\n  ')}`, columns: named, isSmall: true }
  }
  const list = results.map(({ name: own, from }, at) => `${from}.${own} AS c${at}`)
  const from = totals.map(({ sql }, at) => `(${sql}) AS q${at}`)
  return { sql: `SELECT ${list.join(', ')}\nFROM ${from.join(',\n  ')}`, columns: named, isSmall: true }
}

interface Rows {
  readonly table: RandomTable
  readonly second: RandomTable | undefined
  /** What all filters are about, and whether it is the second table's. */
  readonly column: OutputColumn
  readonly isSecond: boolean
}

function total(grammar: Grammar, { table, second, isSecond, column }: Rows, wanted?: Family): Query {
  const { choices } = grammar
  const [one, two] = [grammar.freshAlias(), grammar.freshAlias()]
  const relations: readonly Relation[] = [
    { alias: one, columns: table.columns, isSmall: false },
    ...(second === undefined ? [] : [{ alias: two, columns: second.columns, isSmall: false }]),
  ]
  const scope: Scope = { relations, outer: undefined }
  const calls = wanted === undefined
    ? Array.from({ length: 1 + choices.below(3) }, () => totalCall(grammar, scope))
    : [aggregateCall(grammar, scope, wanted)]
  const list = calls.map(({ sql }, at) => `${sql} AS c${at}`)
  const join = second === undefined ? '' : ` JOIN ${second.name} AS ${two} ON ${one}.k = ${two}.k`
  const where = filter(grammar, scope, `${isSecond ? two : one}.${column.name}`, column.family)
  return {
    sql: `SELECT ${list.join(', ')} FROM ${table.name} AS ${one}${join}${where}`,
    columns: calls.map(({ family }, at) => ({ name: `c${at}`, family })),
    isSmall: true,
  }
}

/** Calls that may be merged, more often than others. */
function totalCall(grammar: Grammar, scope: Scope): Call {
  const { choices } = grammar
  const columns = scope.relations.flatMap(({ alias, columns: own }) =>
    own.map(({ name, family }) => ({ sql: `${alias}.${name}`, family })))
  const { sql, family } = choices.pick(columns)
  const adds = family === 'int' || family === 'decimal'
  return choices.pick<() => Call>([
    () => aggregateCall(grammar, scope),
    () => ({ sql: 'count(*)', family: 'int' }),
    () => ({ sql: `count(${choices.pick(['', 'DISTINCT '])}${sql})`, family: 'int' }),
    () => (adds ? { sql: `sum(${sql})`, family } : { sql: `min(${sql})`, family }),
    () => (adds ? { sql: `avg(${sql})`, family: 'double' } : { sql: `max(${sql})`, family }),
  ])()
}

function filter(grammar: Grammar, scope: Scope, column: string, family: Family): string {
  const { choices } = grammar
  const literal = () => literalOf(choices, family)
  const own = choices.pick<() => string>([
    () => `${column} BETWEEN ${literal()} AND ${literal()}`,
    () => `${column} ${comparison(choices)} ${literal()}`,
    () => `${column} ${comparison(choices)} ${literal()} OR ${column} ${comparison(choices)} ${literal()}`,
    () => `${column} IN (${literal()}, ${literal()})`,
    () => `${column} IS ${choices.pick(['', 'NOT '])}NULL`,
    () => 'true',
  ])()
  return `\n  WHERE (${own})${choices.chance(25) ? ` AND ${condition(grammar, scope, 2)}` : ''}`
}

const comparison = (choices: Choices): string => choices.pick(['>=', '<', '=', '<=', '>', '<>'])
