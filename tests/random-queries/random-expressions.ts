/** Random scalar expressions of a family, and conditions. */
import { generalForms, ownForms } from './random-forms.js'
import { deeper, referencesIn, type Grammar, type Scope } from './query-scope.js'
import { allFamilies, enumType, literalOf, type Family } from './random-tables.js'

/** Expressions within expressions. */
const nestedMax = 2

/** An expression of the family: a column where there is one, else a literal, sometimes something made of both. */
export function expression(grammar: Grammar, scope: Scope, family: Family, nested = 0): string {
  const { choices } = grammar
  if (nested < nestedMax && choices.chance(35)) return composed(grammar, scope, family, nested + 1)
  return leaf(grammar, scope, family)
}

/** A column, of the query around it now and then, or a literal. */
export function leaf({ choices }: Grammar, scope: Scope, family: Family): string {
  const own = referencesIn(scope, [family])
  const outer = around(scope).flatMap((one) => referencesIn(one, [family]))
  if (outer.length > 0 && choices.chance(own.length > 0 ? 25 : 80)) return choices.pick(outer)
  if (own.length > 0 && !choices.chance(12)) return choices.pick(own)
  return choices.chance(10) ? `CAST(NULL AS ${nullTypes[family]})` : literalOf(choices, family)
}

/** The queries around it, from the inside. */
const around = ({ outer }: Scope): readonly Scope[] => (outer === undefined ? [] : [outer, ...around(outer)])

const nullTypes: Readonly<Record<Family, string>> = {
  int: 'INTEGER', text: 'VARCHAR', decimal: 'DECIMAL(12, 2)', double: 'DOUBLE', date: 'DATE',
  timestamp: 'TIMESTAMP', boolean: 'BOOLEAN', big: 'HUGEINT', wide: 'DECIMAL(38, 10)', list: 'INTEGER[]',
  struct: 'STRUCT(a INTEGER, b VARCHAR)', instant: 'TIMESTAMPTZ', span: 'INTERVAL', time: 'TIME', uuid: 'UUID',
  map: 'MAP(VARCHAR, INTEGER)', enum: enumType, nested: 'STRUCT(a INTEGER)[]',
}

function composed(grammar: Grammar, scope: Scope, family: Family, nested: number): string {
  const { choices } = grammar
  const of = (other: Family) => expression(grammar, scope, other, nested)
  const predicate = () => condition(grammar, scope, nested)
  const forms = choices.chance(25) ? generalForms(family, of, predicate) : ownForms(family, choices, of, predicate)
  return choices.pick(forms)()
}

/** A condition; with queries in it where some may still be nested. */
export function condition(grammar: Grammar, scope: Scope, nested = 0): string {
  const { choices } = grammar
  if (nested <= nestedMax && choices.chance(25)) {
    const [left, right] = [condition(grammar, scope, nested + 1), condition(grammar, scope, nested + 1)]
    return choices.pick([`(${left} OR ${right})`, `(${left} AND ${right})`, `(NOT ${left})`])
  }
  // Else half of all answers would have no rows.
  if (nested === 0 && choices.chance(30)) {
    return `(${simpleCondition(grammar, scope)} OR ${leaf(grammar, scope, 'int')} IS NOT NULL)`
  }
  if (grammar.depth > 0 && nested <= 1 && choices.chance(22)) return `(${subqueryCondition(grammar, scope)})`
  return `(${simpleCondition(grammar, scope)})`
}

function simpleCondition(grammar: Grammar, scope: Scope): string {
  const { choices } = grammar
  const family = familyIn(grammar, scope)
  const of = (other: Family) => expression(grammar, scope, other, nestedMax - 1)
  const compared = partnerOf(grammar, family)
  const not = () => choices.pick(['NOT ', ''])
  return choices.pick<() => string>([
    () => `${of(family)} IS NOT NULL`,
    () => `${of(family)} ${comparison(grammar)} ${of(compared)}`,
    () => `${of(family)} ${comparison(grammar)} ${of(compared)}`,
    () => `${of(family)} IS ${not()}NULL`,
    () => `${of(family)} IS ${not()}DISTINCT FROM ${of(compared)}`,
    () => `${of(family)} BETWEEN ${of(family)} AND ${of(family)}`,
    () => `${of(family)} ${not()}IN (${literalOf(choices, family)}, ${of(family)})`,
    () => `${of('text')} ${not()}LIKE ${choices.pick(["'%a%'", "'_'", "'a%'", "''"])}`,
    () => of('boolean'),
    () => `${of('int')} ${comparison(grammar)} ${choices.below(9)}`,
    () => `list_contains(${of('list')}, ${of('int')})`,
    () => `${of('text')} COLLATE NOCASE ${comparison(grammar)} ${of('text')}`,
    () => `${of('text')} SIMILAR TO '[ab]+'`,
    () => `(${of('int')}, ${of(family)}) ${comparison(grammar)} (${of('int')}, ${of(family)})`,
  ])()
}

const comparison = ({ choices }: Grammar): string => choices.pick(['<>', '=', '<', '<=', '>', '>='])

/** A family that some column in sight has. */
export function familyIn({ choices }: Grammar, scope: Scope): Family {
  const present = scope.relations.flatMap(({ columns }) => columns.map(({ family }) => family))
  return present.length > 0 ? choices.pick(present) : choices.pick(allFamilies)
}

/** What may stand on the other side of a comparison. */
export function partnerOf({ choices }: Grammar, family: Family): Family {
  const partners: Readonly<Partial<Record<Family, readonly Family[]>>> = {
    int: ['int', 'int', 'int', 'double', 'decimal', 'big'],
    date: ['date', 'date', 'timestamp'],
    timestamp: ['timestamp', 'timestamp', 'instant'],
    enum: ['enum', 'enum', 'text'],
    double: ['double', 'double', 'int'],
  }
  return choices.pick(partners[family] ?? [family])
}

function subqueryCondition(grammar: Grammar, scope: Scope): string {
  const { choices } = grammar
  const inner = deeper(grammar)
  const family = familyIn(grammar, scope)
  const one = () => grammar.query(inner, scope, [family]).sql
  // DuckDB has no correlated IN over several columns.
  const two = () => grammar.query(inner, undefined, [family, 'int']).sql
  const left = leaf(grammar, scope, family)
  return choices.pick<() => string>([
    () => `EXISTS (${one()})`,
    () => `${left} IN (${one()})`,
    () => `NOT EXISTS (${one()})`,
    () => `${left} NOT IN (${one()})`,
    () => `${left} ${comparison(grammar)} ${choices.pick(['ANY', 'ALL'])} (${one()})`,
    () => `(${left}, ${leaf(grammar, scope, 'int')}) ${choices.pick(['', 'NOT '])}IN (${two()})`,
    () => `${leaf(grammar, scope, 'int')} ${comparison(grammar)} (SELECT count(*) FROM (${one()}) AS n)`,
    () => `len(ARRAY(${one()})) > ${choices.below(4)}`,
  ])()
}
