/** Random scalar expressions of a family, and conditions. */
import { assertNever } from '@arbalest/common'
import { deeper, referencesIn, type Grammar, type Scope } from './query-scope.js'
import { allFamilies, literalOf, type Family } from './random-tables.js'

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
  const outer = scope.outer === undefined ? [] : referencesIn(scope.outer, [family])
  if (outer.length > 0 && choices.chance(own.length > 0 ? 25 : 80)) return choices.pick(outer)
  if (own.length > 0 && !choices.chance(12)) return choices.pick(own)
  return choices.chance(10) ? `CAST(NULL AS ${nullTypes[family]})` : literalOf(choices, family)
}

const nullTypes: Readonly<Record<Family, string>> = {
  int: 'INTEGER', text: 'VARCHAR', decimal: 'DECIMAL(12, 2)', double: 'DOUBLE', date: 'DATE',
  timestamp: 'TIMESTAMP', boolean: 'BOOLEAN', big: 'HUGEINT', wide: 'DECIMAL(38, 10)', list: 'INTEGER[]',
  struct: 'STRUCT(a INTEGER, b VARCHAR)',
}

function composed(grammar: Grammar, scope: Scope, family: Family, nested: number): string {
  const { choices } = grammar
  const of = (other: Family) => expression(grammar, scope, other, nested)
  if (choices.chance(25)) {
    return choices.pick<() => string>([
      () => `coalesce(${of(family)}, ${of(family)})`,
      () => `CASE WHEN ${condition(grammar, scope, nested)} THEN ${of(family)} ELSE ${of(family)} END`,
      () => `CASE WHEN ${condition(grammar, scope, nested)} THEN ${of(family)} END`,
      () => `nullif(${of(family)}, ${of(family)})`,
      () => `greatest(${of(family)}, ${of(family)})`,
      () => `(CASE ${of('int')} WHEN 1 THEN ${of(family)} WHEN 2 THEN ${of(family)} END)`,
    ])()
  }
  return choices.pick(ownForms(family, of, () => condition(grammar, scope, nested)))()
}

/** What gives the family alone. Doubles never become text or a divisor: -0.0 equals 0.0, and either may come. */
function ownForms(family: Family, of: (family: Family) => string, predicate: () => string): readonly (() => string)[] {
  switch (family) {
    case 'int': return [
      () => `(${of('int')}::BIGINT + ${of('int')})`,
      () => `abs(${of('int')}::BIGINT)`,
      () => `(${of('int')}::BIGINT % 3)`,
      () => `length(${of('text')})`,
      () => `TRY_CAST(${of('text')} AS INTEGER)`,
      () => `day(${of('date')})`,
      () => `len(${of('list')})`,
      () => `(${of('list')})[1]`,
      () => `(${of('struct')}).a`,
      () => `(${of('date')} - ${of('date')})`,
      () => `CAST(${predicate()} AS INTEGER)`,
    ]
    case 'text': return [
      () => `upper(${of('text')})`,
      () => `(${of('text')} || ${of('text')})`,
      () => `substr(${of('text')}, 1, 1)`,
      () => `CAST(${of('int')} AS VARCHAR)`,
      () => `(${of('struct')}).b`,
      () => `concat(${of('text')}, '-', ${of('int')})`,
      () => `CAST(${of('decimal')} AS VARCHAR)`,
      () => `strftime(${of('date')}, '%d.%m')`,
      () => `trim(${of('text')})`,
    ]
    case 'decimal': return [
      () => `(${of('decimal')} + ${of('decimal')})`,
      () => `(- ${of('decimal')})`,
      () => `CAST(${of('int')} AS DECIMAL(12, 2))`,
      () => `round(${of('decimal')}, 0)`,
      () => `abs(${of('decimal')})`,
    ]
    case 'double': return [
      () => `(${of('double')} + 0.25)`,
      () => `(${of('double')} * 2)`,
      () => `CAST(${of('int')} AS DOUBLE)`,
      () => `(- ${of('double')})`,
      () => `floor(${of('double')})`,
    ]
    case 'date': return [
      () => `(${of('date')} + 1)`,
      () => `CAST(${of('timestamp')} AS DATE)`,
      () => `last_day(${of('date')})`,
    ]
    case 'timestamp': return [
      () => `CAST(${of('date')} AS TIMESTAMP)`,
      () => `(${of('timestamp')} + INTERVAL 1 DAY)`,
      () => `date_trunc('day', ${of('timestamp')})`,
    ]
    case 'boolean': return [predicate, () => `(NOT ${of('boolean')})`]
    case 'big': return [() => `least(${of('big')}, ${of('big')})`, () => `CAST(${of('int')} AS HUGEINT)`]
    case 'wide': return [() => `least(${of('wide')}, ${of('wide')})`, () => `CAST(${of('int')} AS DECIMAL(38, 10))`]
    case 'list': return [
      () => `[${of('int')}::INTEGER, ${of('int')}::INTEGER]`,
      () => `list_sort(${of('list')})`,
      () => `list_concat(${of('list')}, ${of('list')})`,
    ]
    case 'struct': return [() => `{'a': ${of('int')}::INTEGER, 'b': ${of('text')}}`]
  }
  return assertNever(family)
}

/** A condition; with queries in it where some may still be nested. */
export function condition(grammar: Grammar, scope: Scope, nested = 0): string {
  const { choices } = grammar
  if (nested <= nestedMax && choices.chance(25)) {
    const [left, right] = [condition(grammar, scope, nested + 1), condition(grammar, scope, nested + 1)]
    return choices.pick([`(${left} OR ${right})`, `(${left} AND ${right})`, `(NOT ${left})`])
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
    double: ['double', 'double', 'int'],
  }
  return choices.pick(partners[family] ?? [family])
}

function subqueryCondition(grammar: Grammar, scope: Scope): string {
  const { choices } = grammar
  const inner = deeper(grammar)
  const family = familyIn(grammar, scope)
  const one = () => grammar.query(inner, scope, [family]).sql
  const left = leaf(grammar, scope, family)
  return choices.pick<() => string>([
    () => `EXISTS (${one()})`,
    () => `${left} IN (${one()})`,
    () => `NOT EXISTS (${one()})`,
    () => `${left} NOT IN (${one()})`,
    () => `${left} ${comparison(grammar)} ${choices.pick(['ANY', 'ALL'])} (${one()})`,
  ])()
}
