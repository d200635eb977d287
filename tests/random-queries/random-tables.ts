/** Random tables of awkward values: each column belongs to a family whose members compare with each other. */
import type { Choices } from './random-choices.js'

/**
 * `int` has small values that may be calculated with, `big` and `wide` have the ends of their types and are
 * compared only; sums of `double` are exact, for their values are quarters. `instant` is a time with its zone, `span`
 * an interval, `nested` a list of structs.
 */
export type Family =
  | 'int' | 'text' | 'decimal' | 'double' | 'date' | 'timestamp' | 'boolean' | 'big' | 'wide' | 'list' | 'struct'
  | 'instant' | 'span' | 'time' | 'uuid' | 'map' | 'enum' | 'nested'

export interface TableColumn {
  readonly name: string
  readonly family: Family
  readonly type: string
}

export interface RandomTable {
  readonly name: string
  readonly columns: readonly TableColumn[]
  /** SQL literals. */
  readonly rows: readonly (readonly string[])[]
  /** The rows of each file, as ends of ranges; equal ends are files without rows. */
  readonly fileEnds: readonly number[]
}

export const enumType = "ENUM('b', 'a', 'B', '')"

/** Types of each family, and how a value of it is chosen. */
const families: Readonly<Record<Family, { types: readonly string[]; value(choices: Choices): string }>> = {
  int: {
    types: ['INTEGER', 'BIGINT', 'SMALLINT', 'TINYINT', 'HUGEINT'],
    value: (choices) => String(choices.below(12) - 3),
  },
  text: {
    types: ['VARCHAR'],
    value: (choices) => choices.pick(
      ["''", "'a'", "'A'", "'b'", "'aa'", "'é'", "'e'", "'ß'", "'ss'", "'😀'", "' a'", "'10'", "'9'", "'a%_'", "'n\n'"],
    ),
  },
  decimal: {
    types: ['DECIMAL(12, 2)', 'DECIMAL(5, 1)', 'DECIMAL(18, 3)', 'DECIMAL(30, 4)'],
    value: (choices) => `${choices.below(40) - 20}.${choices.pick(['0', '5'])}`,
  },
  double: {
    types: ['DOUBLE', 'DOUBLE', 'FLOAT'],
    value: (choices) =>
      choices.chance(30)
        ? choices.pick(["'nan'", "'-0.0'", "'0.0'", "'inf'", "'-inf'"])
        : `${choices.below(20) - 8}.${choices.pick(['0', '25', '5', '75'])}`,
  },
  date: { types: ['DATE'], value: (choices) => `DATE '2020-02-25' + ${choices.below(10)}` },
  timestamp: {
    types: ['TIMESTAMP'],
    value: (choices) => `TIMESTAMP '2020-02-27 00:00:00' + to_hours(${choices.below(12) * 6})`,
  },
  boolean: { types: ['BOOLEAN'], value: (choices) => choices.pick(['false', 'true']) },
  big: {
    types: ['BIGINT', 'HUGEINT'],
    value: (choices) => choices.pick([
      '0', '1', '-1', '9223372036854775807', '-9223372036854775808', '9007199254740993', '9007199254740992',
    ]),
  },
  wide: {
    types: ['DECIMAL(38, 10)'],
    value: (choices) => choices.pick([
      '0.0000000000', '9999999999999999999999999999.9999999999', '-9999999999999999999999999999.9999999999',
      '0.0000000001', '-0.0000000001', '1234567890123456789012345678.0123456789',
      '1234567890123456789012345678.0123456788',
    ]),
  },
  list: {
    types: ['INTEGER[]'],
    value: (choices) => choices.pick(['[]', '[1]', '[1, 2]', '[NULL]', '[2, 1]', '[1, NULL]', '[0, 0, 3]']),
  },
  struct: {
    types: ['STRUCT(a INTEGER, b VARCHAR)'],
    value: (choices) => choices.pick(
      ["{'a': 1, 'b': 'x'}", "{'a': 1, 'b': NULL}", "{'a': NULL, 'b': ''}", "{'a': 2, 'b': 'x'}", "{'a': 1, 'b': 'X'}"],
    ),
  },
  instant: {
    types: ['TIMESTAMP WITH TIME ZONE'],
    value: (choices) => `TIMESTAMPTZ '2020-02-27 00:00:00+00' + to_hours(${choices.below(12) * 6})`,
  },
  // Whole days: a day equals 24 hours, and either may come.
  span: { types: ['INTERVAL'], value: (choices) => `to_days(${choices.below(9) - 3})` },
  time: { types: ['TIME'], value: (choices) => `TIME '00:00:00' + to_minutes(${choices.below(8) * 170})` },
  uuid: {
    types: ['UUID'],
    value: (choices) => `'${choices.pick(['0', '8', 'f'])}0000000-0000-0000-0000-00000000000${choices.below(4)}'`,
  },
  map: {
    types: ['MAP(VARCHAR, INTEGER)'],
    value: (choices) => choices.pick(
      ["MAP {'a': 1}", 'MAP {}', "MAP {'a': NULL}", "MAP {'b': 2, 'a': 1}", "MAP {'': 0}"],
    ),
  },
  enum: { types: [enumType], value: (choices) => choices.pick(["'a'", "'b'", "'B'", "''"]) },
  nested: {
    types: ['STRUCT(a INTEGER)[]'],
    value: (choices) => choices.pick(["[{'a': 1}]", '[]', '[NULL]', "[{'a': NULL}]", "[{'a': 2}, {'a': 1}]"]),
  },
}

export const allFamilies = Object.keys(families) as readonly Family[]

/** A literal of the family, never NULL. */
export const literalOf = (choices: Choices, family: Family): string =>
  `CAST(${families[family].value(choices)} AS ${families[family].types[0] ?? ''})`

/** Six tables: small, without rows, skewed, with many keys and few; `times` as many rows, and keys for them. */
export function randomTables(choices: Choices, times = 1): readonly RandomTable[] {
  const counts = [12, 45, 60, choices.pick([30, 0, 30, 1, 30]), 25, choices.pick([40, 0, 40, 5, 40])]
  return counts.map((count, index) => randomTable(choices, `t${index}`, count * times, times))
}

function randomTable(choices: Choices, name: string, count: number, times: number): RandomTable {
  const extra = Array.from({ length: 4 + choices.below(4) }, (_, index) => {
    const family = choices.pick(allFamilies)
    return { name: `v${index}`, family, type: choices.pick(families[family].types) }
  })
  const columns: readonly TableColumn[] = [
    { name: 'id', family: 'int', type: 'INTEGER' },
    { name: 'k', family: 'int', type: times === 1 ? choices.pick(families.int.types) : 'INTEGER' },
    { name: 'g', family: 'text', type: 'VARCHAR' },
    ...extra,
  ]
  const manyKeys = () => String(choices.below(12 * times))
  const [key, ...others] = columns.slice(1).map((column) => valueMaker(choices, column.family))
  const makers = times === 1 && key !== undefined ? [key, ...others] : [manyKeys, ...others]
  const rows = Array.from({ length: count }, (_, id) => [String(id), ...makers.map((make) => make())])
  const files = choices.below(4)
  const inner = Array.from({ length: files }, () => choices.below(count + 1)).toSorted((a, b) => a - b)
  return { name, columns, rows, fileEnds: [...inner, count] }
}

/** Each column has its share of NULL, from none to all, and may hold one value nine times of ten. */
function valueMaker(choices: Choices, family: Family): () => string {
  const nulls = choices.pick([10, 0, 10, 0, 40, 40, 100])
  const common = choices.chance(25) ? families[family].value(choices) : undefined
  return () => {
    if (choices.chance(nulls)) return 'NULL'
    return common !== undefined && choices.chance(90) ? common : families[family].value(choices)
  }
}
