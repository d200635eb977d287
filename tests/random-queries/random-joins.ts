/** Random FROM clauses: tables, subqueries and table expressions, joined in every way. */
import { condition, expression, leaf, partnerOf, familyIn } from './random-expressions.js'
import { literalOf, type RandomTable } from './random-tables.js'
import { deeper, referencesIn, type Grammar, type Relation, type Scope } from './query-scope.js'

export interface FromClause {
  readonly sql: string
  readonly scope: Scope
  readonly isSmall: boolean
}

interface Source {
  readonly sql: string
  readonly relation: Relation
}

/** One to three relations. */
export function fromClause(grammar: Grammar, outer: Scope | undefined): FromClause {
  const { choices } = grammar
  const first = source(grammar, outer)
  let scope: Scope = { relations: [first.relation], outer }
  let sql = first.sql
  let small = first.relation.isSmall
  const joins = choices.pick(grammar.depth > 0 ? [0, 1, 1, 2] : [0, 0, 1])
  for (let count = 0; count < joins; count++) {
    const next = joined(grammar, scope, small)
    sql = `${sql}\n  ${next.sql}`
    scope = next.scope
    small = small && next.isSmall
  }
  return { sql, scope, isSmall: small }
}

function source(grammar: Grammar, outer: Scope | undefined): Source {
  const { choices, tables, shared } = grammar
  const alias = grammar.freshAlias()
  if (shared.length > 0 && choices.chance(50)) {
    const { name, query } = choices.pick(shared)
    return { sql: `${name} AS ${alias}`, relation: { alias, columns: query.columns, isSmall: query.isSmall } }
  }
  if (grammar.depth > 0 && choices.chance(25)) {
    const query = grammar.query(deeper(grammar), undefined)
    return { sql: `(${query.sql}) AS ${alias}`, relation: { alias, columns: query.columns, isSmall: query.isSmall } }
  }
  if (outer !== undefined && choices.chance(4)) {
    const columns = [{ name: 'x', family: 'int' as const }]
    const list = leaf(grammar, outer, 'list')
    return { sql: `unnest(${list}) AS ${alias}(x)`, relation: { alias, columns, isSmall: true } }
  }
  const table = choices.pick(tables)
  if (choices.chance(8)) return madeSource(grammar, table, alias)
  const relation = { alias, columns: table.columns, isSmall: table.rows.length <= 12 }
  return { sql: `${table.name} AS ${alias}`, relation }
}

/** What is no table: values, numbers, columns made rows and rows made columns, rows side by side. */
function madeSource({ choices, tables }: Grammar, { name, columns, rows }: RandomTable, alias: string): Source {
  const int = (column: string) => ({ name: column, family: 'int' as const })
  const text = (column: string) => ({ name: column, family: 'text' as const })
  const isSmall = rows.length <= 12
  const other = choices.pick(tables)
  const size = choices.pick([3, 0, 40])
  return choices.pick<() => Source>([
    () => ({
      sql: `(VALUES (1, 'a'), (NULL, 'b'), (${choices.below(9)}, NULL)) AS ${alias}(k, g)`,
      relation: { alias, columns: [int('k'), text('g')], isSmall: true },
    }),
    () => ({
      sql: `generate_series(1, ${size}) AS ${alias}(k)`,
      relation: { alias, columns: [int('k')], isSmall: size < 12 },
    }),
    () => ({
      sql: `(UNPIVOT (SELECT id AS i, k::HUGEINT AS x, id::HUGEINT AS y FROM ${name})
    ON x, y INTO NAME g VALUE k) AS ${alias}`,
      relation: { alias, columns: [int('i'), text('g'), int('k')], isSmall },
    }),
    () => ({
      sql: `(PIVOT (SELECT g, k, id FROM ${name}) ON g IN ('a', '9')
    USING sum(id) AS s, count(*) AS n GROUP BY k) AS ${alias}`,
      relation: { alias, columns: [int('k'), int('a_s'), int('a_n'), int('"9_s"')], isSmall },
    }),
    () => ({
      sql: `(SELECT l.id AS i, l.g, r.k FROM ${name} AS l POSITIONAL JOIN ${other.name} AS r) AS ${alias}`,
      relation: { alias, columns: [int('i'), text('g'), int('k')], isSmall: isSmall && other.rows.length <= 12 },
    }),
    () => ({
      sql: `(SELECT * EXCLUDE (id), unnest([id, k::INTEGER, NULL]) AS x FROM ${name}) AS ${alias}`,
      relation: { alias, columns: [...columns.slice(1), int('x')], isSmall },
    }),
  ])()
}

const joinKinds = [
  'JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'SEMI JOIN', 'ANTI JOIN', 'JOIN', 'LEFT JOIN',
]

function joined(grammar: Grammar, left: Scope, leftIsSmall: boolean): FromClause {
  const { choices } = grammar
  if (grammar.depth > 0 && choices.chance(8)) return lateral(grammar, left, leftIsSmall)
  if (!grammar.isRecursive && choices.chance(6)) return asOf(grammar, left, leftIsSmall)
  if (choices.chance(4)) return unnested(grammar, left, leftIsSmall)
  const { sql, relation } = source(grammar, undefined)
  const both: Scope = { relations: [...left.relations, relation], outer: left.outer }
  const isSmall = leftIsSmall && relation.isSmall
  if (relation.isSmall && choices.chance(12)) return { sql: `CROSS JOIN ${sql}`, scope: both, isSmall }
  const kind = choices.pick(joinKinds)
  const leavesLeft = kind === 'SEMI JOIN' || kind === 'ANTI JOIN'
  const on = joinCondition(grammar, left, relation, isSmall)
  return { sql: `${kind} ${sql} ${on}`, scope: leavesLeft ? left : both, isSmall: leavesLeft ? leftIsSmall : isSmall }
}

/** Equality of keys, of values, with more conditions, or none at all. */
function joinCondition(grammar: Grammar, left: Scope, right: Relation, isSmall: boolean): string {
  const { choices } = grammar
  const own: Scope = { relations: [right], outer: undefined }
  const keysOf = (scope: Scope, name: string) =>
    referencesIn(scope, ['int', 'text']).filter((reference) => reference.endsWith(`.${name}`))
  const [leftKeys, rightKeys] = [keysOf(left, 'k'), keysOf(own, 'k')]
  if (leftKeys.length === 1 && rightKeys.length === 1 && choices.chance(12)) return 'USING (k)'
  const equality = () => {
    if (leftKeys.length > 0 && rightKeys.length > 0 && choices.chance(75)) {
      return `${choices.pick(leftKeys)} = ${choices.pick(rightKeys)}`
    }
    const family = familyIn(grammar, own)
    const operator = choices.pick(['=', '=', '=', 'IS NOT DISTINCT FROM'])
    const other = partnerOf(grammar, family)
    return `${expression(grammar, own, family, 1)} ${operator} ${expression(grammar, withoutOuter(left), other, 1)}`
  }
  const both: Scope = { relations: [...left.relations, right], outer: undefined }
  const more = () => condition({ ...grammar, depth: 0 }, both, 2)
  return `ON ${choices.pick<() => string>([
    equality,
    equality,
    () => `${equality()} AND ${more()}`,
    () => `${equality()} AND ${equality()}`,
    isSmall ? more : () => `${equality()} AND ${more()}`,
    isSmall ? () => 'true' : equality,
  ])()}`
}

const withoutOuter = (scope: Scope): Scope => ({ ...scope, outer: undefined })

/** A subquery that sees what stands before it. */
function lateral(grammar: Grammar, left: Scope, leftIsSmall: boolean): FromClause {
  const { choices } = grammar
  const alias = grammar.freshAlias()
  const query = grammar.query({ ...deeper(grammar), shared: [] }, withoutOuter(left))
  const relation: Relation = { alias, columns: query.columns, isSmall: query.isSmall }
  const scope: Scope = { relations: [...left.relations, relation], outer: left.outer }
  const isSmall = leftIsSmall && query.isSmall
  return choices.chance(50)
    ? { sql: `CROSS JOIN LATERAL (${query.sql}) AS ${alias}`, scope, isSmall }
    : { sql: `LEFT JOIN LATERAL (${query.sql}) AS ${alias} ON true`, scope, isSmall }
}

/**
 * The nearest row of one side, which has one for each key and place. No NULL is compared: with equal keys beside it
 * DuckDB finds rows for it or none, by how many rows it expects.
 */
function asOf(grammar: Grammar, left: Scope, isSmall: boolean): FromClause {
  const { choices, tables } = grammar
  const alias = grammar.freshAlias()
  const table = choices.pick(tables)
  const own = withoutOuter(left)
  const places = table.columns.filter(({ name, family }) => name !== 'k' && referencesIn(own, [family]).length > 0)
    .filter(({ family }) => ['int', 'date', 'decimal', 'timestamp', 'instant', 'time'].includes(family))
  const place = places.length === 0 ? undefined : choices.pick(places)
  if (place === undefined) return unnested(grammar, left, isSmall)
  const columns = [
    { name: 'k', family: 'int' as const },
    { name: 'c1', family: place.family },
    { name: 'c2', family: 'int' as const },
  ]
  const here = `coalesce(${choices.pick(referencesIn(own, [place.family]))}, ${literalOf(choices, place.family)})`
  const nearest = `${here} ${choices.pick(['>=', '>', '<=', '<'])} ${alias}.c1`
  const hasKey = choices.chance(70)
  const equal = hasKey ? `${leaf(grammar, own, 'int')} = ${alias}.k AND ` : ''
  const key = hasKey ? 'k' : 'max(k) AS k'
  const rows = `(SELECT ${key}, ${place.name} AS c1, max(id) AS c2 FROM ${table.name} GROUP BY ALL) AS ${alias}`
  return {
    sql: `ASOF ${choices.pick(['', 'LEFT '])}JOIN ${rows} ON ${equal}${nearest}`,
    scope: { ...left, relations: [...left.relations, { alias, columns, isSmall }] },
    isSmall,
  }
}

/** A row for each element of a list that stands before it. */
function unnested(grammar: Grammar, left: Scope, isSmall: boolean): FromClause {
  const alias = grammar.freshAlias()
  const columns = [{ name: 'x', family: 'int' as const }]
  return {
    sql: `CROSS JOIN unnest(${expression(grammar, withoutOuter(left), 'list', 1)}) AS ${alias}(x)`,
    scope: { ...left, relations: [...left.relations, { alias, columns, isSmall }] },
    isSmall,
  }
}
