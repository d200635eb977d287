/** What may be made of other values: the forms that give one family, and those that give any. */
import { assertNever } from '@arbalest/common'
import type { Choices } from './random-choices.js'
import type { Family } from './random-tables.js'

/** An expression of a family, one level deeper. */
type Of = (family: Family) => string
type Forms = readonly (() => string)[]

/** What gives the family alone. Doubles never become text or a divisor: -0.0 equals 0.0, and either may come. */
export function ownForms(family: Family, choices: Choices, of: Of, predicate: () => string): Forms {
  switch (family) {
    case 'int': return [...intForms(of, predicate), ...countingForms(choices, of)]
    case 'text': return textForms(of)
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
    case 'boolean': return [
      predicate,
      () => `(NOT ${of('boolean')})`,
      () => `list_has_any(${of('list')}, ${of('list')})`,
      () => `map_contains(${of('map')}, 'a')`,
      () => `(${of('text')} = ANY(['a', 'b']))`,
      () => `regexp_matches(${of('text')}, '^[aé]')`,
    ]
    case 'big': return [() => `least(${of('big')}, ${of('big')})`, () => `CAST(${of('int')} AS HUGEINT)`]
    case 'wide': return [() => `least(${of('wide')}, ${of('wide')})`, () => `CAST(${of('int')} AS DECIMAL(38, 10))`]
    case 'enum': return [() => `least(${of('enum')}, ${of('enum')})`, () => `greatest(${of('enum')}, ${of('enum')})`]
    case 'uuid': return [() => `least(${of('uuid')}, ${of('uuid')})`]
    case 'date': case 'time': case 'timestamp': case 'instant': case 'span': return temporalForms(family, of)
    case 'list': case 'struct': case 'map': case 'nested': return nestedForms(family, of)
  }
  return assertNever(family)
}

/** What has a value of any family. */
export const generalForms = (family: Family, of: Of, predicate: () => string): Forms => [
  () => `coalesce(${of(family)}, ${of(family)})`,
  () => `CASE WHEN ${predicate()} THEN ${of(family)} ELSE ${of(family)} END`,
  () => `CASE WHEN ${predicate()} THEN ${of(family)} END`,
  () => `nullif(${of(family)}, ${of(family)})`,
  () => `greatest(${of(family)}, ${of(family)})`,
  () => `(CASE ${of('int')} WHEN 1 THEN ${of(family)} WHEN 2 THEN ${of(family)} END)`,
  () => `if(${predicate()}, ${of(family)}, ${of(family)})`,
]

const intForms = (of: Of, predicate: () => string): Forms => [
  () => `(${of('int')}::BIGINT + ${of('int')})`,
  () => `abs(${of('int')}::BIGINT)`,
  () => `(${of('int')}::BIGINT % 3)`,
  () => `(${of('int')} // 2)`,
  () => `xor(${of('int')}::BIGINT, 3)`,
  () => `TRY_CAST(${of('text')} AS INTEGER)`,
  () => `day(${of('date')})`,
  () => `(${of('list')})[1]`,
  () => `(${of('struct')}).a`,
  () => `(${of('map')})['a']`,
  () => `(${of('nested')})[1].a`,
  () => `(${of('date')} - ${of('date')})`,
  () => `CAST(${predicate()} AS INTEGER)`,
]

const countingForms = (choices: Choices, of: Of): Forms => [
  () => `length(${of('text')})`,
  () => `instr(${of('text')}, 'a')`,
  () => `len(${of('list')})`,
  () => `len(list_filter(${of('list')}, lambda x: x > ${choices.below(3)}))`,
  () => `list_position(${of('list')}, ${of('int')}::INTEGER)`,
  () => `list_aggregate(${of('list')}, ${choices.pick(["'max'", "'sum'", "'count'"])})`,
  () => `cardinality(${of('map')})`,
  () => `date_diff('day', ${of('date')}, ${of('date')})`,
  () => `extract(${choices.pick(['hour', 'day', 'dow'])} FROM ${of(choices.pick(['timestamp', 'instant']))})`,
  () => `hour(${of('time')})`,
  () => `day(${of('span')})`,
  () => `enum_code(${of('enum')})`,
]

const textForms = (of: Of): Forms => [
  () => `upper(${of('text')})`,
  () => `(${of('text')} || ${of('text')})`,
  () => `substr(${of('text')}, 1, 1)`,
  () => `CAST(${of('int')} AS VARCHAR)`,
  () => `(${of('struct')}).b`,
  () => `concat(${of('text')}, '-', ${of('int')})`,
  () => `CAST(${of('decimal')} AS VARCHAR)`,
  () => `strftime(${of('date')}, '%d.%m')`,
  () => `trim(${of('text')})`,
  () => `replace(${of('text')}, 'a', 'ß')`,
  () => `regexp_replace(${of('text')}, '[aé]', 'x')`,
  () => `reverse(${of('text')})`,
  () => `lpad(${of('text')}, 3, '*')`,
  () => `string_split(${of('text')}, 'a')[1]`,
  () => `array_to_string(${of('list')}, '-')`,
  () => `CAST(${of('enum')} AS VARCHAR)`,
  () => `CAST(${of('list')} AS VARCHAR)`,
  () => `CAST(${of('struct')} AS VARCHAR)`,
  () => `CAST(${of('map')} AS VARCHAR)`,
  () => `CAST(${of('instant')} AS VARCHAR)`,
  () => `map_keys(${of('map')})[1]`,
  () => `monthname(${of('date')})`,
]

function temporalForms(family: 'date' | 'time' | 'timestamp' | 'instant' | 'span', of: Of): Forms {
  switch (family) {
    case 'date': return [
      () => `(${of('date')} + 1)`,
      () => `CAST(${of('timestamp')} AS DATE)`,
      () => `last_day(${of('date')})`,
      () => `CAST(${of('instant')} AS DATE)`,
    ]
    case 'time': return [() => `CAST(${of('timestamp')} AS TIME)`, () => `(${of('time')} + INTERVAL 5 HOUR)`]
    case 'timestamp': return [
      () => `CAST(${of('date')} AS TIMESTAMP)`,
      () => `(${of('timestamp')} + INTERVAL 1 DAY)`,
      () => `date_trunc('day', ${of('timestamp')})`,
      () => `(${of('date')} + ${of('time')})`,
      () => `(${of('date')} + ${of('span')})`,
      () => `time_bucket(INTERVAL 2 DAY, ${of('timestamp')})`,
      () => `(${of('instant')} AT TIME ZONE 'America/New_York')`,
    ]
    case 'instant': return [
      () => `(${of('timestamp')} AT TIME ZONE 'Europe/Berlin')`,
      () => `(${of('instant')} + ${of('span')})`,
      () => `date_trunc('month', ${of('instant')})`,
      () => `CAST(${of('timestamp')} AS TIMESTAMPTZ)`,
    ]
    case 'span': return [
      () => `to_days(${of('int')}::INTEGER)`,
      () => `(CAST(${of('date')} AS TIMESTAMP) - CAST(${of('date')} AS TIMESTAMP))`,
    ]
  }
  return assertNever(family)
}

function nestedForms(family: 'list' | 'struct' | 'map' | 'nested', of: Of): Forms {
  switch (family) {
    case 'list': return [
      () => `[${of('int')}::INTEGER, ${of('int')}::INTEGER]`,
      () => `list_sort(${of('list')})`,
      () => `list_transform(${of('list')}, lambda x: x + 1)`,
      () => `list_filter(${of('list')}, lambda x: x <> 1)`,
      () => `list_reverse(${of('list')})`,
      () => `(${of('list')})[1:1]`,
      () => `list_sort(list_distinct(${of('list')}))`,
      () => `map_values(${of('map')})`,
      () => `array_value(${of('int')}::INTEGER, ${of('int')}::INTEGER)::INTEGER[]`,
      () => `list_transform(${of('nested')}, lambda x: x.a)`,
    ]
    case 'struct': return [
      () => `{'a': ${of('int')}::INTEGER, 'b': ${of('text')}}`,
      () => `struct_pack(a := ${of('int')}::INTEGER, b := ${of('text')})`,
    ]
    case 'map': return [
      () => `MAP {'a': ${of('int')}::INTEGER}`,
      () => `map_concat(${of('map')}, ${of('map')})`,
      () => `map_from_entries([{'k': 'z', 'v': ${of('int')}::INTEGER}])`,
    ]
    case 'nested': return [
      () => `[{'a': ${of('int')}::INTEGER}]`,
      () => `list_transform(${of('list')}, lambda x: {'a': x})`,
      () => `list_reverse(${of('nested')})`,
    ]
  }
  return assertNever(family)
}
