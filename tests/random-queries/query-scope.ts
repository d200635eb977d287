/** What a piece of a random query may refer to. */
import type { Choices } from './random-choices.js'
import type { Family, RandomTable } from './random-tables.js'

export interface OutputColumn {
  readonly name: string
  readonly family: Family
}

/** A table, subquery or table expression in FROM. */
export interface Relation {
  readonly alias: string
  readonly columns: readonly OutputColumn[]
  /** Few rows: it may be multiplied with others. */
  readonly isSmall: boolean
}

export interface Scope {
  readonly relations: readonly Relation[]
  /** What a correlated subquery sees around itself. */
  readonly outer: Scope | undefined
}

/** A query as text, with what it gives. */
export interface Query {
  readonly sql: string
  readonly columns: readonly OutputColumn[]
  readonly isSmall: boolean
}

export interface NamedQuery {
  readonly name: string
  readonly query: Query
}

/** What all pieces of one random query share. */
export interface Grammar {
  readonly choices: Choices
  readonly tables: readonly RandomTable[]
  /** Table expressions in sight. */
  readonly shared: readonly NamedQuery[]
  /** The part of a recursive query that reads itself: DuckDB has no ASOF join there. */
  readonly isRecursive: boolean
  /** Queries that may still be nested. */
  readonly depth: number
  /** `a1`, `a2`, … */
  freshAlias(): string
  /** A query of its own, one level deeper; with `families` it gives columns of these. */
  query(grammar: Grammar, outer: Scope | undefined, families?: readonly Family[]): Query
}

export const deeper = (grammar: Grammar): Grammar => ({ ...grammar, depth: grammar.depth - 1 })

/** `a1.k` for each column in sight of one of the families, those of the scope itself first. */
export function referencesIn(scope: Scope, families: readonly Family[]): readonly string[] {
  return scope.relations.flatMap(({ alias, columns }) =>
    columns.filter(({ family }) => families.includes(family)).map(({ name }) => `${alias}.${name}`))
}

/** All columns of all relations: rows that are equal in these are equal. */
export const totalOrder = (scope: Scope): string =>
  scope.relations
    .flatMap(({ alias, columns }) => orderColumns(columns).map(({ name }) => `${alias}.${name}`))
    .join(', ')

/** A unique column where there is one. */
function orderColumns(columns: readonly OutputColumn[]): readonly OutputColumn[] {
  const id = columns.find(({ name }) => name === 'id')
  return id === undefined ? columns : [id]
}
